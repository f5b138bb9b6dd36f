import { paramsOf } from '../apis.ts';
import { userIdentity } from '../identity.ts';
import type { Random } from '../random.ts';
import { type Act, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, SECOND, valueAt } from '../timeline.ts';
import { type Casting, cast, secretsFor } from './cast.ts';

/** A key that sleeps between its runs: closing of the month, a report each fortnight, a certificate's renewal. */
export function castMonthlyJob(casting: Casting): Holder {
  const { random, team, index } = casting;
  return cast(casting, {
    role: 'monthly-job',
    kind: 'user',
    name: `${team.name}-job-${index}`,
    host: 'linux',
    networks: random.chance(0.5) ? team.declared : [],
    secrets: secretsFor(casting, `job-${index}`),
    updateEveryMs: 25 * DAY,
  });
}

/** Wakes after days of silence, works for some minutes, sleeps again; a run now and then is started by hand. */
export function* monthlyJob(stage: Stage, holder: Holder, random: Random): Act {
  const every = random.weighted([
    [7 * DAY, 2],
    [10 * DAY, 1],
    [14 * DAY, 3],
    [21 * DAY, 3],
    [90 * DAY, 2],
  ]);
  const who = userIdentity(holder.principal, holder.keyId ?? '');
  const wakes = stage.start + random.between(0, every * 0.95);
  for (
    let due = Math.max(wakes, holder.bornAt);
    due < holder.diesAt;
    due += every * random.between(0.97, 1.04)
  ) {
    let at = due + random.exponential(0.2 * HOUR);
    if (random.chance(0.05)) at += random.between(4, 20) * HOUR;
    const { region, origins } = valueAt(holder.egress, at);
    const caller = { who, from: random.pick(origins), client: valueAt(holder.client, at), region };
    for (let count = random.int(5, 14); count > 0; count--) {
      if (random.chance(0.35)) yield* readSecret(stage, random, caller, at, random.pick(holder.secrets));
      else {
        const api = random.pick(valueAt(holder.apis, at));
        yield tell(stage, random, caller, at, api, { params: paramsOf(api, random) });
      }
      at += random.between(1, 90) * SECOND;
    }
  }
}
