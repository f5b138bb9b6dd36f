import { describe, expect, it } from 'vitest';
import { emptyHead, verifyChain } from '#core/audit/chain.ts';
import type { AuditEntry } from '#core/audit/entry.ts';
import { keyOfWrite, planCommit } from '#core/audit/plan.ts';
import { CHANGE_MAX_ITEMS, type Change, create, update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { VersionRecord } from '#core/records.ts';
import { EMPTY_FEED } from '#core/token/feed.ts';
import { ANN, NOW, token, version } from '../builders.ts';

const ENTRY: AuditEntry = { action: 'version.revoked', at: NOW, actor: ANN };
const READ = { head: emptyHead(4), feed: EMPTY_FEED, feedCopies: 2 };
const versions = (count: number): readonly VersionRecord[] =>
  Array.from({ length: count }, (_, at) => version({ keyId: `key${String(at).padStart(13, '0')}` }));
const change = (part: Partial<Change> = {}): Change => ({
  writes: [update(token(), token())],
  audit: [ENTRY],
  feed: [],
  ...part,
});

describe('planCommit', () => {
  it('extends the chain, and leaves the feed alone that it does not concern', () => {
    const plan = planCommit(change(), READ);
    expect(plan.writes).toEqual(change().writes);
    expect(plan).not.toHaveProperty('feed');
    expect(verifyChain(plan.records, plan.head)).toMatchObject({ ok: true, value: { count: 1 } });
  });

  it('stamps the versions that the feed tells of, and no others', () => {
    const [told, other] = [version(), version({ keyId: 'key0000000000002' })];
    const gone = { kind: 'delete', key: keys.token('old'), expect: 1 } as const;
    const plan = planCommit(
      change({
        writes: [update(told, told), create(other), update(token(), token()), gone],
        feed: [told.keyId],
      }),
      { ...READ, feed: { ...EMPTY_FEED, gen: 8 } },
    );
    expect(plan.feed).toMatchObject({ gen: 9, entries: [{ keyId: told.keyId, gen: 9 }] });
    expect(plan.writes).toEqual([
      { kind: 'put', record: { ...told, feedGen: 9 }, expect: 3 },
      create(other),
      update(token(), token()),
      gone,
    ]);
  });

  it('fills a transaction to the last item, the head and each copy of the feed counted', () => {
    const made = versions(CHANGE_MAX_ITEMS - 4);
    const full = change({ writes: made.map((one) => update(one, one)), feed: ['key0000000000000'] });
    expect(planCommit(full, READ).writes).toHaveLength(CHANGE_MAX_ITEMS - 4);
    expect(() => planCommit(full, { ...READ, feedCopies: 3 })).toThrow('101 items; 100 fit');
    const unfed = { ...full, feed: [] };
    expect(planCommit(unfed, { ...READ, feedCopies: 3 }).feed).toBeUndefined();
  });

  it('refuses more keyIds than the feed holds, as its generations grow long', () => {
    const made = versions(95);
    const told = change({
      writes: made.map((one) => update(one, one)),
      feed: made.map(({ keyId }) => keyId),
    });
    const late = { ...READ, feed: { ...EMPTY_FEED, gen: 999_999_999 } };
    expect(() => planCommit(told, late)).toThrow('the feed cannot hold 95 keyIds at once');
  });

  it.each<[string, Change]>([
    ['duplicate-key', change({ writes: [create(token()), update(token(), token())] })],
    ['feed-without-version', change({ feed: ['key0000000000001'] })],
  ])('refuses as %s what would not hold', (code, refused) => {
    const attempt = (): unknown => planCommit(refused, READ);
    expect(attempt).toThrow(expect.objectContaining({ code, outcome: 'not-applied', retryable: false }));
  });
});

describe('keyOfWrite', () => {
  it('is the key of what is put or deleted', () => {
    expect(keyOfWrite(create(token()))).toEqual(keys.token('orders'));
    expect(keyOfWrite({ kind: 'delete', key: keys.token('old'), expect: 1 })).toEqual(keys.token('old'));
  });
});
