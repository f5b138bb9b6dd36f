import type { Clock, Random } from '#core/ports.ts';
import type { EpochMs } from '#core/records.ts';

/** One call of a port, as the hooks see it; `index` counts all calls of the world from 0. */
export interface PortCall {
  readonly index: number;
  readonly port: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What every fake of one simulated world shares: a clock, a seed, and hooks around each call. */
export interface World {
  readonly seed: number;
  readonly clock: Clock & {
    /** Moves both clocks on. */
    advance(ms: number): void;
    /** Steps the wall clock alone, as NTP may. */
    step(ms: number): void;
    /** Moves the wall clock alone while the container is frozen. */
    freeze(ms: number): void;
  };
  readonly random: Random;
  readonly calls: readonly PortCall[];
  /** A throw here is a fault before the call had any effect. */
  beforeCall: ((call: PortCall) => void | Promise<void>) | undefined;
  /** A throw here is a lost reply: the call took effect. */
  afterCall: ((call: PortCall) => void | Promise<void>) | undefined;
  call<T>(port: string, method: string, args: readonly unknown[], perform: () => Promise<T>): Promise<T>;
  /** How often a method was called. */
  count(port: string, method?: string): number;
}

/** Starts a world at a fixed time; the same seed gives the same run. */
export function createWorld(options: { seed?: number; now?: EpochMs } = {}): World {
  const seed = options.seed ?? 1;
  let wall = options.now ?? Date.UTC(2026, 10, 24, 8);
  let monotonic = 0;
  let state = seed >>> 0;
  const calls: PortCall[] = [];
  const advance = (ms: number): void => {
    wall += ms;
    monotonic += ms;
  };
  const world: World = {
    seed,
    clock: {
      now: () => Math.floor(wall),
      monotonic: () => monotonic,
      sleep: async (ms) => advance(ms),
      advance,
      step: (ms) => {
        wall += ms;
      },
      freeze: (ms) => {
        wall += ms;
      },
    },
    random: {
      next: () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
      },
    },
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
  };
  return world;
}
