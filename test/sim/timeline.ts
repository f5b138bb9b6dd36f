import { setImmediate as settled } from 'node:timers/promises';
import type { World } from '#test/ports/world.ts';

interface Waiting {
  readonly at: number;
  readonly order: number;
  readonly go: () => void;
}

/** One time line for everybody: whoever waits goes on at its time, one after the other, by the world's seed. */
export interface Timeline {
  /** Goes on when so much time has passed, in milliseconds of the world's clock. */
  wait(ms: number): Promise<void>;
  /** Runs until the time is over, or nobody waits any more. */
  runUntil(at: number): Promise<void>;
  /** How many turns were taken. */
  readonly turns: number;
}

/**
 * A discrete-event scheduler over a world's clock. Every sleep of the functions under test goes through it too, so
 * that time moves only when everybody who can run has run, and then to the next who waits.
 */
export function createTimeline(world: World): Timeline {
  const waiting: Waiting[] = [];
  let order = 0;
  const timeline = {
    turns: 0,
    wait: (ms: number): Promise<void> =>
      new Promise((go) => {
        const at = world.clock.monotonic() + Math.max(0, ms);
        const mine = { at, order: order++, go };
        let low = 0;
        let high = waiting.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if ((waiting[middle]?.at ?? 0) <= at) low = middle + 1;
          else high = middle;
        }
        waiting.splice(low, 0, mine);
      }),
    async runUntil(until: number): Promise<void> {
      await settled();
      for (let next = waiting[0]; next !== undefined && next.at <= until; next = waiting[0]) {
        waiting.shift();
        const ahead = next.at - world.clock.monotonic();
        if (ahead > 0) world.clock.advance(ahead);
        timeline.turns++;
        next.go();
        await settled();
      }
      const left = until - world.clock.monotonic();
      if (Number.isFinite(until) && left > 0) world.clock.advance(left);
    },
  };
  world.clock.sleep = timeline.wait;
  return timeline;
}
