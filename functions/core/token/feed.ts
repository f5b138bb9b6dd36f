import { type FeedRecord, SCHEMA } from '../records.ts';

/** The feed is read by every verifier every T: it stays within one read unit. */
export const FEED_MOST_BYTES = 4096;

/** A feed that nothing was written to yet. */
export const EMPTY_FEED: FeedRecord = { schema: SCHEMA, kind: 'feed', gen: 0, oldestGen: 1, entries: [] };

/**
 * The feed after one more transaction that touches these keyIds: a generation later, one entry a keyId (its newest),
 * the oldest generations dropped as a whole where it would not fit. Whoever knows nothing newer than a dropped
 * generation must read again: `oldestGen` tells them.
 */
export function nextFeed(feed: FeedRecord, keyIds: readonly string[], mostBytes: number = FEED_MOST_BYTES): FeedRecord {
  const gen = feed.gen + 1;
  const touched = new Set(keyIds);
  let entries = [
    ...feed.entries.filter((entry) => !touched.has(entry.keyId)),
    ...[...touched].map((keyId) => ({ keyId, gen })),
  ];
  let { oldestGen } = feed;
  while (entries.length > 0 && bytesOf(entries) > mostBytes) {
    const dropped = Math.min(...entries.map((entry) => entry.gen));
    entries = entries.filter((entry) => entry.gen > dropped);
    oldestGen = dropped + 1;
  }
  return { schema: SCHEMA, kind: 'feed', gen, oldestGen, entries };
}

const bytesOf = (entries: FeedRecord['entries']): number => JSON.stringify(entries).length + 128;
