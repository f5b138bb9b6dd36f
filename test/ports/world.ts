import type { Clock, Random } from '#core/ports.ts';
import type { EpochMs } from '#core/records.ts';

/** One call of a port, as the hooks see it; `index` counts all calls of the world from 0. */
export interface PortCall {
  readonly index: number;
  readonly port: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A clock that stands still until everything that can run has run and something sleeps, or a test moves it. */
export interface VirtualClock extends Clock {
  /** Moves both clocks on, waking in order every sleeper whose time comes. */
  advance(ms: number): void;
  /** Steps the wall clock alone, back too, as NTP may. */
  step(ms: number): void;
  /** Moves the wall clock alone while the container is frozen. */
  freeze(ms: number): void;
}

/** Puts a fake, or a whole world, back to where it was when this was made; may be called again and again. */
export type Restore = () => void;

/** What every fake of one simulated world shares: a clock, a seed, and hooks around each call. */
export interface World {
  readonly seed: number;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly calls: readonly PortCall[];
  /** A throw here is a fault before the call had any effect. May sleep. */
  beforeCall: ((call: PortCall) => void | Promise<void>) | undefined;
  /** A throw here is a lost reply: the call took effect. May sleep. */
  afterCall: ((call: PortCall) => void | Promise<void>) | undefined;
  /** Runs one port call between the hooks. What `perform` changes, it changes in one go: calls interleave only here. */
  call<T>(port: string, method: string, args: readonly unknown[], perform: () => Promise<T>): Promise<T>;
  /** How often a method was called. */
  count(port: string, method?: string): number;
  /** Clock, randomness and calls as they are now. Nothing may sleep meanwhile: its sleep would be forgotten. */
  save(): Restore;
}

/**
 * Starts a world at a fixed time; the same seed gives the same run.
 *
 * @example
 * const world = createWorld({ seed: 7 });
 * world.afterCall = ({ port, method }) => {
 *   if (port === 'registry' && method === 'commit') throw new Error('reply lost');
 * };
 */
export function createWorld(options: { seed?: number; now?: EpochMs } = {}): World {
  const seed = options.seed ?? 1;
  const calls: PortCall[] = [];
  const clock = createVirtualClock(options.now ?? Date.UTC(2026, 10, 24, 8));
  const random = seededRandom(seed);
  const world: World = {
    seed,
    clock,
    random,
    calls,
    beforeCall: undefined,
    afterCall: undefined,
    async call(port, method, args, perform) {
      const call = { index: calls.length, port, method, args };
      calls.push(call);
      await world.beforeCall?.(call);
      const value = await perform();
      await world.afterCall?.(call);
      return value;
    },
    count: (port, method) =>
      calls.filter((call) => call.port === port && (method === undefined || call.method === method)).length,
    save() {
      const parts = [clock.save(), random.save()];
      const made = calls.length;
      return () => {
        for (const restore of parts) restore();
        calls.length = made;
      };
    },
  };
  return world;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * Sleepers wake one at a time, the earliest first, and each only when everything that can run has run: the event
 * loop comes to its check phase after all promises have settled, and no port in memory waits for anything else.
 */
function createVirtualClock(startAt: EpochMs): VirtualClock & { save(): Restore } {
  const sleepers: Sleeper[] = [];
  let monotonic = 0;
  let offset = startAt;
  let pumping = false;

  const wakeNext = (until: number): boolean => {
    const first = sleepers[0];
    if (first === undefined || first.wakeAt > until) return false;
    sleepers.shift();
    monotonic = Math.max(monotonic, first.wakeAt);
    first.wake();
    return true;
  };
  const pump = (): void => {
    if (pumping) return;
    pumping = true;
    setImmediate(() => {
      pumping = false;
      wakeNext(Number.POSITIVE_INFINITY);
      if (sleepers.length > 0) pump();
    });
  };
  const step = (ms: number): void => {
    offset += ms;
  };

  return {
    now: () => Math.floor(offset + monotonic),
    monotonic: () => monotonic,
    sleep: (ms) =>
      new Promise((wake) => {
        const wakeAt = monotonic + Math.max(0, ms);
        const later = sleepers.findIndex((sleeper) => sleeper.wakeAt > wakeAt);
        sleepers.splice(later < 0 ? sleepers.length : later, 0, { wakeAt, wake });
        pump();
      }),
    advance(ms) {
      const until = monotonic + ms;
      while (wakeNext(until));
      monotonic = until;
    },
    step,
    freeze: step,
    save() {
      const then = { monotonic, offset };
      return () => {
        sleepers.length = 0;
        ({ monotonic, offset } = then);
      };
    },
  };
}

/** Uniform in [0, 1) from 32 bits of state: a Weyl sequence through a multiplicative mixer (mulberry32). */
function seededRandom(seed: number): Random & { save(): Restore } {
  let state = seed >>> 0;
  return {
    save() {
      const then = state;
      return () => {
        state = then;
      };
    },
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
