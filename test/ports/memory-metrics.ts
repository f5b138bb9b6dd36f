import type { Metrics } from '#core/ports.ts';
import { saveList, together } from './saved.ts';
import type { Restore } from './world.ts';

export interface MemoryMetrics extends Metrics {
  /** The sum of a count, over all its dimensions. */
  total(name: string): number;
  readonly counts: readonly { name: string; value: number; dimensions: Readonly<Record<string, string>> }[];
  readonly durations: readonly { name: string; value: number }[];
  /** As it is now; see World.save. */
  save(): Restore;
}

/** Metrics that can be read back. */
export function createMemoryMetrics(): MemoryMetrics {
  const counts: { name: string; value: number; dimensions: Readonly<Record<string, string>> }[] = [];
  const durations: { name: string; value: number }[] = [];
  return {
    counts,
    durations,
    save: () => together([saveList(counts), saveList(durations)]),
    count: (name, value = 1, dimensions = {}) => {
      counts.push({ name, value, dimensions });
    },
    milliseconds: (name, value) => {
      durations.push({ name, value });
    },
    total: (name) => counts.reduce((sum, count) => (count.name === name ? sum + count.value : sum), 0),
  };
}
