import { PEOPLE_APIS, paramsOf, RECON_APIS, zipf } from '../apis.ts';
import { BROWSERS, CONSOLE_AGENTS, clientOf, createInstall } from '../clients.ts';
import { UTC_OFFSET } from '../geo/places.ts';
import { createSession, onBehalf, type Session, sessionKeyId } from '../identity.ts';
import type { Random } from '../random.ts';
import type { Client, Origin } from '../record.ts';
import type { Secret } from '../secret.ts';
import { type Act, type Caller, type Emission, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, MINUTE, SECOND, wordyTime } from '../timeline.ts';
import { type Casting, cast } from './cast.ts';
import { createWhereabouts, dayOf, isWeekend } from './whereabouts.ts';

/** The role that the people of a team share by single sign-on: many persons, one credential, at the same time. */
export function castPeople(casting: Casting): Holder {
  const { random, team, teamSecrets } = casting;
  return cast(casting, {
    role: 'people',
    kind: 'role',
    name: `AWSReservedSSO_${team.name}-engineer_${random.text(16, '0123456789abcdef')}`,
    path: '/aws-reserved/sso.amazonaws.com/',
    family: 'aws-cli',
    host: 'mac',
    anyClient: true,
    regions: [],
    secrets: random.sample(teamSecrets, random.int(2, teamSecrets.length)),
  });
}

/** One person of those: signs in, then uses the console or the command line; once in a while at 3 a.m., in a hurry. */
export function* person(stage: Stage, holder: Holder, random: Random, email: string): Act {
  const days = Math.ceil((stage.end - stage.start) / DAY);
  const whereabouts = createWhereabouts(stage.geo, holder.team, days, random.fork('whereabouts'));
  const host = random.weighted([
    ['mac', 5],
    ['linux', 2],
    ['windows', 2],
  ] as const);
  const browser: Client = {
    userAgent: random.pick(BROWSERS),
    tls: { version: 'TLSv1.3', keyExchange: 'X25519MLKEM768' },
    console: true,
  };
  const shell = clientOf(createInstall(random, 'aws-cli', host));
  const eager = random.between(0.1, 0.7);
  const calledOut = random.chance(0.3) ? random.between(0.02, 0.1) : 0;
  const offset = UTC_OFFSET[holder.team.country] ?? 1;
  for (let day = 0; day < days; day++) {
    const { networks } = whereabouts(day);
    const begins = dayOf(stage.start, day);
    const night = random.chance(calledOut);
    if (!night && (isWeekend(begins) || !random.chance(eager))) continue;
    let at = begins + (night ? random.between(0.5, 4) : random.between(7.5, 15) - Math.min(offset, 5)) * HOUR;
    const from = networks[0] ?? { ip: '' };
    const session = createSession(holder.principal, email, sessionKeyId(random), at, 'person');
    yield signIn(stage, random, holder, session, from, at);
    at += 3 * SECOND;
    const inConsole = random.chance(0.6);
    const count = night ? random.int(10, 45) : random.int(3, 16);
    for (let done = 0; done < count; done++) {
      at += random.exponential(night ? 25_000 : 45_000) + 300;
      if (!night && random.chance(0.04)) at += random.exponential(HOUR);
      if (at > begins + DAY - MINUTE) break;
      const network = random.chance(0.9) ? from : random.pick(networks);
      const client = inConsole && random.chance(0.9) ? browser : shell;
      const caller: Caller = { who: session.identity, from: network, client, region: holder.team.region };
      const region = random.chance(0.08) ? { region: holder.team.standby } : {};
      if (night && random.chance(0.004)) {
        const other = random.pick(
          stage.secrets.filter(({ canary, readers }) => !canary && !readers.has(holder.principal.arn)),
        );
        if (other.managed && !holder.breaches.includes('denied-read')) holder.breaches.push('denied-read');
        yield* readSecret(stage, random, caller, at, other, { denied: true });
      } else if (random.chance(night ? 0.12 : 0.06) && holder.secrets.length > 0) {
        yield* consoleRead(stage, random, caller, at, random.pick(holder.secrets));
      } else if (client === browser && random.chance(0.35)) {
        yield internal(stage, random, caller, at);
      } else {
        const api = night && random.chance(0.3) ? random.pick(RECON_APIS) : zipf(PEOPLE_APIS, random);
        const denied = random.chance(night ? 0.15 : 0.03) ? { denied: '*' } : {};
        yield tell(stage, random, caller, at, api, { params: paramsOf(api, random), ...region, ...denied });
      }
    }
  }
}

function signIn(
  stage: Stage,
  random: Random,
  holder: Holder,
  session: Session,
  from: Origin,
  at: number,
): Emission {
  const client = {
    userAgent: 'aws-internal/3 aws-sdk-java/1.12.770 exec-env/AWS_Lambda_java17',
    tls: { version: 'TLSv1.3' as const },
  };
  const who = {
    type: 'SAMLUser',
    principalId: `AWSSSO_${holder.principal.id}_DO_NOT_DELETE:${session.name}`,
    userName: session.name,
    identityProvider: 'AWSSSO_DO_NOT_DELETE',
  };
  return tell(
    stage,
    random,
    { who, from, client, region: holder.team.region },
    at,
    'sts:AssumeRoleWithSAML',
    {
      params: {
        sAMLAssertionID: `_${random.uuid()}`,
        roleSessionName: session.name,
        durationSeconds: 43200,
        roleArn: holder.principal.arn,
        principalArn: `arn:aws:iam::${stage.account}:saml-provider/AWSSSO_DO_NOT_DELETE`,
      },
      response: {
        credentials: {
          accessKeyId: session.keyId,
          sessionToken: 'REDACTED',
          expiration: wordyTime(at + 12 * HOUR, ','),
        },
        assumedRoleUser: {
          assumedRoleId: session.identity.principalId ?? '',
          arn: session.identity.arn ?? '',
        },
        subject: session.name,
        subjectType: 'persistent',
      },
      resources: [{ accountId: stage.account, type: 'AWS::IAM::Role', ARN: holder.principal.arn }],
    },
  );
}

/** A value shown in the console: the browser's address, but at times the console's own backend as client. */
function* consoleRead(stage: Stage, random: Random, caller: Caller, at: number, secret: Secret): Act {
  const backend = caller.client.console === true && random.chance(0.4);
  const client: Client = backend ? { userAgent: random.pick(CONSOLE_AGENTS), console: true } : caller.client;
  const from = backend && random.chance(0.5) ? { ip: 'AWS Internal' } : caller.from;
  yield* readSecret(stage, random, { ...caller, client, from }, at, secret);
}

/** What the console calls for whoever looks at it: the service is client and address. */
function internal(stage: Stage, random: Random, caller: Caller, at: number): Emission {
  const service = random.pick(['cloudformation', 'ecs', 'resource-explorer-2', 'secretsmanager', 'backup']);
  const name = `${service}.amazonaws.com`;
  const forwarded = {
    who: onBehalf(caller.who, service, at, random),
    from: { ip: name },
    client: { userAgent: name },
  };
  const inner = { from: { ip: 'AWS Internal' }, client: { userAgent: 'AWS Internal', console: true } };
  const api = random.pick([
    'ec2:DescribeSubnets',
    'kms:DescribeKey',
    'tagging:GetResources',
    'iam:ListRoles',
    'ec2:DescribeVpcs',
  ]);
  const as = random.chance(0.6) ? forwarded : inner;
  return tell(stage, random, { ...caller, ...as }, at, api, { params: paramsOf(api, random) });
}
