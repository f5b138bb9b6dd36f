import type { Clock } from '#core/ports.ts';

/** So much a second, and no more than one second's worth at a moment. */
export interface Quota {
  has(amount: number): boolean;
  take(amount: number): void;
}

/** Full at first. What one call takes of several partitions is taken at one moment, so it may be asked for first. */
export function createQuota(clock: Clock, perSecond: number): Quota {
  let left = perSecond;
  let at = clock.monotonic();
  const refill = (): void => {
    const now = clock.monotonic();
    left = Math.min(perSecond, left + ((now - at) / 1_000) * perSecond);
    at = now;
  };
  return {
    has(amount) {
      refill();
      return left >= amount;
    },
    take(amount) {
      refill();
      left -= amount;
    },
  };
}
