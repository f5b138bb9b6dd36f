import { type FeedRecord, SCHEMA } from '../records.ts';

/** Every verifier reads the feed every T, strongly consistent: it stays within one read unit of DynamoDB. */
export const FEED_MOST_BYTES = 4096;

/** A feed that nothing was written to yet. */
export const EMPTY_FEED: FeedRecord = { schema: SCHEMA, kind: 'feed', gen: 0, oldestGen: 1, entries: [] };

/** What the item holds beside the feed's own JSON: key, kind and generation, names included. */
const ITEM_OVERHEAD_BYTES = 64;

/** How large the feed is as an item, in bytes as DynamoDB counts them; keyIds are ASCII. */
export const feedBytes = (feed: FeedRecord): number => JSON.stringify(feed).length + ITEM_OVERHEAD_BYTES;

/**
 * The feed after one more transaction, which touches these keyIds: a generation later, the newest entry of each
 * keyId. Where it would not fit, the oldest generations go, each as a whole, and `oldestGen` tells whoever has not
 * seen them to read again; that may be the new generation itself.
 */
export function nextFeed(
  feed: FeedRecord,
  keyIds: readonly string[],
  mostBytes: number = FEED_MOST_BYTES,
): FeedRecord {
  const gen = feed.gen + 1;
  const touched = new Set(keyIds);
  const kept = feed.entries.filter((entry) => !touched.has(entry.keyId));
  let next: FeedRecord = {
    ...feed,
    gen,
    entries: [...kept, ...[...touched].map((keyId) => ({ keyId, gen }))],
  };
  while (next.entries.length > 0 && feedBytes(next) > mostBytes) {
    const dropped = Math.min(...next.entries.map((entry) => entry.gen));
    next = {
      ...next,
      oldestGen: dropped + 1,
      entries: next.entries.filter((entry) => entry.gen > dropped),
    };
  }
  return next;
}

/**
 * Up to which generation a record just read is known to be whole. `feed` is the newest one known when the read was
 * sent, so the record holds everything up to it; with two exceptions that only its own stamp can tell. A read may
 * have run ahead of the feed; and two plain reads may straddle a transaction, and see its feed before its record.
 */
export function tagOf(
  record: { readonly keyId: string; readonly feedGen?: number },
  feed: FeedRecord,
): number {
  const written = record.feedGen ?? 0;
  const entry = feed.entries.find(({ keyId }) => keyId === record.keyId);
  return entry !== undefined && written < entry.gen ? entry.gen - 1 : Math.max(feed.gen, written);
}

/**
 * Whether a record may be believed under this feed without another read: nothing newer than its tag names it, and
 * nothing newer than its tag has been dropped. An entry at the tag itself is one that the record already holds.
 */
export function usable(cached: { readonly keyId: string; readonly tag: number }, feed: FeedRecord): boolean {
  if (cached.tag < feed.oldestGen - 1) return false;
  return !feed.entries.some(({ keyId, gen }) => keyId === cached.keyId && gen > cached.tag);
}
