import { PRESENCE_MS } from '../evidence.ts';
import type { Level } from '../network.ts';
import { type Fire, historyIn, novelty } from './seen.ts';

/** From coarse to fine: how likely a thief's network is new at this level, and the most that it may weigh. */
const STEPS: readonly (readonly [Level, number, number])[] = [
  ['country', 0.5, 7],
  ['asn', 0.7, 5.5],
  ['vpce', 0.7, 4],
  ['prefix', 0.9, 3],
  ['ip', 0.95, 1],
];

/** B1: a network that the credential was never seen in. The coarsest level that is new carries the weight, once. */
export const newNetwork: Fire = (seen) => {
  for (const [level, pAttack, most] of STEPS) {
    const weight = Math.min(most, novelty(seen, level, seen.address[level], pAttack));
    if (weight <= 0) continue;
    return {
      weight,
      says: `first ${level} ${seen.address[level]} in ${historyIn(seen)}`,
      about: 'network',
      halfLifeMs: PRESENCE_MS,
    };
  }
  return undefined;
};
