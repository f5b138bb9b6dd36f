import type { EpochMs } from '../records.ts';

/** The unit in which activity is counted: what a credential does within it counts once, so that a burst is one. */
export const SLOT_MS = 600_000;

/**
 * Where decayed weights are measured from. Forward decay: an observation weighs 2^((t − landmark) / half-life) for
 * ever, and only a reader divides, so that sums come out the same in whatever order they are added up. Doubles last
 * for 1,023 half-lives.
 *
 * @see Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, ICDE 2009
 */
const LANDMARK_MS: EpochMs = Date.UTC(2020, 0, 1);

/** How long a habit lasts: after this time without it, half of it is forgotten. */
export const HABIT_HALF_LIFE_MS: number = 30 * 24 * 3_600_000;

/** What something seen at a time weighs, for ever. */
export const weightAt = (at: EpochMs): number => 2 ** ((at - LANDMARK_MS) / HABIT_HALF_LIFE_MS);

/** The slot of a time, counted from the landmark. */
export const slotOf = (at: EpochMs): number => Math.floor((at - LANDMARK_MS) / SLOT_MS);

/** When a slot begins. */
export const slotStart = (slot: number): EpochMs => LANDMARK_MS + slot * SLOT_MS;

/** What is left of a piece of evidence after a time. Evidence from after `now` counts whole. */
export const remaining = (at: EpochMs, now: EpochMs, halfLifeMs: number): number =>
  2 ** (-Math.max(0, now - at) / halfLifeMs);
