import { CHANGE_MAX_ITEMS, type Change, keyOfWrite, type Write } from '../change.ts';
import { PortError } from '../ports.ts';
import type { FeedRecord, RegistryRecord } from '../records.ts';
import { nextFeed } from '../token/feed.ts';
import { afterImage } from './after.ts';
import { append } from './chain.ts';
import type { AuditRecord, ShardHead } from './entry.ts';

/** What one transaction stores, all of it or nothing. */
export interface CommitPlan {
  /** The change's own writes, versions stamped with the feed generation that tells of them. */
  readonly writes: readonly Write[];
  readonly records: readonly AuditRecord[];
  readonly head: ShardHead;
  /** Absent where the change concerns no verifier. */
  readonly feed?: FeedRecord;
}

/**
 * A change on top of a shard's head and of the feed, both as just read.
 *
 * @throws PortError `change-too-large`: more items than a transaction takes, or more keyIds than the feed holds.
 * @throws PortError `duplicate-key`: two writes of one item.
 * @throws PortError `feed-without-version`: a keyId in the feed whose version the change does not write. Its record
 * would never carry the stamp that verifiers wait for.
 */
export function planCommit(
  change: Change,
  read: { readonly head: ShardHead; readonly feed: FeedRecord; readonly feedCopies: number },
): CommitPlan {
  const copies = change.feed.length === 0 ? 0 : read.feedCopies;
  const count = change.writes.length + change.audit.length + 1 + copies;
  if (count > CHANGE_MAX_ITEMS) throw refused('change-too-large', `${count} items; ${CHANGE_MAX_ITEMS} fit`);
  const written = change.writes.map(idOf);
  const twice = written.find((id, index) => written.indexOf(id) !== index);
  if (twice !== undefined) throw refused('duplicate-key', `${twice} is written twice`);
  const recorded = (writes: readonly Write[]): Pick<CommitPlan, 'writes' | 'records' | 'head'> => ({
    writes,
    ...append(change.audit, read.head, writes.map(afterImage)),
  });
  if (copies === 0) return recorded(change.writes);

  const unwritten = change.feed.find((keyId) => !written.includes(`KEY#${keyId}|KEY`));
  if (unwritten !== undefined) {
    throw refused(
      'feed-without-version',
      `the feed is to tell of ${unwritten}, which the change does not write`,
    );
  }
  const feed = nextFeed(read.feed, change.feed);
  if (feed.oldestGen > feed.gen) {
    throw refused('change-too-large', `the feed cannot hold ${change.feed.length} keyIds at once`);
  }
  return { ...recorded(change.writes.map((write) => stamped(write, change, feed.gen))), feed };
}

function idOf(write: Write): string {
  const { pk, sk } = keyOfWrite(write);
  return `${pk}|${sk}`;
}

function stamped(write: Write, change: Change, feedGen: number): Write {
  if (write.kind === 'delete') return write;
  return { ...write, record: withGeneration(write.record, change.feed, feedGen) };
}

function withGeneration(record: RegistryRecord, told: readonly string[], feedGen: number): RegistryRecord {
  return record.kind === 'version' && told.includes(record.keyId) ? { ...record, feedGen } : record;
}

const refused = (code: string, message: string): PortError =>
  new PortError(code, { outcome: 'not-applied', retryable: false, message });
