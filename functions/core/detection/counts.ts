/** What is assumed of a rate before anything is known: half a one an hour, with a long tail. */
const PRIOR_SHAPE = 0.5;
const PRIOR_HOURS = 1;

/** Counts past this are as surprising as it. */
const MOST = 256;

/** Smaller than any tail that matters; keeps the logarithm finite. */
const LEAST_TAIL = 1e-9;

/**
 * How surprising a count in one hour is, given `events` in `hours` before (both decayed): P(X ≥ x) where X is
 * Poisson with a Gamma-distributed rate, that is, negative binomial. No normal approximation: counts are sparse.
 */
export function tailOf(count: number, events: number, hours: number): number {
  const shape = PRIOR_SHAPE + events;
  const stay = (PRIOR_HOURS + hours) / (PRIOR_HOURS + hours + 1);
  let mass = stay ** shape;
  let below = 0;
  for (let k = 0; k < Math.min(count, MOST); k++) {
    below += mass;
    mass *= ((shape + k) / (k + 1)) * (1 - stay);
  }
  return Math.max(LEAST_TAIL, 1 - below);
}

/** ln P(count or more | attack) − ln P(count or more | own history), where half of all attacks do as much. */
export const surprise = (count: number, events: number, hours: number): number =>
  Math.max(0, Math.log(0.5 / tailOf(count, events, hours)));
