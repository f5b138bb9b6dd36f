import { PEOPLE_APIS, paramsOf, zipf } from '../apis.ts';
import { createInstall, updates } from '../clients.ts';
import { UTC_OFFSET } from '../geo/places.ts';
import { sessionKeyId, userIdentity, userSession } from '../identity.ts';
import type { Random } from '../random.ts';
import { type Act, type Caller, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, MINUTE, valueAt, wordyTime } from '../timeline.ts';
import { type Casting, cast, ownSecret } from './cast.ts';
import { createWhereabouts, dayOf, isWeekend } from './whereabouts.ts';

const NAMES = [
  'ada',
  'ben',
  'cleo',
  'dario',
  'eve',
  'finn',
  'gita',
  'hugo',
  'ines',
  'jan',
  'kim',
  'lena',
  'mika',
  'noor',
];

/** A developer's own key, on a laptop that roams. */
export function castLaptop(casting: Casting, bornAt?: number): Holder {
  const { random, teamSecrets, index } = casting;
  const own = random.chance(0.3) ? [ownSecret(casting, `dev-${index}`)] : [];
  return cast(casting, {
    role: 'laptop',
    kind: 'user',
    name: `${random.pick(NAMES)}.${index}`,
    family: random.chance(0.75) ? 'aws-cli' : 'boto3',
    host: random.weighted([
      ['mac', 5],
      ['linux', 2],
      ['wsl', 2],
      ['windows', 1],
    ]),
    anyClient: true,
    managed: random.chance(0.6),
    regions: [],
    secrets: [...own, ...random.sample(teamSecrets, random.int(0, 3))],
    ...(bornAt === undefined ? {} : { bornAt }),
  });
}

/** A person at work: sessions of a few calls, from wherever the laptop is, some calls denied, some at night. */
export function* laptop(stage: Stage, holder: Holder, random: Random): Act {
  const days = Math.ceil((stage.end - stage.start) / DAY);
  const whereabouts = createWhereabouts(stage.geo, holder.team, days, random.fork('whereabouts'));
  const other = createInstall(
    random,
    random.pick(['boto3', 'terraform', 'aws-sdk-go-v2', 'aws-sdk-js']),
    holder.install.host,
  );
  const second = updates(other, stage.start, stage.end, 15 * DAY, random);
  const eager = random.between(0.3, 0.95);
  const secondOften = random.chance(0.5) ? random.between(0.05, 0.4) : 0;
  const tokens = random.chance(0.25);
  const apis = [...PEOPLE_APIS.slice(0, 12), ...random.sample(PEOPLE_APIS.slice(12), 12)];
  const leave = random.chance(0.3) ? random.between(-5, days) : days;
  const back = leave + random.int(5, 17);
  const offset = UTC_OFFSET[holder.team.country] ?? 1;
  for (let day = 0; day < days; day++) {
    const { networks } = whereabouts(day);
    const begins = dayOf(stage.start, day);
    if (day >= leave && day < back) continue;
    if (isWeekend(begins) ? !random.chance(0.08) : !random.chance(eager)) continue;
    const late = random.chance(0.04);
    let at = begins + (late ? random.between(20, 23) : random.normal(9.5 - offset, 0.8)) * HOUR;
    at = Math.max(at, begins + MINUTE);
    const until = begins + (late ? 23.9 : 18 - offset) * HOUR;
    let session: Pick<Caller, 'who'> = { who: userIdentity(holder.principal, holder.keyId ?? '') };
    for (let sitting = random.int(1, 4); sitting > 0 && at < until; sitting--) {
      const from = random.chance(0.7) ? networks[0] : random.pick(networks);
      const client = valueAt(random.chance(secondOften) ? second : holder.client, at);
      let caller: Caller = { ...session, from: from ?? { ip: '' }, client, region: holder.team.region };
      if (tokens && session.who.sessionContext === undefined && at > holder.bornAt) {
        const keyId = sessionKeyId(random);
        yield tell(stage, random, caller, at, 'sts:GetSessionToken', {
          params: {
            durationSeconds: 43200,
            serialNumber: `arn:aws:iam::${stage.account}:mfa/${holder.principal.name}`,
          },
          response: {
            credentials: {
              accessKeyId: keyId,
              sessionToken: 'REDACTED',
              expiration: wordyTime(at + 12 * HOUR, ','),
            },
          },
        });
        session = { who: userSession(holder.principal, keyId, at, true) };
        caller = { ...caller, ...session };
        at += 2000;
      }
      for (let count = random.int(1, 7); count > 0; count--) {
        at += random.exponential(50_000) + 500;
        if (at < holder.bornAt || at >= holder.diesAt) continue;
        if (holder.secrets.length > 0 && random.chance(0.1)) {
          yield* readSecret(stage, random, caller, at, random.pick(holder.secrets), { form: 'name' });
        } else {
          const api = count === 7 || random.chance(0.04) ? 'sts:GetCallerIdentity' : zipf(apis, random);
          const denied = random.chance(0.03) ? { denied: '*' } : {};
          yield tell(stage, random, caller, at, api, { params: paramsOf(api, random), ...denied });
        }
      }
      at += random.exponential(2 * HOUR) + MINUTE;
    }
  }
}
