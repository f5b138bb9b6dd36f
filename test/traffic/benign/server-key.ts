import { paramsOf } from '../apis.ts';
import { addressIn } from '../geo/blocks.ts';
import { userIdentity } from '../identity.ts';
import type { Random } from '../random.ts';
import { inGrace } from '../secret.ts';
import { type Act, type Egress, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, type Timeline, valueAt } from '../timeline.ts';
import { type Casting, cast, secretsFor } from './cast.ts';
import { createMishaps, secretsInUse } from './mishap.ts';

/** A user's key on servers: in the cloud behind NAT, in a data centre, or on a line whose address changes. */
export function castServerKey(casting: Casting, bornAt?: number): Holder {
  const { random, team, index, stage } = casting;
  const where = random.weighted([
    ['cloud', 5],
    ['centre', 4],
    ['line', 1],
  ] as const);
  const line = where === 'cloud' ? undefined : siteLine(casting, where);
  const bound = where !== 'line' && random.chance(0.7);
  const holder = cast(casting, {
    role: 'server-key',
    kind: 'user',
    name: `${team.name}-app-${index}`,
    host: random.chance(0.3) ? 'container' : 'linux',
    egress: line?.egress ?? team.egress,
    networks: bound ? (line?.networks ?? team.declared) : [],
    secrets: secretsFor(casting, `app-${index}`),
    ...(bornAt === undefined ? {} : { bornAt }),
  });
  if (!bound || !holder.managed || !random.chance(0.003)) return holder;
  holder.breaches.push('network');
  const moved = addressIn(random.pick(stage.geo.find('cloud', { region: team.region })), random);
  const from = random.between(stage.start + 3 * DAY, stage.end);
  const value = { region: team.region, origins: [{ ip: moved }] };
  return { ...holder, egress: [...holder.egress.filter((entry) => entry.from < from), { from, value }] };
}

/** The addresses of a data centre, or of an office's line that changes every few days within its provider. */
function siteLine(
  { team, random, stage }: Casting,
  where: 'centre' | 'line',
): { egress: Timeline<Egress>; networks: readonly string[] } {
  const { region, country } = team;
  if (where === 'centre') {
    const block = random.pick(stage.geo.find(random.chance(0.5) ? 'vps' : 'office', { country }));
    const origins = Array.from({ length: random.int(1, 3) }, () => ({ ip: addressIn(block, random) }));
    const networks = random.chance(0.3) ? [block.cidr] : origins.map(({ ip }) => `${ip}/32`);
    return { egress: [{ from: Number.NEGATIVE_INFINITY, value: { region, origins } }], networks };
  }
  const home = random.pick(stage.geo.find('home', { country }));
  const siblings = stage.geo.find('home', { country }).filter(({ asn }) => asn === home.asn);
  const egress: { from: number; value: Egress }[] = [];
  for (let from = stage.start - DAY; from < stage.end; from += random.exponential(4 * DAY) + HOUR)
    egress.push({ from, value: { region, origins: [{ ip: addressIn(random.pick(siblings), random) }] } });
  return { egress, networks: [] };
}

/** A program on servers: reads at even intervals, its calls few and always the same. */
export function* serverKey(stage: Stage, holder: Holder, random: Random): Act {
  const perDay = Math.min(80, random.lognormal(11, 0.7));
  const form = random.pick(['name', 'arn', 'partial'] as const);
  const reading = random.between(0.35, 0.8);
  const follows = random.chance(0.15);
  const nights = random.chance(0.15);
  const who = userIdentity(holder.principal, holder.keyId ?? '');
  const mishaps = createMishaps(valueAt(holder.apis, stage.end), random);
  const inUse = secretsInUse(stage, holder.secrets, random);
  const outage = random.chance(0.06) ? random.between(stage.start, stage.end) : undefined;
  const outageMs = random.between(1, 6) * DAY;
  const gap = (24 * HOUR) / perDay;
  for (
    let at = holder.bornAt + random.between(0, 1) * gap;
    at < holder.diesAt;
    at += gap * random.between(0.85, 1.15)
  ) {
    if (outage !== undefined && at > outage && at < outage + outageMs) continue;
    if (nights && (at / HOUR) % 24 > 6 && random.chance(0.9)) continue;
    const { region, origins } = valueAt(holder.egress, at);
    const caller = { who, from: random.pick(origins), client: valueAt(holder.client, at), region };
    if (random.chance(reading) && holder.secrets.length > 0) {
      const secret = random.pick(inUse(at));
      const before = follows ? inGrace(secret, at) : undefined;
      yield* readSecret(stage, random, caller, at, secret, before ? { version: before } : { form });
    } else {
      const api = random.pick(valueAt(holder.apis, at));
      yield tell(stage, random, caller, at, api, { params: paramsOf(api, random), ...mishaps.of(api) });
    }
  }
}
