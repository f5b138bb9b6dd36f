import { addressIn } from '../geo/blocks.ts';
import { createSession, type Principal, sessionKeyId, userIdentity } from '../identity.ts';
import type { Random } from '../random.ts';
import type { Client } from '../record.ts';
import { type Act, type Caller, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, SECOND, valueAt, wordyTime } from '../timeline.ts';
import { type Casting, cast, secretsFor } from './cast.ts';
import { dayOf, isWeekend } from './whereabouts.ts';

/** What builds sign with: a user's key, or a role that a hosted runner assumes with its identity token. */
export function castCi(casting: Casting): Holder {
  const { random, team, index } = casting;
  const kind = random.chance(0.6) ? 'user' : 'role';
  return cast(casting, {
    role: 'ci',
    kind,
    name: `${team.name}-ci-${index}`,
    family: random.weighted([
      ['aws-cli', 5],
      ['aws-sdk-js', 2],
      ['boto3', 2],
    ]),
    host: 'runner',
    anyClient: random.chance(0.4),
    secrets: secretsFor(casting, `ci-${index}`),
    updateEveryMs: 6 * DAY,
  });
}

const STEPS = [
  'ecr:GetAuthorizationToken',
  'ecr:DescribeRepositories',
  'ecr:BatchCheckLayerAvailability',
  'ecr:PutImage',
  'ecs:DescribeServices',
  'ecs:RegisterTaskDefinition',
  'ecs:UpdateService',
  'lambda:UpdateFunctionCode20150331v2',
  'cloudformation:DescribeStacks',
  'cloudformation:CreateChangeSet',
  'cloudformation:ExecuteChangeSet',
  's3:ListBuckets',
];

/** Builds: each on another machine of a hosted runner's many networks, its session as short as the build. */
export function* ci(stage: Stage, holder: Holder, random: Random, deploys: Principal): Act {
  const days = Math.ceil((stage.end - stage.start) / DAY);
  const perDay = random.lognormal(3.5, 0.6);
  const steps = random.sample(STEPS, random.int(3, 6));
  const assumes = holder.keyId !== undefined && random.chance(0.4);
  const own = random.chance(0.15)
    ? random.pick(stage.geo.find('cloud', { region: holder.team.region }))
    : undefined;
  const fixed = own === undefined ? undefined : addressIn(own, random);
  for (let day = 0; day < days; day++) {
    const begins = dayOf(stage.start, day);
    const jobs = random.poisson(isWeekend(begins) ? perDay / 8 : perDay);
    const times = Array.from({ length: jobs }, () => begins + random.between(5, 20) * HOUR).sort(
      (a, b) => a - b,
    );
    let free = 0;
    for (const wanted of times) {
      let at = Math.max(wanted, free);
      if (at < holder.bornAt || at >= holder.diesAt) continue;
      const from = { ip: fixed ?? addressIn(random.pick(stage.geo.find('runner')), random) };
      const client = valueAt(holder.client, at);
      const region = holder.team.region;
      const job = String(random.int(10 ** 9, 10 ** 10));
      let caller: Caller = { who: {}, from, client, region };
      if (holder.keyId === undefined) {
        const session = createSession(holder.principal, `build-${job}`, sessionKeyId(random), at);
        yield webIdentity(stage, random, holder.principal, caller, session.keyId, session.name, at);
        caller = { ...caller, who: session.identity };
      } else caller = { ...caller, who: userIdentity(holder.principal, holder.keyId) };
      at += random.between(1, 5) * SECOND;
      yield tell(stage, random, caller, at, 'sts:GetCallerIdentity');
      if (random.chance(0.6) && holder.secrets.length > 0) {
        at += 900;
        yield* readSecret(stage, random, caller, at, random.pick(holder.secrets), { form: 'name' });
      }
      if (assumes) {
        at += random.between(2, 60) * SECOND;
        const session = createSession(deploys, `deploy-${job}`, sessionKeyId(random), at);
        yield assumed(stage, random, caller, deploys, session.keyId, session.name, at);
        caller = { ...caller, who: session.identity };
      }
      for (const api of steps) {
        if (random.chance(0.3)) continue;
        at += random.between(1, 40) * SECOND;
        yield tell(stage, random, caller, at, api);
      }
      free = at + 1000;
    }
  }
}

/** AssumeRole by a caller: the response names the temporary key that it was given. */
export function assumed(
  stage: Stage,
  random: Random,
  caller: Caller,
  role: Principal,
  keyId: string,
  sessionName: string,
  at: number,
): ReturnType<typeof tell> {
  return tell(stage, random, caller, at, 'sts:AssumeRole', {
    params: { roleArn: role.arn, roleSessionName: sessionName, durationSeconds: 3600 },
    response: {
      credentials: { accessKeyId: keyId, sessionToken: 'REDACTED', expiration: wordyTime(at + HOUR, ',') },
      assumedRoleUser: {
        assumedRoleId: `${role.id}:${sessionName}`,
        arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`,
      },
    },
    resources: [{ accountId: stage.account, type: 'AWS::IAM::Role', ARN: role.arn }],
  });
}

function webIdentity(
  stage: Stage,
  random: Random,
  role: Principal,
  caller: { from: { ip: string }; client: Client; region: string },
  keyId: string,
  sessionName: string,
  at: number,
): ReturnType<typeof tell> {
  const provider = `arn:aws:iam::${stage.account}:oidc-provider/tokens.runners.example`;
  const who = {
    type: 'WebIdentityUser',
    principalId: `${provider}:sts.amazonaws.com:repo:example/${role.name}:ref:refs/heads/main`,
    userName: `repo:example/${role.name}:ref:refs/heads/main`,
    identityProvider: provider,
  };
  return tell(stage, random, { ...caller, who }, at, 'sts:AssumeRoleWithWebIdentity', {
    params: { roleArn: role.arn, roleSessionName: sessionName, durationSeconds: 3600 },
    response: {
      credentials: { accessKeyId: keyId, sessionToken: 'REDACTED', expiration: wordyTime(at + HOUR, ',') },
      subjectFromWebIdentityToken: who.userName,
      assumedRoleUser: {
        assumedRoleId: `${role.id}:${sessionName}`,
        arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`,
      },
      provider,
      audience: 'sts.amazonaws.com',
    },
    resources: [{ accountId: stage.account, type: 'AWS::IAM::Role', ARN: role.arn }],
  });
}
