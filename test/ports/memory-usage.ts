import type { Usage, UsageSink } from '#core/ports.ts';
import type { World } from './world.ts';

export interface MemoryUsage extends UsageSink {
  readonly sent: readonly Usage[];
}

/** The usage queue, as a list. */
export function createMemoryUsage(world: World): MemoryUsage {
  const sent: Usage[] = [];
  return {
    sent,
    send: (usages) =>
      world.call('usage', 'send', [usages], async () => {
        sent.push(...usages);
      }),
  };
}
