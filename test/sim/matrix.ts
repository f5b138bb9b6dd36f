import { doAll } from './crew.ts';
import type { Explored } from './explore.ts';
import { FLOWS } from './flows.ts';

/** What the whole matrix came to. */
export interface Matrix {
  readonly explored: readonly Explored[];
  /** Ways of 0, 1, 2, 3 faults. */
  readonly covered: readonly number[];
  readonly invocations: number;
  readonly seconds: number;
  /** `function call fault`, sorted. */
  readonly reached: readonly string[];
}

export interface MatrixOptions {
  /** Names of flows; all by default. */
  readonly flows?: readonly string[] | undefined;
  /** Fewer faults than the flows ask for. */
  readonly most?: number | undefined;
  /** More faults where a flow has them. */
  readonly deep?: boolean | undefined;
  readonly workers?: number | undefined;
  readonly told?: ((explored: Explored) => void) | undefined;
}

/** Explores flows on all cores, the longest first. */
export async function runMatrix(options: MatrixOptions = {}): Promise<Matrix> {
  const { flows = FLOWS.map(({ name }) => name), most, told, workers, deep = false } = options;
  const order = [...flows].sort((a, b) => weightOf(b) - weightOf(a));
  const explored: Explored[] = [];
  const began = performance.now();
  const hear = (done: Explored): boolean => {
    explored.push(done);
    told?.(done);
    return true;
  };
  await doAll(
    order.map((flow) => ({ flow, most, deep })),
    hear,
    { workers },
  );
  const sums: number[] = [];
  for (const { covered } of explored)
    for (const [faults, count] of covered.entries()) sums[faults] = (sums[faults] ?? 0) + count;
  return {
    explored,
    covered: sums,
    invocations: explored.reduce((sum, { invocations }) => sum + invocations, 0),
    seconds: (performance.now() - began) / 1000,
    reached: [...new Set(explored.flatMap(({ reached }) => [...reached]))].sort(),
  };
}

const weightOf = (name: string): number => {
  const flow = FLOWS.find((one) => one.name === name);
  return (flow?.faults ?? 0) * 100 + (flow?.items.length ?? 0);
};
