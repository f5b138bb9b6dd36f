import type { Usage, UsageSink } from '#core/ports.ts';
import { saveList } from './saved.ts';
import type { Restore, World } from './world.ts';

export interface MemoryUsage extends UsageSink {
  readonly sent: readonly Usage[];
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

/** The usage queue, as a list. */
export function createMemoryUsage(world: World): MemoryUsage {
  const sent: Usage[] = [];
  return {
    sent,
    save: () => saveList(sent),
    send: (usages) =>
      world.call('usage', 'send', [usages], async () => {
        sent.push(...usages);
      }),
  };
}
