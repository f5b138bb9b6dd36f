import { PRESENCE_MS } from '../evidence.ts';
import { type Fire, novelty } from './seen.ts';

const MOST = 0.7;
const BLOCK_MS = 4 * 3_600_000;

/** 1970-01-01 was a Thursday; only that every week counts from the same day matters. */
const BLOCKS_A_WEEK = 42;

/** The four-hour block of the week that a time falls into. */
export const blockOfWeek = (at: number): string => `${Math.floor(at / BLOCK_MS) % BLOCKS_A_WEEK}`;

/** B13: a part of the week in which the credential was never active. Weighs little: people work late. */
export const unusualHour: Fire = (seen) => {
  const weight = Math.min(MOST, novelty(seen, 'hours', blockOfWeek(seen.obs.at), 0.4));
  if (weight <= 0) return undefined;
  return {
    weight,
    says: 'active in a part of the week in which it never was',
    about: 'hour',
    halfLifeMs: PRESENCE_MS,
  };
};
