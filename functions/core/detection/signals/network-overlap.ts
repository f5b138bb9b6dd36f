import { firstSlotOf, singlesAt, slotsAt } from '../baseline.ts';
import { slotOf } from '../decay.ts';
import { PRESENCE_MS } from '../evidence.ts';
import { noveltyWeight } from '../novelty.ts';
import { kilometres } from '../place.ts';
import type { Fire, Seen } from './seen.ts';

const WITHIN_MS = 30 * 60_000;
const FASTEST_KM_PER_HOUR = 900;
const NEAR_KM = 100;

/** The most that it may weigh, and what it weighs for somebody who moves all the time. */
const MOST = 5;
const LEAST = 1.5;

/** A network is news for a day: two places that were both always there are two hosts, not a traveller. */
const NEWS_SLOTS = 144;

/** B4: one credential in two places between which nobody travels that fast, one of them new. Needs a geo file. */
export const overlap: Fire = (seen) => {
  const { obs, own, place, standing } = seen;
  if (place?.asn === undefined || place.lat === undefined || place.lon === undefined) return undefined;
  const here = { lat: place.lat, lon: place.lon };
  for (const there of standing.sojourns) {
    const apart = Math.max(0, obs.at - there.at);
    if (there.asn === place.asn || apart > WITHIN_MS) continue;
    const distance = kilometres(here, there);
    if (distance < NEAR_KM || distance < (FASTEST_KM_PER_HOUR * apart) / 3_600_000) continue;
    if (!isNews(seen, place.asn) && !isNews(seen, there.asn)) continue;
    return {
      weight: Math.min(MOST, LEAST + noveltyWeight(singlesAt(own, 'asn', obs.at), slotsAt(own, obs.at), 0.7)),
      says: `in ${place.asn} ${Math.round(distance)} km from ${there.asn}, ${Math.round(apart / 60_000)} minutes apart`,
      about: 'overlap',
      halfLifeMs: PRESENCE_MS,
    };
  }
  return undefined;
};

function isNews({ own, obs }: Seen, asn: string): boolean {
  const first = firstSlotOf(own, 'asn', asn);
  return first === undefined || slotOf(obs.at) - first < NEWS_SLOTS;
}
