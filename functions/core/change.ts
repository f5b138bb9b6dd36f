import type { AuditEntry } from './audit/entry.ts';
import { keyOf } from './keys.ts';
import type { RecordKey, RegistryRecord } from './records.ts';

/**
 * One conditional write. A put stores `record` with `rev = expect + 1` (whatever `record.rev` says) and demands
 * that the stored revision is `expect`; `expect: 0` demands that there is none.
 */
export type Write =
  | { readonly kind: 'put'; readonly record: RegistryRecord; readonly expect: number }
  | { readonly kind: 'delete'; readonly key: RecordKey; readonly expect: number };

/**
 * A change of state: everything in it happens in one transaction, with its audit records, or nothing does.
 * No audit, no change (AC-2(4), AU-5). `feed` names each keyId whose verification this narrows, restores or
 * re-times; a version written in the same change is stamped with that feed generation.
 */
export interface Change {
  readonly writes: readonly Write[];
  readonly audit: readonly [AuditEntry, ...AuditEntry[]];
  readonly feed: readonly string[];
}

/** Writes an item for the first time. */
export const create = (record: RegistryRecord): Write => ({ kind: 'put', record, expect: 0 });

/** Replaces an item, provided that nobody has since it was read. */
export const update = <R extends RegistryRecord>(read: R, next: R): Write => ({
  kind: 'put',
  record: next,
  expect: read.rev,
});

/** The key that a write is about. */
export const keyOfWrite = (write: Write): RecordKey =>
  write.kind === 'put' ? keyOf(write.record) : write.key;

/** How many items one transaction may hold, head, feed and audit included (DynamoDB: 100). */
export const CHANGE_MAX_ITEMS = 100;
