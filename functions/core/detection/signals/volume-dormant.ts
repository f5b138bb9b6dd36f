import { gapShare } from '../baseline.ts';
import { slotStart } from '../decay.ts';
import { PRESENCE_MS } from '../evidence.ts';
import { type Fire, historyIn } from './seen.ts';

const LONG_MS = 7 * 86_400_000;
const MOST = 2.5;
const ENOUGH_SLOTS = 10;

/** B9: awake after a pause that is long against the credential's own rhythm. */
export const dormant: Fire = (seen) => {
  const { obs, own } = seen;
  if (own.activity.slots < ENOUGH_SLOTS) return undefined;
  const pause = obs.at - slotStart(own.activity.last);
  if (pause < LONG_MS) return undefined;
  const weight = Math.min(MOST, Math.log(0.5 / gapShare(own, pause)));
  if (weight <= 0) return undefined;
  return {
    weight,
    says: `awake after ${Math.floor(pause / 86_400_000)} days, against ${historyIn(seen)}`,
    about: 'dormant',
    halfLifeMs: PRESENCE_MS,
  };
};
