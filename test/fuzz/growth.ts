/** One piece of work on an input of a given size. */
export type Work = (size: number) => () => unknown;

/** How much dearer a byte became: 1 where time grows with the size, the size's own factor where it grows with its square. */
export interface Growth {
  readonly factor: number;
  /** At which size. */
  readonly size: number;
}

/** What a byte may cost more in much than in little; a square's cost grows by 16 from one size to the next but one. */
export const FACTOR_MOST = 12;

/** In UTF-16 units. Up to just below what a request's and a message's body may have; ×4, so that a square shows twice. */
const SIZES: readonly number[] = [1_024, 4_096, 16_384, 61_440, 245_760];

const REPEATS = 3;
const CONFIRMATIONS = 3;
/** Long enough for the timer's own steps not to matter; no bound on anything. */
const LEAST_MS = 0.2;

/** What takes so long is not repeated: next to it, whatever else the machine does is nothing. */
const LONG_MS = 50;

/** Milliseconds for one run: the shortest of a few, since whatever else the machine does only makes it longer. */
async function shortest(run: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    let count = 0;
    const began = performance.now();
    do {
      await run();
      count++;
    } while (performance.now() - began < LEAST_MS);
    best = Math.min(best, (performance.now() - began) / count);
    if (best > LONG_MS) break;
  }
  return best;
}

/** The most that a byte costs at any size, over the least that it costs at a smaller one; stops where that is too much. */
async function once(work: Work, sizes: readonly number[]): Promise<Growth> {
  let cheapest = Number.POSITIVE_INFINITY;
  let worst: Growth = { factor: 0, size: 0 };
  for (const size of sizes) {
    const perByte = (await shortest(work(size))) / size;
    const factor = cheapest === Number.POSITIVE_INFINITY ? 1 : perByte / cheapest;
    if (factor > worst.factor) worst = { factor, size };
    if (factor > FACTOR_MOST) break;
    cheapest = Math.min(cheapest, perByte);
  }
  return worst;
}

/**
 * How time grows with size, as a ratio within one run, so that a slow or busy machine changes nothing. What looks
 * too dear is measured again: only a growth that is there each time counts.
 */
export async function growthOf(work: Work, sizes: readonly number[] = SIZES): Promise<Growth> {
  let least = await once(work, sizes);
  for (let again = 1; least.factor > FACTOR_MOST && again < CONFIRMATIONS; again++) {
    const next = await once(work, sizes);
    if (next.factor < least.factor) least = next;
  }
  return least;
}
