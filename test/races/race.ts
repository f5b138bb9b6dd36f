import fc from 'fast-check';
import type { World } from '../ports/world.ts';

/** Runs copies at once: before and after each call of a port the scheduler picks who goes on. */
export type Together = <T>(
  world: World,
  copies: readonly (() => Promise<T>)[],
) => Promise<readonly PromiseSettledResult<T>[]>;

/** Concurrent copies of what reads and then writes, and what must be true afterwards. */
export interface Race {
  readonly name: string;
  /** The places that it covers, as `sitesOfReadThenWrite` names them. */
  readonly covers: readonly string[];
  /** 2 to 5 copies; `seed` for whatever the world draws. */
  run(together: Together, copies: number, seed: number): Promise<void>;
}

/** Lines of our own code that were on the stack at some call of a port, as `file:line`. */
export type Reached = Set<string>;

const RUNS = 40;
/** A stack is dear: the first runs show where a race comes by, and rare are the calls of these ports alone. */
const TRACED = 3;
const RARE = ['vault', 'keyControl'];

/** Tries one race under many schedules; a failing one is made smaller by fast-check and told with its seed. */
export async function tryRace(race: Race, runs: number = RUNS): Promise<Reached> {
  const reached: Reached = new Set();
  let ran = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 2, max: 5 }),
      fc.nat(1_000),
      async (scheduler, copies, seed) => {
        const traced = ran++ < TRACED;
        const together: Together = async (world, starts) => {
          world.beforeCall = async ({ port, method }) => {
            if (traced || RARE.includes(port)) trace(reached);
            await scheduler.schedule(Promise.resolve(), `${port}.${method}`);
          };
          world.afterCall = ({ port, method }) =>
            scheduler.schedule(Promise.resolve(), `${port}.${method} done`);
          try {
            return await scheduler.waitFor(Promise.allSettled(starts.map((start) => start())));
          } finally {
            world.beforeCall = undefined;
            world.afterCall = undefined;
          }
        };
        await race.run(together, copies, seed);
      },
    ),
    { numRuns: runs },
  );
  return reached;
}

function trace(reached: Reached): void {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const { stack = '' } = new Error('where');
  Error.stackTraceLimit = before;
  for (const [, file, line] of stack.matchAll(/(functions\/[\w/-]+\.ts)[^:\s]*:(\d+):\d+/g)) {
    reached.add(`${file}:${line}`);
  }
}

/** So many of the same. */
export const times = <T>(copies: number, start: (copy: number) => Promise<T>): (() => Promise<T>)[] =>
  Array.from({ length: copies }, (_, copy) => () => start(copy));

/** What those that succeeded gave. */
export const fulfilled = <T>(results: readonly PromiseSettledResult<T>[]): T[] =>
  results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));

/** Every copy succeeds, or the race fails with the first fault. */
export function all<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return fulfilled(results);
}
