import type { Pager } from '#core/ports.ts';
import { saveList } from './saved.ts';
import type { Restore, World } from './world.ts';

export interface Page {
  readonly key: string;
  readonly title: string;
  readonly body: string;
}

export interface MemoryPager extends Pager {
  readonly pages: readonly Page[];
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

/** A pager that keeps its pages. */
export function createMemoryPager(world: World): MemoryPager {
  const pages: Page[] = [];
  return {
    pages,
    save: () => saveList(pages),
    page: (page) =>
      world.call('pager', 'page', [page], async () => {
        pages.push({ ...page });
      }),
  };
}
