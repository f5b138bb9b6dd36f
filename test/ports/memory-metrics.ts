import type { Metrics } from '#core/ports.ts';

export interface MemoryMetrics extends Metrics {
  /** The sum of a count, over all its dimensions. */
  total(name: string): number;
  readonly counts: readonly { name: string; value: number; dimensions: Readonly<Record<string, string>> }[];
  readonly durations: readonly { name: string; value: number }[];
}

/** Metrics that can be read back. */
export function createMemoryMetrics(): MemoryMetrics {
  const counts: { name: string; value: number; dimensions: Readonly<Record<string, string>> }[] = [];
  const durations: { name: string; value: number }[] = [];
  return {
    counts,
    durations,
    count: (name, value = 1, dimensions = {}) => {
      counts.push({ name, value, dimensions });
    },
    milliseconds: (name, value) => {
      durations.push({ name, value });
    },
    total: (name) => counts.reduce((sum, count) => (count.name === name ? sum + count.value : sum), 0),
  };
}
