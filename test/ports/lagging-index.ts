import type { AuditRecord } from '#core/audit/entry.ts';
import type { Clock } from '#core/ports.ts';
import type { RegistryRecord } from '#core/records.ts';
import { saveMap, together } from './saved.ts';
import type { Restore } from './world.ts';

/** What index reads see: everything written so far, less what was written within the lag. */
export interface LaggingIndex {
  put(id: string, record: RegistryRecord): void;
  remove(id: string): void;
  log(record: AuditRecord): void;
  records(): RegistryRecord[];
  audit(): AuditRecord[];
  /** As it is now; see World.save. */
  save(): Restore;
}

/** DynamoDB's global indexes follow the table in the order of its writes, some time later. */
export function createLaggingIndex(clock: Clock, lagMs: () => number): LaggingIndex {
  const seen = new Map<string, RegistryRecord>();
  const audit: AuditRecord[] = [];
  const coming: { readonly at: number; readonly apply: () => void }[] = [];
  const later = (apply: () => void): void => {
    coming.push({ at: clock.monotonic(), apply });
  };
  const catchUp = (): void => {
    const horizon = clock.monotonic() - lagMs();
    const waiting = coming.findIndex(({ at }) => at > horizon);
    for (const { apply } of coming.splice(0, waiting < 0 ? coming.length : waiting)) apply();
  };
  return {
    put: (id, record) => later(() => seen.set(id, record)),
    remove: (id) => later(() => seen.delete(id)),
    log: (record) => later(() => audit.push(record)),
    records() {
      catchUp();
      return [...seen.values()];
    },
    audit() {
      catchUp();
      return [...audit];
    },
    save() {
      const then = [...coming];
      const told = audit.length;
      return together([
        saveMap(seen),
        () => {
          audit.length = told;
          coming.splice(0, coming.length, ...then);
        },
      ]);
    },
  };
}
