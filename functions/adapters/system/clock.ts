import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Random } from '#core/ports.ts';

/** The container's own clocks. */
export function createClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms) => wait(ms),
  };
}

/** For shards and jitter, which need no secrecy; what must be secret comes from KMS. */
export function createRandom(): Random {
  return { next: () => Math.random() };
}
