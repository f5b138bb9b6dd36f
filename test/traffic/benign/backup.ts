import { createSession, sessionKeyId } from '../identity.ts';
import type { Random } from '../random.ts';
import { type Act, type Caller, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, SECOND, valueAt } from '../timeline.ts';
import { type Casting, cast, secretsFor } from './cast.ts';

/** The role of a team's nightly backup. */
export function castBackup(casting: Casting): Holder {
  const { random, team, index } = casting;
  return cast(casting, {
    role: 'backup',
    kind: 'role',
    name: `${team.name}-backup-${index}`,
    host: random.chance(0.5) ? 'lambda' : 'linux',
    networks: random.chance(0.6) ? team.declared : [],
    secrets: secretsFor(casting, `backup-${index}`),
  });
}

const STEPS = [
  'rds:CreateDBSnapshot',
  'ec2:CreateSnapshot',
  'rds:ModifyDBSnapshotAttribute',
  'ec2:DescribeSnapshots',
  'kms:GenerateDataKey',
  'ec2:DeleteSnapshot',
];

/** Every night about the same hour: snapshots made, shared and deleted, the databases' secrets read. */
export function* backup(stage: Stage, holder: Holder, random: Random): Act {
  const hour = random.between(0, 5);
  for (let due = stage.start + hour * HOUR; due < stage.end; due += DAY) {
    let at = due + random.exponential(300_000);
    const session = createSession(
      holder.principal,
      `backup-${random.int(1e5, 1e6)}`,
      sessionKeyId(random),
      at,
    );
    const { region, origins } = valueAt(holder.egress, at);
    const caller: Caller = {
      who: session.identity,
      from: random.pick(origins),
      client: valueAt(holder.client, at),
      region,
    };
    for (const secret of holder.secrets) {
      at += 700;
      yield* readSecret(stage, random, caller, at, secret);
    }
    for (const api of random.sample(STEPS, random.int(2, 6))) {
      at += random.between(1, 60) * SECOND;
      yield tell(stage, random, caller, at, api);
    }
  }
}
