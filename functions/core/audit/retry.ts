/**
 * How often a commit tries where a head or the feed was busy, before it gives up: enough for 256 changes of the feed
 * at the same moment (docs/decisions/0001-audit-shards.md).
 */
export const COMMIT_ATTEMPTS = 32;

const FIRST_MS = 20;
const LONGEST_MS = 400;

/**
 * How long to wait after a busy attempt (counted from 0), in milliseconds: anywhere below a bound that doubles up to
 * 400 ms, so that committers who met once do not meet again. `random` is uniform in [0, 1).
 */
export const commitWaitMs = (attempt: number, random: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * random;
