import { createSession, sessionKeyId, userIdentity } from '../identity.ts';
import type { Random } from '../random.ts';
import type { Secret } from '../secret.ts';
import { type Act, type Caller, type Holder, readBatch, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, SECOND, valueAt } from '../timeline.ts';
import { type Casting, cast } from './cast.ts';

/** An owner's copy of many secrets: to a disaster recovery store, to another region, for a migration. */
export function castBulkCopy(casting: Casting, known: readonly Secret[]): Holder {
  const { random, team, index } = casting;
  return cast(casting, {
    role: 'bulk-copy',
    kind: random.chance(0.5) ? 'user' : 'role',
    name: `${team.name}-copy-${index}`,
    host: 'linux',
    networks: random.chance(0.4) ? team.declared : [],
    regions: [],
    secrets: random.sample(known, random.int(25, 120)),
  });
}

/** Copies now and then, all at once: it looks like a theft to whoever does not know the owner's plan. */
export function* bulkCopy(stage: Stage, holder: Holder, random: Random): Act {
  const every = random.weighted([
    [2 * DAY, 1],
    [7 * DAY, 3],
    [14 * DAY, 2],
    [60 * DAY, 2],
  ]);
  const batched = random.chance(0.4);
  const filtered = random.chance(0.3);
  for (
    let due = stage.start + random.between(0, 1) * Math.min(every, 25 * DAY);
    due < stage.end;
    due += every
  ) {
    let at = due + random.between(0, 2) * HOUR;
    const { region, origins } = valueAt(holder.egress, at);
    const who =
      holder.keyId === undefined
        ? createSession(holder.principal, 'copy', sessionKeyId(random), at).identity
        : userIdentity(holder.principal, holder.keyId);
    const from = origins[0] ?? { ip: '' };
    const caller: Caller = { who, from, client: valueAt(holder.client, at), region };
    yield tell(stage, random, caller, at, 'sts:GetCallerIdentity');
    at += SECOND;
    yield tell(stage, random, caller, at, 'secretsmanager:ListSecrets', { params: { maxResults: 100 } });
    const regions = new Map<string, Secret[]>();
    for (const secret of holder.secrets)
      regions.set(secret.region, [...(regions.get(secret.region) ?? []), secret]);
    for (const [where, secrets] of regions) {
      for (let first = 0; first < secrets.length; first += 20) {
        const some = secrets.slice(first, first + 20);
        at += random.between(1, 9) * SECOND;
        if (batched) {
          const filters = filtered ? [{ key: 'tag-key', values: ['copied'] }] : undefined;
          yield* readBatch(stage, random, { ...caller, region: where }, at, some, filters);
          at += 2 * SECOND;
        } else
          for (const secret of some) {
            at += random.int(150, 2500);
            yield* readSecret(stage, random, caller, at, secret);
          }
      }
    }
  }
}
