import { SEQUENCE_MS } from '../evidence.ts';
import { type Fire, novelty } from './seen.ts';

const MOST = 3;
const NEGATED = 1;
const SEVERAL_REGIONS = 1.5;

/** B6: secrets read in bulk by filter, as a search does; all but a few (negated), or in several regions. */
export const batch: Fire = (seen) => {
  const { obs, standing } = seen;
  if (obs.act.kind !== 'read-batch') return undefined;
  const fresh = Math.min(MOST, novelty(seen, 'api', `${obs.api} by filter`, 0.6));
  const regions = standing.batchRegions.size;
  const weight =
    fresh + (obs.act.negated && fresh > 0 ? NEGATED : 0) + SEVERAL_REGIONS * Math.max(0, regions - 1);
  if (weight <= 0) return undefined;
  return {
    weight: Math.min(MOST + NEGATED, weight),
    says: `read secrets in bulk by ${obs.act.negated ? 'negated ' : ''}filter in ${regions} region${regions > 1 ? 's' : ''}`,
    about: 'batch',
    halfLifeMs: SEQUENCE_MS,
  };
};
