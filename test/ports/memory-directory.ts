import type { Directory } from '#core/ports.ts';
import { saveMap } from './saved.ts';
import type { Restore, World } from './world.ts';

export interface MemoryDirectory extends Directory {
  /** Makes a role or user; made again under the same ARN it is another principal, as on AWS. Gives its unique id. */
  create(arn: string): string;
  remove(arn: string): void;
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

/** IAM in memory. */
export function createMemoryDirectory(world: World): MemoryDirectory {
  const ids = new Map<string, string>();
  let made = 0;
  return {
    uniqueIdOf: (arn) => world.call('directory', 'uniqueIdOf', [arn], async () => ids.get(arn)),
    create(arn) {
      made++;
      const id = `${arn.includes(':user/') ? 'AIDA' : 'AROA'}${String(made).padStart(17, '0')}`;
      ids.set(arn, id);
      return id;
    },
    remove: (arn) => {
      ids.delete(arn);
    },
    save() {
      const then = made;
      const restore = saveMap(ids);
      return () => {
        restore();
        made = then;
      };
    },
  };
}
