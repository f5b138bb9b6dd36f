/** One thing that is timed: `run` does it `size` times. */
export interface Subject {
  readonly size: number;
  run(): void | Promise<void>;
}

/** The times of one thing, round by round, in microseconds each. */
export type Times = readonly number[];

/** A number with its spread. */
export interface Middle {
  readonly value: number;
  /** First and third quartile. */
  readonly spread: readonly [number, number];
}

/**
 * Times several things in one process, round after round, each round in another order: whatever slows the machine
 * down for a while slows down all of them, and a ratio within a round says what no absolute time says.
 */
export async function race<K extends string>(
  subjects: Readonly<Record<K, Subject>>,
  rounds: number,
  warmUp: number,
): Promise<Readonly<Record<K, Times>>> {
  const names = Object.keys(subjects) as K[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = -warmUp; round < rounds; round++) {
    for (const index of names.keys()) {
      const name = names[(index + round + warmUp) % names.length] as K;
      const { size, run } = subjects[name];
      const began = process.hrtime.bigint();
      await run();
      const took = Number(process.hrtime.bigint() - began) / size / 1_000;
      if (round >= 0) times[name].push(took);
    }
  }
  return times;
}

/** The median of the ratios within each round. */
export const ratio = (of: Times, to: Times): Middle =>
  middle(of.map((time, round) => time / (to[round] ?? Number.NaN)));

/** Median and quartiles; not a number where there is nothing to take them of. */
export function middle(values: readonly number[]): Middle {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { value: at(0.5), spread: [at(0.25), at(0.75)] };
}
