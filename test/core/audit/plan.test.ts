import { describe, expect, it } from 'vitest';
import { afterImage } from '#core/audit/after.ts';
import { append, emptyHead } from '#core/audit/chain.ts';
import type { AuditEntry } from '#core/audit/entry.ts';
import { planCommit } from '#core/audit/plan.ts';
import { CHANGE_MAX_ITEMS, type Change, create, type Write } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { EMPTY_FEED, nextFeed } from '#core/token/feed.ts';
import { ANN, intent, NOW, token, version } from '../builders.ts';

const entry: AuditEntry = { action: 'version.revoked', at: NOW, actor: ANN, tokenId: 'orders' };
const read = { head: emptyHead(4), feed: EMPTY_FEED, feedCopies: 1 };
const [one, two] = [version({ keyId: 'key1' }), version({ keyId: 'key2' })];
const gone: Write = { kind: 'delete', key: keys.version('key3'), expect: 2 };
const change = (part: Partial<Change>): Change => ({ writes: [], audit: [entry], feed: [], ...part });
const tokens = (count: number): Write[] =>
  Array.from({ length: count }, (_, n) => create(token({ tokenId: `t${n}` })));

describe('planCommit', () => {
  it('extends the chain and leaves the feed alone when no verifier is concerned', () => {
    const writes = [create(token()), create(one)];
    expect(planCommit(change({ writes }), read)).toEqual({
      writes,
      ...append([entry], emptyHead(4), writes.map(afterImage)),
    });
  });

  it('extends the feed, and stamps the versions that it tells of, no other', () => {
    const plan = planCommit(
      change({ writes: [create(token()), create(one), create(two), gone], feed: ['key1', 'key3'] }),
      { ...read, feed: nextFeed(EMPTY_FEED, ['other']) },
    );
    expect(plan.feed).toEqual(nextFeed(nextFeed(EMPTY_FEED, ['other']), ['key1', 'key3']));
    expect(plan.writes).toEqual([create(token()), create({ ...one, feedGen: 2 }), create(two), gone]);
    expect(plan.records[0]?.after).toEqual(plan.writes.map(afterImage));
  });

  it('tells what was written on the first record alone, and nothing where nothing was', () => {
    const two = planCommit(change({ writes: [create(token())], audit: [entry, entry] }), read);
    expect(two.records.map(({ after }) => after?.length)).toEqual([1, undefined]);
    expect(planCommit(change({}), read).records[0]).not.toHaveProperty('after');
  });

  it('stamps versions alone: an intent that names the same keyId is no version', () => {
    const writes = [create(one), create(intent({ keyId: 'key1' }))];
    expect(planCommit(change({ writes, feed: ['key1'] }), read).writes).toStrictEqual([
      create({ ...one, feedGen: 1 }),
      create(intent({ keyId: 'key1' })),
    ]);
  });

  it.each([
    ['the writes', change({ writes: tokens(CHANGE_MAX_ITEMS - 2) }), 1],
    ['the entries', change({ audit: [entry, ...Array.from({ length: 98 }, () => entry)] }), 1],
    ['the copies of the feed', change({ writes: [...tokens(93), create(one)], feed: ['key1'] }), 4],
  ])('counts %s, to a hundred', (_, full, feedCopies) => {
    expect(() => planCommit(full, { ...read, feedCopies })).not.toThrow();
    const over = { ...full, writes: [...full.writes, create(token({ tokenId: 'last' }))] };
    expect(() => planCommit(over, { ...read, feedCopies })).toThrow(
      expect.objectContaining({
        code: 'change-too-large',
        outcome: 'not-applied',
        retryable: false,
        message: '101 items; 100 fit',
      }),
    );
  });

  it('refuses more keyIds than the feed holds', () => {
    const versions = Array.from({ length: 96 }, (_, n) => version({ keyId: `${n}`.padStart(30, '0') }));
    const feed = versions.map(({ keyId }) => keyId);
    expect(() => planCommit(change({ writes: versions.map(create), feed }), read)).toThrow(
      expect.objectContaining({ code: 'change-too-large', message: expect.stringContaining('96 keyIds') }),
    );
  });

  it('refuses two writes of one item, whatever they are', () => {
    for (const again of [create(one), { kind: 'delete', key: keys.version('key1'), expect: 1 } as const]) {
      expect(() => planCommit(change({ writes: [create(one), again] }), read)).toThrow(
        expect.objectContaining({ code: 'duplicate-key', message: 'KEY#key1|KEY is written twice' }),
      );
    }
  });

  it('refuses to tell of a version that is not written', () => {
    expect(() => planCommit(change({ writes: [create(one)], feed: ['key1', 'key2'] }), read)).toThrow(
      expect.objectContaining({ code: 'feed-without-version', message: expect.stringContaining('key2') }),
    );
  });
});
