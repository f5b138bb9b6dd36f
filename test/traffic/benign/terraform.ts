import { PEOPLE_APIS, paramsOf } from '../apis.ts';
import { addressIn } from '../geo/blocks.ts';
import { createSession, sessionKeyId, userIdentity } from '../identity.ts';
import type { Random } from '../random.ts';
import type { Secret } from '../secret.ts';
import { type Act, type Caller, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, SECOND, valueAt } from '../timeline.ts';
import { type Casting, cast } from './cast.ts';
import { dayOf, isWeekend } from './whereabouts.ts';

/** The key or role of a team's Terraform, promised every secret that its state holds. */
export function castTerraform(casting: Casting, managed: readonly Secret[]): Holder {
  const { random, team, index } = casting;
  return cast(casting, {
    role: 'terraform',
    kind: random.chance(0.7) ? 'user' : 'role',
    name: `${team.name}-terraform-${index}`,
    family: 'terraform',
    host: 'linux',
    secrets: random.sample(managed, random.int(6, 30)),
    updateEveryMs: 20 * DAY,
  });
}

/** What an apply changes: much of it is what a thief would do to stay. */
const APPLIES = [
  'iam:CreateRole',
  'iam:PutRolePolicy',
  'iam:AttachRolePolicy',
  'iam:UpdateAssumeRolePolicy',
  'iam:CreatePolicyVersion',
  'secretsmanager:CreateSecret',
  'secretsmanager:TagResource',
  'events:PutRule',
  'events:PutTargets',
  'lambda:UpdateFunctionConfiguration20150331v2',
  'ec2:AuthorizeSecurityGroupIngress',
  's3:PutBucketPolicy',
  'kms:PutKeyPolicy',
];

/** Refreshes: a burst of reads of secrets and of everything else, by one caller from one address; at times an apply. */
export function* terraform(stage: Stage, holder: Holder, random: Random): Act {
  const days = Math.ceil((stage.end - stage.start) / DAY);
  const perDay = random.between(0.3, 1.8);
  const hosted = random.chance(0.5);
  const home = {
    ip: addressIn(random.pick(stage.geo.find('home', { country: holder.team.country })), random),
  };
  const kinds = random.sample(
    PEOPLE_APIS.filter((api) => !api.startsWith('sts')),
    14,
  );
  for (let day = 0; day < days; day++) {
    const begins = dayOf(stage.start, day);
    const runs = random.poisson(isWeekend(begins) ? perDay / 6 : perDay);
    const times = Array.from({ length: runs }, () => begins + random.between(6, 19) * HOUR).sort(
      (a, b) => a - b,
    );
    let free = 0;
    for (const wanted of times) {
      let at = Math.max(wanted, free);
      const runner = random.pick(stage.geo.find('runner'));
      const from = hosted
        ? { ip: addressIn(runner, random) }
        : random.chance(0.5)
          ? random.pick(holder.team.office)
          : home;
      const who =
        holder.keyId === undefined
          ? createSession(holder.principal, `terraform-${random.int(1e6, 1e7)}`, sessionKeyId(random), at)
              .identity
          : userIdentity(holder.principal, holder.keyId);
      const caller: Caller = { who, from, client: valueAt(holder.client, at), region: holder.team.region };
      yield tell(stage, random, caller, at, 'sts:GetCallerIdentity');
      for (const secret of random.sample(holder.secrets, holder.secrets.length)) {
        at += random.between(0.12, 0.9) * SECOND;
        const params = { secretId: secret.arn };
        if (random.chance(0.4))
          yield tell(stage, random, caller, at, 'secretsmanager:DescribeSecret', { params });
        at += 80;
        yield* readSecret(stage, random, caller, at, secret);
        if (random.chance(0.5)) {
          const api = random.pick(kinds);
          at += 100;
          yield tell(stage, random, caller, at, api, { params: paramsOf(api, random) });
        }
      }
      if (random.chance(0.25)) {
        at += random.between(30, 400) * SECOND;
        for (const api of random.sample(APPLIES, random.int(1, 6))) {
          at += random.between(0.5, 5) * SECOND;
          yield tell(stage, random, caller, at, api, { params: appliedOf(api, stage, holder, random) });
        }
      }
      free = at + SECOND;
    }
  }
}

function appliedOf(api: string, stage: Stage, holder: Holder, random: Random): { [key: string]: string } {
  const name = `${holder.team.name}-app-${random.int(1, 40)}`;
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: `arn:aws:s3:::${name}/*` }],
  });
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  });
  switch (api) {
    case 'iam:CreateRole':
      return { roleName: name, path: '/', assumeRolePolicyDocument: trust };
    case 'iam:UpdateAssumeRolePolicy':
      return { roleName: name, policyDocument: trust };
    case 'iam:PutRolePolicy':
      return { roleName: name, policyName: 'inline', policyDocument: document };
    case 'iam:AttachRolePolicy':
      return { roleName: name, policyArn: `arn:aws:iam::${stage.account}:policy/${name}` };
    case 'iam:CreatePolicyVersion':
      return { policyArn: `arn:aws:iam::${stage.account}:policy/${name}`, policyDocument: document };
    case 'events:PutRule':
    case 'events:PutTargets':
      return { name, rule: name };
    case 'lambda:UpdateFunctionConfiguration20150331v2':
      return { functionName: name };
    case 'secretsmanager:CreateSecret':
      return { name: `app/${name}` };
    default:
      return { name };
  }
}
