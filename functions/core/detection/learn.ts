import { type Baseline, learnActivity, learnRate, learnValue } from './baseline.ts';
import type { Address } from './network.ts';
import { LEVELS } from './network.ts';
import type { Observation } from './observation.ts';
import type { Place } from './place.ts';
import { blockOfWeek } from './signals/volume-hour.ts';
import { HOUR_MS, HOUR_SET_MOST, SOJOURNS_MOST, type Standing } from './standing.ts';

/** Takes one observation into what is usual. Whoever calls has made sure that nothing about it was suspect. */
export function learn(baseline: Baseline, obs: Observation, address: Address): void {
  learnActivity(baseline, obs.at);
  for (const level of LEVELS) learnValue(baseline, level, address[level], obs.at);
  learnValue(baseline, 'region', obs.region, obs.at);
  learnValue(baseline, 'client', obs.client, obs.at);
  learnValue(baseline, 'api', apiOf(obs), obs.at);
  learnValue(baseline, 'hours', blockOfWeek(obs.at), obs.at);
  if (obs.act.kind === 'read-secret') learnValue(baseline, 'secret', obs.act.secret, obs.at);
}

/** A batch by filters is another habit than a batch by names. */
const apiOf = (obs: Observation): string =>
  obs.act.kind === 'read-batch' ? `${obs.api} by filter` : obs.api;

/** Ends an hour: what a credential counted in it becomes part of the rates, unless it was suspect. */
export function turnHour(standing: Standing, own: Baseline, hour: number, suspect: boolean): void {
  if (!suspect) {
    learnRate(own.secrets, standing.secrets.size, hour * HOUR_MS);
    learnRate(own.denials, standing.denied.size, hour * HOUR_MS);
  }
  standing.secrets = NONE;
  standing.denied = NONE;
  standing.batchRegions = NONE;
}

/** Counts an observation into the sets of its hour. `owned`: the secret is the credential's own to read. */
export function countIn(standing: Standing, obs: Observation, owned: boolean): void {
  const { act } = obs;
  if (act.kind === 'read-secret' && !owned) standing.secrets = withValue(standing.secrets, act.secret);
  if (act.kind === 'read-batch') standing.batchRegions = withValue(standing.batchRegions, obs.region);
  if (obs.refused) standing.denied = withValue(standing.denied, obs.api);
}

/** Nearly every hour of nearly every credential is without: they share one empty set. */
const NONE: ReadonlySet<string> = new Set();

function withValue(set: ReadonlySet<string>, value: string): ReadonlySet<string> {
  if (set.size >= HOUR_SET_MOST) return set;
  return set.size === 0 ? new Set([value]) : (set as Set<string>).add(value);
}

/** Remembers where a credential was, one place for each network operator. */
export function sojournIn(standing: Standing, obs: Observation, place: Place | undefined): void {
  if (place?.asn === undefined || place.lat === undefined || place.lon === undefined) return;
  const { sojourns } = standing;
  const { asn, lat, lon } = place;
  const before = sojourns.findIndex((sojourn) => sojourn.asn === asn);
  if (before >= 0) sojourns.splice(before, 1);
  sojourns.push({ at: obs.last, asn, lat, lon });
  if (sojourns.length > SOJOURNS_MOST) sojourns.shift();
}
