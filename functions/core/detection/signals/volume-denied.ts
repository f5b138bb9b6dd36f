import { rateAt } from '../baseline.ts';
import { surprise } from '../counts.ts';
import { SEQUENCE_MS } from '../evidence.ts';
import type { Fire } from './seen.ts';

const FEWEST = 3;
const MOST = 4;

/** B7: many kinds of call refused within an hour: somebody finds out what a credential can do. */
export const denied: Fire = ({ obs, own, standing }) => {
  const count = standing.denied.size;
  if (!obs.refused || count < FEWEST) return undefined;
  const rate = rateAt(own.denials, obs.at);
  if (count <= rate.most * 1.25) return undefined;
  return {
    weight: Math.min(MOST, surprise(count, rate.events, rate.hours)),
    says: `${count} kinds of call refused within an hour, at most ${Math.round(rate.most)} before`,
    about: 'denied',
    halfLifeMs: SEQUENCE_MS,
  };
};
