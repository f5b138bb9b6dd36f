import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedRecord } from '#core/records.ts';
import { EMPTY_FEED, FEED_MOST_BYTES, feedBytes, nextFeed, tagOf, usable } from '#core/token/feed.ts';

const keyArb = fc.constantFrom(...'abcdefgh');
const historyArb = fc.array(fc.uniqueArray(keyArb, { minLength: 1, maxLength: 4 }), { maxLength: 30 });
/** From nothing fits to all fits. */
const roomArb = fc.integer({ min: 120, max: 600 });

/** Every feed of a history, generation 0 first. */
function feedsOf(history: readonly (readonly string[])[], room?: number): FeedRecord[] {
  const feeds = [EMPTY_FEED];
  for (const touched of history) feeds.push(nextFeed(feeds.at(-1) as FeedRecord, touched, room));
  return feeds;
}

/** The model: the newest generation of the whole history, up to `gen`, that touched a keyId; 0 for none. */
const newestOf = (history: readonly (readonly string[])[], keyId: string, gen: number): number =>
  history.slice(0, gen).findLastIndex((touched) => touched.includes(keyId)) + 1;

describe('EMPTY_FEED', () => {
  it('is generation 0, and nothing was dropped before 1', () => {
    expect(EMPTY_FEED).toEqual({ schema: 1, kind: 'feed', gen: 0, oldestGen: 1, entries: [] });
  });
});

describe('nextFeed', () => {
  it('is one generation later, with the newest entry of each keyId, within its room', () => {
    fc.assert(
      fc.property(historyArb, roomArb, (history, room) => {
        for (const [gen, feed] of feedsOf(history, room).entries()) {
          expect(feed.gen).toBe(gen);
          expect(feed.oldestGen).toBeGreaterThanOrEqual(1);
          expect(feed.oldestGen).toBeLessThanOrEqual(gen + 1);
          if (feed.entries.length > 0) expect(feedBytes(feed)).toBeLessThanOrEqual(room);
          expect(new Set(feed.entries.map(({ keyId }) => keyId)).size).toBe(feed.entries.length);
          for (const entry of feed.entries) {
            expect(entry.gen).toBe(newestOf(history, entry.keyId, gen));
            expect(entry.gen).toBeGreaterThanOrEqual(feed.oldestGen);
          }
        }
      }),
    );
  });

  it('holds everything since its oldest generation', () => {
    fc.assert(
      fc.property(historyArb, roomArb, keyArb, (history, room, keyId) => {
        for (const [gen, feed] of feedsOf(history, room).entries()) {
          const newest = newestOf(history, keyId, gen);
          const entry = feed.entries.find((one) => one.keyId === keyId);
          if (newest >= feed.oldestGen) expect(entry).toEqual({ keyId, gen: newest });
          else expect(entry).toBeUndefined();
        }
      }),
    );
  });

  it('holds eighty keyIds in 4 KB, and drops whole generations beyond', () => {
    const keyId = (n: number): string => String(n).padStart(16, '0');
    const one = nextFeed(
      EMPTY_FEED,
      Array.from({ length: 80 }, (_, n) => keyId(n)),
    );
    expect(one.entries).toHaveLength(80);
    expect(one.oldestGen).toBe(1);
    const two = nextFeed(
      one,
      Array.from({ length: 40 }, (_, n) => keyId(100 + n)),
    );
    expect(two).toMatchObject({ gen: 2, oldestGen: 2 });
    expect(two.entries).toHaveLength(40);
    expect(feedBytes(two)).toBeLessThanOrEqual(FEED_MOST_BYTES);
  });

  it('fills its room to the last byte', () => {
    const whole = nextFeed(EMPTY_FEED, ['a', 'b']);
    const bytes = feedBytes(whole);
    expect(bytes).toBe(JSON.stringify(whole).length + 64);
    expect(nextFeed(EMPTY_FEED, ['a', 'b'], bytes)).toEqual(whole);
    expect(nextFeed(EMPTY_FEED, ['a', 'b'], bytes - 1).entries).toEqual([]);
  });

  it('drops even its own generation when that alone does not fit', () => {
    const feed = nextFeed(EMPTY_FEED, ['a', 'b'], 120);
    expect(feed).toMatchObject({ gen: 1, oldestGen: 2, entries: [] });
  });
});

