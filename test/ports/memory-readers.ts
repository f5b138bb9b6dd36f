import type { ReaderBlock } from '#core/ports.ts';
import { saveList } from './saved.ts';
import type { Restore, World } from './world.ts';

export interface MemoryReaders extends ReaderBlock {
  /** Who was denied on which secret, oldest first. */
  readonly blocked: readonly { readonly secretArn: string; readonly principalArn: string }[];
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

/** Resource policies in memory: a denial is confirmed as soon as it is written. */
export function createMemoryReaders(world: World): MemoryReaders {
  const blocked: { secretArn: string; principalArn: string }[] = [];
  return {
    blocked,
    save: () => saveList(blocked),
    block: (secretArn, principalArn) =>
      world.call('readers', 'block', [secretArn, principalArn], async () => {
        blocked.push({ secretArn, principalArn });
        return true;
      }),
  };
}
