import type { FindingSink, Told } from '#core/response/asff.ts';
import { saveList } from './saved.ts';
import type { Restore, World } from './world.ts';

export interface MemoryFindings extends FindingSink {
  readonly told: readonly Told[];
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

/** Security Hub in memory. */
export function createMemoryFindings(world: World): MemoryFindings {
  const told: Told[] = [];
  return {
    told,
    save: () => saveList(told),
    tell: (one) =>
      world.call('findings', 'tell', [one], async () => {
        told.push(one);
      }),
  };
}
