import { PEOPLE_APIS, paramsOf, RECON_APIS } from '../apis.ts';
import { REGIONS } from '../geo/places.ts';
import { createSession, sessionKeyId } from '../identity.ts';
import type { Random } from '../random.ts';
import { type Act, type Caller, type Holder, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, valueAt } from '../timeline.ts';
import { type Casting, cast } from './cast.ts';

/** The security team's own scanner: it does what a thief does, and never reads a value. */
export function castScanner(casting: Casting): Holder {
  const { random, team, index } = casting;
  return cast(casting, {
    role: 'scanner',
    kind: 'role',
    name: `${team.name}-posture-${index}`,
    family: 'boto3',
    host: 'linux',
    regions: [],
    networks: random.chance(0.5) ? team.declared : [],
  });
}

/** Asks for everything, in all regions, many answers being refusals. */
export function* scanner(stage: Stage, holder: Holder, random: Random): Act {
  const every = random.pick([DAY, DAY, 7 * DAY]);
  const kinds = [...new Set([...RECON_APIS, ...PEOPLE_APIS])].filter((api) =>
    /:(List|Describe|Get)/.test(api),
  );
  const forbidden = new Set(random.sample(kinds, random.int(4, 12)));
  const sweeps = random.sample(kinds, random.int(30, 60));
  for (let due = stage.start + random.between(0, 1) * every; due < stage.end; due += every) {
    let at = due + random.exponential(0.3 * HOUR);
    const session = createSession(holder.principal, 'posture-scan', sessionKeyId(random), at);
    const from = random.pick(valueAt(holder.egress, at).origins);
    for (const region of random.sample(Object.keys(REGIONS), random.int(2, 4))) {
      const caller: Caller = { who: session.identity, from, client: valueAt(holder.client, at), region };
      for (const api of sweeps) {
        at += random.int(60, 1500);
        const denied = forbidden.has(api) ? { denied: '*' } : {};
        yield tell(stage, random, caller, at, api, { params: paramsOf(api, random), ...denied });
      }
    }
  }
}