describe('usable', () => {
  it('is never said of a record that an unlimited feed would call stale', () => {
    fc.assert(
      fc.property(historyArb, roomArb, keyArb, fc.nat(), fc.nat(), (history, room, keyId, read, seen) => {
        const feeds = feedsOf(history, room);
        const tag = read % feeds.length;
        const now = tag + (seen % (feeds.length - tag));
        const feed = feeds[now] as FeedRecord;
        if (usable({ keyId, tag }, feed)) expect(newestOf(history, keyId, now)).toBeLessThanOrEqual(tag);
      }),
      { numRuns: 2000 },
    );
  });

  it('is said of every fresh record while nothing was dropped', () => {
    fc.assert(
      fc.property(historyArb, keyArb, fc.nat(), fc.nat(), (history, keyId, read, seen) => {
        const feeds = feedsOf(history);
        const tag = read % feeds.length;
        const now = tag + (seen % (feeds.length - tag));
        expect(usable({ keyId, tag }, feeds[now] as FeedRecord)).toBe(newestOf(history, keyId, now) <= tag);
      }),
    );
  });

  it('is said of a record whose tag is the very generation of its entry', () => {
    const feed = nextFeed(EMPTY_FEED, ['a']);
    expect(usable({ keyId: 'a', tag: 1 }, feed)).toBe(true);
    expect(usable({ keyId: 'a', tag: 0 }, feed)).toBe(false);
    expect(usable({ keyId: 'b', tag: 0 }, feed)).toBe(true);
  });

  it('needs what the last dropped generation said, and no more', () => {
    const feed: FeedRecord = { ...EMPTY_FEED, gen: 9, oldestGen: 6, entries: [{ keyId: 'a', gen: 7 }] };
    expect(usable({ keyId: 'b', tag: 5 }, feed)).toBe(true);
    expect(usable({ keyId: 'b', tag: 4 }, feed)).toBe(false);
  });
});

describe('tagOf', () => {
  /**
   * A reader in the middle of a history: it knows the feed of `known`, and is given the record as of `held`, which
   * is normally at least as new; a torn read gives it one from before a transaction that its feed has seen.
   */
  it('never lets a record pass that lacks a change its feed, then or later, would tell of', () => {
    fc.assert(
      fc.property(
        historyArb,
        roomArb,
        keyArb,
        fc.nat(),
        fc.integer({ min: -1, max: 3 }),
        fc.nat(),
        (history, room, keyId, at, ahead, seen) => {
          const feeds = feedsOf(history, room);
          const known = at % feeds.length;
          const held = Math.min(feeds.length - 1, Math.max(0, known + ahead));
          const now = known + (seen % (feeds.length - known));
          const stamped = newestOf(history, keyId, held);
          const told = (feeds[known] as FeedRecord).entries.some((entry) => entry.keyId === keyId);
          // Torn by a transaction too large for its own feed entry cannot be told: a commit refuses such a change.
          fc.pre(ahead >= 0 || newestOf(history, keyId, known) === stamped || told);
          const record = { keyId, ...(stamped === 0 ? {} : { feedGen: stamped }) };
          const tag = tagOf(record, feeds[known] as FeedRecord);
          if (usable({ keyId, tag }, feeds[now] as FeedRecord)) {
            expect(newestOf(history, keyId, now)).toBeLessThanOrEqual(held);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['nothing ever touched it', undefined, 4],
    ['it holds its entry', 3, 4],
    ['it ran ahead of the feed', 6, 6],
    ['it is torn', 2, 2],
    ['it is torn and never stamped', undefined, 2],
  ])('where %s', (title, feedGen, expected) => {
    const entries = title === 'nothing ever touched it' ? [] : [{ keyId: 'a', gen: 3 }];
    const feed: FeedRecord = { ...EMPTY_FEED, gen: 4, entries };
    expect(tagOf({ keyId: 'a', ...(feedGen === undefined ? {} : { feedGen }) }, feed)).toBe(expected);
  });
});
