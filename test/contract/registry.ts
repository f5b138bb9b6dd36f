import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, itemOf } from '#core/audit/after.ts';
import { append, emptyHead, verifyChain } from '#core/audit/chain.ts';
import type { AuditEntry } from '#core/audit/entry.ts';
import { CHANGE_MAX_ITEMS, type Change, create, update, type Write } from '#core/change.ts';
import { keyOf, keys } from '#core/keys.ts';
import { type DueItem, PortError, type Registry } from '#core/ports.ts';
import type {
  IncidentRecord,
  ProfileRecord,
  QuarantineRecord,
  RecordKey,
  RecordKind,
  RegistryRecord,
  TokenRecord,
  VersionRecord,
} from '#core/records.ts';
import { dueShardOf } from '#core/storage.ts';
import { EMPTY_FEED, FEED_MOST_BYTES, feedBytes } from '#core/token/feed.ts';
import * as build from '../core/builders.ts';

/** A registry with nothing in it, and the hands of whoever runs its store. */
export interface RegistryRig {
  readonly registry: Registry;
  /** Another client of the same table, whose audit records all go to two chains. */
  readonly crowded: Registry;
  /** Stores a record as it is, whatever its schema. */
  plant(record: RegistryRecord): Promise<void>;
  /** The TTL that the store has of an item, in epoch seconds. */
  ttlOf(key: RecordKey): Promise<number | undefined>;
  stop(): Promise<void>;
}

const { NOW } = build;
const SOON = Math.floor(NOW / 1000) + 3_600;

const said = (part: Partial<AuditEntry> = {}): AuditEntry => ({
  action: 'token.warned',
  at: NOW,
  actor: { kind: 'system', id: 'sweep' },
  ...part,
});
const change = (writes: readonly Write[], part: Partial<Change> = {}): Change => ({
  writes,
  audit: [said()],
  feed: [],
  ...part,
});

const fresh = { rev: 0 };
const tokenOf = (tokenId: string, part: Partial<TokenRecord> = {}): TokenRecord =>
  build.token({ ...fresh, tokenId, ...part });
const versionOf = (keyId: string, part: Partial<VersionRecord> = {}): VersionRecord =>
  build.version({ ...fresh, keyId, ...part });
const profileOf = (credential: string, rev: number): ProfileRecord => ({
  schema: 1,
  kind: 'profile',
  rev,
  credential,
  firstSeenAt: NOW,
  lastUsedAt: NOW,
  uses: rev,
  denials: 0,
  networks: { '10.1.2.3': { first: NOW, last: NOW, count: 1 } },
  ttlSeconds: SOON,
});
const incidentOf = (incidentId: string, dueAt: number): IncidentRecord => ({
  schema: 1,
  kind: 'incident',
  rev: 0,
  incidentId,
  state: 'pending',
  openedAt: NOW,
  reason: 'budget spent',
  held: [{ tokenId: 'orders', signal: 'T0-3', eventId: 'e-1', rung: 'suspend' }],
  dueAt,
});

const quarantineOf = (userArn: string, dueAt: number): QuarantineRecord => ({
  schema: 1,
  kind: 'quarantine',
  rev: 0,
  userArn,
  state: 'quiet',
  rung: 'suspend',
  incidentId: 'INC-1',
  reason: 'a canary was touched',
  openedAt: NOW,
  settledAt: NOW,
  keyIds: ['AKIAIOSFODNN7EXAMPLE'],
  attachedBefore: false,
  sessions: ['arn:aws:sts::111122223333:assumed-role/ops/x'],
  attempts: 0,
  dueAt,
});

/** One record of each kind. */
const ONE_OF_EACH: { readonly [K in RecordKind]: Extract<RegistryRecord, { kind: K }> } = {
  token: tokenOf('orders', {
    suspension: { at: NOW, reason: 'why', incidentId: 'INC-1', actor: build.ANN, until: NOW + 1 },
    revocation: { at: NOW, reason: 'why', incidentId: 'INC-1', actor: build.ANN },
    versions: [build.ref()],
    reissue: { at: NOW, incidentId: 'INC-1', attempts: 1, pagedAt: NOW },
    removal: { at: NOW, suspendAt: NOW + 1, revokeAt: NOW + 2 },
    nudge: { at: NOW, count: 2 },
    reviewAt: NOW,
    dueAt: NOW,
  }),
  version: versionOf('key0000000000001', { feedGen: 3, dueAt: NOW, ttlSeconds: SOON }),
  intent: build.intent({ rev: 0, state: 'minted', keyId: 'key0000000000001', tokenMac: build.MAC }),
  secret: { schema: 1, kind: 'secret', rev: 0, secretArn: build.SECRET_ARN, tokenId: 'orders' },
  pepper: { schema: 1, kind: 'pepper', rev: 0, version: 1, wrapped: 'AAAA', createdAt: NOW, state: 'active' },
  request: {
    schema: 1,
    kind: 'request',
    rev: 0,
    principal: build.ROLE,
    idempotencyKey: 'once # only',
    tokenId: 'orders',
    keyId: 'key0000000000001',
    at: NOW,
    ttlSeconds: SOON,
  },
  event: {
    schema: 1,
    kind: 'event',
    rev: 0,
    account: '111122223333',
    eventId: 'e-1',
    at: NOW,
    outcome: 'T0-3:alert:alerted',
    state: 'decided',
    left: {
      rung: 'alert',
      outcome: 'alerted',
      cause: 'e-1',
      signal: 'T0-3',
      seen: 'a stranger read it',
      seenAt: NOW,
      tokenId: 'orders',
      page: { key: 'T0-3:orders', title: 'unbound reader', body: 'Seen', owner: 'team-orders' },
    },
    ttlSeconds: SOON,
  },
  profile: profileOf('key:key0000000000001', 0),
  habits: {
    schema: 1,
    kind: 'habits',
    rev: 0,
    subject: 'token:orders',
    settledTo: NOW,
    habits: { '': '{}' },
    evidence: '[]',
    recent: '{"t":[],"o":[]}',
    ttlSeconds: SOON,
  },
  breaker: {
    schema: 1,
    kind: 'breaker',
    rev: 0,
    scope: 'owner:team-orders',
    windowStart: NOW,
    taken: 1,
    held: 0,
    day: [{ credential: 'token:orders', at: NOW, network: '10.1.2.0/24', client: '' }],
    ttlSeconds: SOON,
  },
  incident: incidentOf('INC-1', NOW),
  quarantine: quarantineOf('arn:aws:iam::111122223333:user/ci', NOW),
};

const refusal = (code: string): object => ({ code, outcome: 'not-applied', retryable: false });
const conflictOf = (...records: readonly RegistryRecord[]): object => ({
  ok: false,
  error: { reason: 'conflict', keys: records.map(keyOf) },
});

/** What the registry promises, whoever keeps it: the same cases for the fake and for DynamoDB. */
export function registryContract(title: string, start: () => Promise<RegistryRig>): void {
  describe(title, () => {
    let rig: RegistryRig;
    let registry: Registry;
    beforeEach(async () => {
      rig = await start();
      registry = rig.registry;
    });
    afterEach(async () => {
      await rig.stop();
    });

    async function stored<R extends RegistryRecord>(record: R, part: Partial<Change> = {}): Promise<R> {
      const committed = await registry.commit(change([create(record)], part));
      expect(committed).toMatchObject({ ok: true });
      return (await registry.get(keyOf(record))) as R;
    }
    const feedGen = async (): Promise<number> => (await registry.feed()).gen;
    async function everyChain(): Promise<number> {
      let count = 0;
      for (const head of await registry.shardHeads()) {
        const chain = verifyChain(await registry.auditShard(head.shard, 1, 1_000), head);
        expect(chain).toMatchObject({ ok: true });
        count += chain.ok ? chain.value.count : 0;
      }
      return count;
    }

    describe('reading', () => {
      it.each(Object.values(ONE_OF_EACH))(
        'gives a $kind back as it was stored, at revision 1',
        async (record) => {
          expect(await registry.get(keyOf(record))).toBeUndefined();
          await stored(record);
          expect(await registry.get(keyOf(record))).toEqual({ ...record, rev: 1 });
        },
      );

      it('gives many by key: each once, in the order asked for, absent ones left out', async () => {
        const tokens = ['a', 'b', 'c'].map((id) => tokenOf(id));
        await registry.commit(change(tokens.map(create)));
        const wanted = ['c', 'nobody', 'a', 'c'].map((id) => keys.token(id));
        expect((await registry.getMany(wanted)).map(({ tokenId }) => tokenId)).toEqual(['c', 'a']);
        expect(await registry.getMany([])).toEqual([]);
      });

      it('takes 100 keys at once, and no more', async () => {
        const wanted = Array.from({ length: 101 }, (_, n) => keys.token(`t${n}`));
        expect(await registry.getMany(wanted.slice(0, 100))).toEqual([]);
        await expect(registry.getMany(wanted)).rejects.toMatchObject(refusal('too-many-keys'));
      });
    });

    describe('conditional writes', () => {
      it('stores the revision after the one expected, whatever the record says', async () => {
        const read = await stored(tokenOf('orders'));
        await registry.commit(change([update(read, { ...read, rev: 99, owner: 'team-two' })]));
        expect(await registry.get(keyOf(read))).toEqual({ ...read, rev: 2, owner: 'team-two' });
      });

      it('creates no item twice', async () => {
        const first = await stored(tokenOf('orders'));
        const again = tokenOf('orders', { owner: 'intruder' });
        expect(await registry.commit(change([create(again)]))).toEqual(conflictOf(again));
        expect(await registry.get(keyOf(first))).toEqual(first);
      });

      it('updates nothing that has moved since it was read', async () => {
        const read = await stored(tokenOf('orders'));
        await registry.commit(change([update(read, { ...read, owner: 'first' })]));
        const late = await registry.commit(change([update(read, { ...read, owner: 'second' })]));
        expect(late).toEqual(conflictOf(read));
        expect(await registry.get(keyOf(read))).toMatchObject({ owner: 'first', rev: 2 });
      });

      it('updates nothing that is not there', async () => {
        const gone = tokenOf('orders', { rev: 4 });
        expect(await registry.commit(change([update(gone, gone)]))).toEqual(conflictOf(gone));
      });

      it('deletes what was read, and lets it be created again at revision 1', async () => {
        const read = await stored(tokenOf('orders'));
        await registry.commit(change([update(read, read)]));
        const stale: Write = { kind: 'delete', key: keyOf(read), expect: 1 };
        expect(await registry.commit(change([stale]))).toEqual(conflictOf(read));
        expect(await registry.commit(change([{ ...stale, expect: 2 }]))).toMatchObject({ ok: true });
        expect(await registry.get(keyOf(read))).toBeUndefined();
        expect(await stored(tokenOf('orders'))).toMatchObject({ rev: 1 });
      });

      it('names every write that had moved, and no other; and applies none', async () => {
        const [moved, there] = [await stored(tokenOf('moved')), await stored(tokenOf('there'))];
        await registry.commit(change([update(moved, moved)]));
        const before = { feed: await feedGen(), records: await everyChain() };
        const missed = versionOf('key1');
        const result = await registry.commit(
          change([update(moved, moved), update(there, { ...there, owner: 'x' }), create(missed)], {
            feed: ['key1'],
          }),
        );
        expect(result).toEqual(conflictOf(moved));
        expect(await registry.get(keyOf(there))).toEqual(there);
        expect(await registry.get(keyOf(missed))).toBeUndefined();
        expect({ feed: await feedGen(), records: await everyChain() }).toEqual(before);
        const both = await registry.commit(change([update(moved, moved), create(missed), create(there)]));
        expect(both).toEqual(conflictOf(moved, there));
      });

      it('lets exactly one of many at once have its way', async () => {
        const read = await stored(tokenOf('orders'));
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, n) =>
            registry.commit(change([update(read, { ...read, owner: `team-${n}` })])),
          ),
        );
        expect(results.filter(({ ok }) => ok)).toHaveLength(1);
        expect(results.filter(({ ok }) => !ok)).toEqual(Array.from({ length: 7 }, () => conflictOf(read)));
        expect(await registry.get(keyOf(read))).toMatchObject({ rev: 2 });
      });

      it('refuses two writes of one item', async () => {
        const write = create(tokenOf('orders'));
        await expect(registry.commit(change([write, write]))).rejects.toMatchObject(refusal('duplicate-key'));
        expect(await registry.get(keyOf(tokenOf('orders')))).toBeUndefined();
      });
    });

    describe('audit', () => {
      it('cannot be left out', () => {
        // @ts-expect-error a change without audit is no change
        const silent: Change = { writes: [create(tokenOf('orders'))], audit: [], feed: [] };
        expect(silent.audit).toHaveLength(0);
      });

      it('is empty at first', async () => {
        expect(await registry.shardHeads()).toEqual([]);
        expect(await registry.auditShard(0, 1, 10)).toEqual([]);
      });

      it('keeps one record for each entry, chained, as the commit gave it', async () => {
        const entries = [
          said({ tokenId: 'orders', reason: 'a\nb', details: { list: ['x'], n: 1, b: true } }),
          said(),
        ];
        const committed = await registry.commit(
          change([], { audit: entries as [AuditEntry, ...AuditEntry[]] }),
        );
        if (!committed.ok) throw new Error('the commit was refused');
        const { records } = committed.value;
        const shard = records[0]?.shard ?? -1;
        expect(records).toEqual(append(entries, emptyHead(shard)).records);
        expect(await registry.auditShard(shard, 1, 10)).toEqual(records);
        const last = records.at(-1);
        expect(await registry.shardHeads()).toEqual([{ shard, seq: last?.seq, hash: last?.hash }]);
      });

      it('tells what a change wrote by the digest of what is read back', async () => {
        const written = [create(tokenOf('orders')), create(versionOf('key1', { ttlSeconds: SOON }))];
        const committed = await registry.commit(change(written, { feed: ['key1'] }));
        if (!committed.ok) throw new Error('the commit was refused');
        const [record] = committed.value.records;
        const stored = [await registry.get(keys.token('orders')), await registry.get(keys.version('key1'))];
        expect(record?.after?.map(({ item, rev, sha256 }) => [item, rev, sha256])).toEqual(
          stored.map((item) => item && [itemOf(keyOf(item)), 1, digestOf(item)]),
        );
        expect(await registry.auditShard(record?.shard ?? -1, 1, 1)).toEqual([record]);
      });

      it('grows without gaps under commits that meet in the same chains', async () => {
        const before = await registry.commit(change([]));
        expect(before.ok).toBe(true);
        const results = await Promise.all(
          Array.from({ length: 12 }, (_, n) =>
            (n % 2 === 0 ? rig.crowded : registry).commit(
              change([create(tokenOf(`t${n}`))], { audit: [said({ tokenId: `t${n}` }), said()] }),
            ),
          ),
        );
        expect(results.every(({ ok }) => ok)).toBe(true);
        expect(await everyChain()).toBe(25);
        const heads = await registry.shardHeads();
        expect(heads.map(({ shard }) => shard)).toEqual(
          heads.map(({ shard }) => shard).toSorted((a, b) => a - b),
        );
      });

      it('gives a part of a chain', async () => {
        for (let n = 0; n < 6; n++) await rig.crowded.commit(change([], { audit: [said(), said(), said()] }));
        const [head] = await registry.shardHeads();
        const shard = head?.shard ?? -1;
        const some = await registry.auditShard(shard, 2, 2);
        expect(some.map(({ seq }) => seq)).toEqual([2, 3]);
        expect(await registry.auditShard(shard, (head?.seq ?? 0) + 1, 10)).toEqual([]);
      });

      it('tells of one token, and of one incident, oldest first', async () => {
        for (const [n, tokenId] of ['b', 'a', 'b', 'c', 'b'].entries()) {
          await registry.commit(
            change([], {
              audit: [said({ tokenId, at: NOW + n, ...(n > 2 ? { incidentId: 'INC-5' } : {}) })],
            }),
          );
        }
        const times = async (subject: { tokenId: string } | { incidentId: string }): Promise<number[]> =>
          (await registry.auditOf(subject)).items.map(({ at }) => Date.parse(at) - NOW);
        expect(await times({ tokenId: 'b' })).toEqual([0, 2, 4]);
        expect(await times({ incidentId: 'INC-5' })).toEqual([3, 4]);
        expect(await times({ tokenId: 'nobody' })).toEqual([]);
      });

      it('tells of one token page by page, each record once', async () => {
        for (let n = 0; n < 3; n++) {
          const audit = Array.from({ length: 80 }, (_, at) =>
            said({ tokenId: 'orders', at: NOW + n * 80 + at }),
          );
          await registry.commit(change([], { audit: audit as [AuditEntry, ...AuditEntry[]] }));
        }
        const first = await registry.auditOf({ tokenId: 'orders' });
        const second = await registry.auditOf({ tokenId: 'orders' }, first.cursor);
        const third = await registry.auditOf({ tokenId: 'orders' }, second.cursor);
        const times = [first, second, third].flatMap(({ items }) =>
          items.map(({ at }) => Date.parse(at) - NOW),
        );
        expect(times).toEqual(Array.from({ length: 240 }, (_, n) => n));
        expect(third.cursor).toBeUndefined();
      });
    });

    describe('feed', () => {
      it('is empty before anything was told', async () => {
        expect(await registry.feed()).toEqual(EMPTY_FEED);
        const committed = await registry.commit(change([create(versionOf('key1'))]));
        expect(committed).toMatchObject({ ok: true });
        expect(committed.ok && 'feedGeneration' in committed.value).toBe(false);
        expect(await registry.feed()).toEqual(EMPTY_FEED);
        expect(await registry.get(keys.version('key1'))).not.toHaveProperty('feedGen');
      });

      it('tells of a change, and stamps the version with the generation that does', async () => {
        const read = await stored(versionOf('key1'));
        const committed = await registry.commit(
          change([update(read, { ...read, state: 'revoked' })], { feed: ['key1'] }),
        );
        expect(committed).toMatchObject({ ok: true, value: { feedGeneration: 1 } });
        expect(await registry.feed()).toEqual({
          ...EMPTY_FEED,
          gen: 1,
          entries: [{ keyId: 'key1', gen: 1 }],
        });
        expect(await registry.get(keys.version('key1'))).toMatchObject({ state: 'revoked', feedGen: 1 });
      });

      it('keeps the newest entry of a keyId, and stamps only what it tells of', async () => {
        const one = await stored(versionOf('key1'), { feed: ['key1'] });
        await stored(versionOf('key2'), { feed: ['key2'] });
        await registry.commit(change([update(one, one), create(versionOf('key3'))], { feed: ['key1'] }));
        expect((await registry.feed()).entries).toEqual([
          { keyId: 'key2', gen: 2 },
          { keyId: 'key1', gen: 3 },
        ]);
        expect(await registry.get(keys.version('key3'))).not.toHaveProperty('feedGen');
      });

      it('goes up by one for each of many changes at once, and loses none', async () => {
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, n) =>
            registry.commit(change([create(versionOf(`key${n}`))], { feed: [`key${n}`] })),
          ),
        );
        const generations = results.map((result) => (result.ok ? (result.value.feedGeneration ?? 0) : 0));
        expect(generations.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
        const { entries } = await registry.feed();
        expect(new Map(entries.map(({ keyId, gen }) => [keyId, gen]))).toEqual(
          new Map(generations.map((gen, n) => [`key${n}`, gen])),
        );
      });

      it('stays within its room, and says from which generation on it is whole', async () => {
        for (let gen = 0; gen < 5; gen++) {
          const ids = Array.from(
            { length: 30 },
            (_, n) => `${gen}`.padEnd(14, 'x') + String(n).padStart(2, '0'),
          );
          await registry.commit(
            change(
              ids.map((id) => create(versionOf(id))),
              { feed: ids },
            ),
          );
        }
        const feed = await registry.feed();
        expect(feed).toMatchObject({ gen: 5, oldestGen: 3 });
        expect(feed.entries).toHaveLength(90);
        expect(feedBytes(feed)).toBeLessThanOrEqual(FEED_MOST_BYTES);
      });

      it('tells of no version that the change does not write', async () => {
        const silent = change([create(tokenOf('orders'))], { feed: ['key1'] });
        await expect(registry.commit(silent)).rejects.toMatchObject(refusal('feed-without-version'));
        expect(await registry.feed()).toEqual(EMPTY_FEED);
      });
    });

    describe('limits', () => {
      const many = (count: number): Write[] =>
        Array.from({ length: count }, (_, n) => create(tokenOf(`t${String(n).padStart(3, '0')}`)));

      it('takes a change of 100 items in all, and no more', async () => {
        const most = CHANGE_MAX_ITEMS - 2;
        await expect(registry.commit(change(many(most + 1)))).rejects.toMatchObject(
          refusal('change-too-large'),
        );
        expect(await registry.get(keys.token('t000'))).toBeUndefined();
        expect(await registry.commit(change(many(most)))).toMatchObject({ ok: true });
      });

      it('counts the feed too', async () => {
        const full = [...many(CHANGE_MAX_ITEMS - 3), create(versionOf('key1'))];
        const told = registry.commit(change(full, { feed: ['key1'] }));
        await expect(told).rejects.toMatchObject(refusal('change-too-large'));
      });

      it('refuses an item of more than 400 KB, and all that comes with it', async () => {
        const writes = [
          create(tokenOf('small')),
          create(tokenOf('large', { purpose: 'x'.repeat(410 * 1024) })),
        ];
        await expect(registry.commit(change(writes))).rejects.toMatchObject({ outcome: 'not-applied' });
        expect(await registry.get(keys.token('small'))).toBeUndefined();
        expect(await everyChain()).toBe(0);
      });

      it('refuses to store what no reader would take back', async () => {
        const odd = { ...tokenOf('orders'), standing: 'asleep' } as unknown as TokenRecord;
        const committed = registry.commit(change([create(odd)]));
        await expect(committed).rejects.toMatchObject(refusal('bad-item'));
        await expect(registry.remember({ ...profileOf('key:x', 0), uses: -1 })).rejects.toThrow(PortError);
      });
    });

    describe('time', () => {
      it.each(['version', 'request', 'event', 'profile', 'breaker'] as const)(
        'gives a %s its TTL',
        async (kind) => {
          await stored(ONE_OF_EACH[kind]);
          expect(await rig.ttlOf(keyOf(ONE_OF_EACH[kind]))).toBe(SOON);
        },
      );

      it('gives no TTL to what must stay', async () => {
        const { ttlSeconds: _, ...lasting } = ONE_OF_EACH.version;
        await stored(lasting);
        expect(await rig.ttlOf(keyOf(lasting))).toBeUndefined();
        await stored(ONE_OF_EACH.token);
        expect(await rig.ttlOf(keyOf(ONE_OF_EACH.token))).toBeUndefined();
      });

      const allDue = async (now: number, limit = 100): Promise<DueItem[]> => {
        const found: DueItem[] = [];
        for (let shard = 0; shard < 16; shard++) found.push(...(await registry.due(shard, now, limit)));
        return found.toSorted((a, b) => a.dueAt - b.dueAt);
      };

      it('finds what is due, with its key, in its own partition', async () => {
        const records = [
          tokenOf('orders', { dueAt: NOW + 1 }),
          versionOf('key1', { dueAt: NOW + 2 }),
          build.intent({ rev: 0, tokenId: 'other', versionId: 'v#1', dueAt: NOW + 3 }),
          incidentOf('INC-1', NOW + 4),
          quarantineOf('arn:aws:iam::111122223333:user/team#1/ci', NOW + 5),
          { ...ONE_OF_EACH.event, eventId: 'e-1#token#1', dueAt: NOW + 6 },
        ];
        await registry.commit(
          change([...records, tokenOf('never'), tokenOf('later', { dueAt: NOW + 9 })].map(create)),
        );
        expect(await allDue(NOW + 6)).toEqual(
          records.map((record, n) => ({ key: keyOf(record), dueAt: NOW + 1 + n })),
        );
        expect(await allDue(NOW + 3)).toHaveLength(3);
        const shard = dueShardOf(keys.version('key1').pk);
        expect(await registry.due(shard, NOW + 4, 100)).toContainEqual({
          key: keys.version('key1'),
          dueAt: NOW + 2,
        });
      });

      it('gives the earliest first, and as many as asked for', async () => {
        const token = (n: number): TokenRecord => tokenOf(`t${n}`, { dueAt: NOW - n });
        const ids = Array.from({ length: 90 }, (_, n) => n);
        await registry.commit(change(ids.map((n) => create(token(n)))));
        const shard = dueShardOf(keys.token('t0').pk);
        const expected = ids
          .filter((n) => dueShardOf(keys.token(`t${n}`).pk) === shard)
          .map((n) => NOW - n)
          .toReversed();
        const times = async (limit: number): Promise<number[]> =>
          (await registry.due(shard, NOW, limit)).map(({ dueAt }) => dueAt);
        expect(await times(100)).toEqual(expected);
        expect(await times(2)).toEqual(expected.slice(0, 2));
      });

      it('forgets what is no longer due, and moves what is due later', async () => {
        const [once, moved] = [
          await stored(tokenOf('once', { dueAt: NOW })),
          await stored(tokenOf('moved', { dueAt: NOW })),
        ];
        const { dueAt: _, ...never } = once;
        await registry.commit(change([update(once, never), update(moved, { ...moved, dueAt: NOW + 5 })]));
        expect(await allDue(NOW)).toEqual([]);
        expect(await allDue(NOW + 5)).toEqual([{ key: keys.token('moved'), dueAt: NOW + 5 }]);
      });
    });

    describe('listing', () => {
      it("gives a token's open intents, the newest first, at most twenty", async () => {
        const states = ['begun', 'minted', 'set', 'finished', 'aborted'] as const;
        const intents = Array.from({ length: 60 }, (_, n) => {
          const state = states[n % states.length] ?? 'begun';
          return build.intent({ rev: 0, versionId: `v${n}`, startedAt: NOW + ((n * 7) % 60), state });
        });
        const foreign = build.intent({ rev: 0, tokenId: 'orders-2' });
        await registry.commit(change([...intents, foreign, tokenOf('orders')].map(create)));
        const open = intents.filter(({ state }) => state !== 'finished' && state !== 'aborted');
        const expected = open.map(({ startedAt }) => startedAt).toSorted((a, b) => b - a);
        expect((await registry.intents('orders')).map(({ startedAt }) => startedAt)).toEqual(
          expected.slice(0, 20),
        );
        expect(await registry.intents('orders-2')).toHaveLength(1);
        expect(await registry.intents('nobody')).toEqual([]);
      });

      const of = (arn: string, tokenId: string): TokenRecord =>
        tokenOf(tokenId, { fields: { ...build.token().fields, tokenId, principal: { arn } } });

      it('gives tokens by principal, or all', async () => {
        const [ann, bob] = ['arn:aws:iam::111122223333:role/ann', 'external:bob'];
        await registry.commit(
          change([of(ann, 'a1'), of(bob, 'b1'), of(ann, 'a2'), versionOf('key1')].map(create)),
        );
        const ids = async (filter: { principal?: string }): Promise<string[]> =>
          (await registry.tokens(filter)).items.map(({ tokenId }) => tokenId).toSorted();
        expect(await ids({ principal: ann })).toEqual(['a1', 'a2']);
        expect(await ids({ principal: bob })).toEqual(['b1']);
        expect(await ids({ principal: 'external:nobody' })).toEqual([]);
        expect(await ids({})).toEqual(['a1', 'a2', 'b1']);
      });

      it.each(['by principal', 'in all'])('gives tokens page by page, %s, each once', async (how) => {
        const filter = how === 'in all' ? {} : { principal: 'external:big' };
        const ids = Array.from({ length: 150 }, (_, n) => `t${String(n).padStart(3, '0')}`);
        for (let start = 0; start < 150; start += 75) {
          await registry.commit(
            change(ids.slice(start, start + 75).map((id) => create(of('external:big', id)))),
          );
        }
        const found: string[] = [];
        let cursor: string | undefined;
        let pages = 0;
        do {
          const page = await registry.tokens(filter, cursor);
          found.push(...page.items.map(({ tokenId }) => tokenId));
          cursor = page.cursor;
          pages++;
        } while (cursor !== undefined && pages < 10);
        expect(found.toSorted()).toEqual(ids);
        expect(pages).toBeGreaterThan(1);
      });

      it('refuses a cursor that it did not give', async () => {
        await expect(registry.tokens({}, '%%%')).rejects.toMatchObject(refusal('bad-cursor'));
        await expect(registry.auditOf({ tokenId: 'x' }, '%%%')).rejects.toMatchObject(refusal('bad-cursor'));
      });
    });

    describe('remembering', () => {
      it('stores telemetry without an audit record, for whoever read last', async () => {
        expect(await registry.remember(profileOf('key:a', 0))).toBe(true);
        expect(await registry.remember(profileOf('key:a', 0))).toBe(false);
        expect(await registry.remember(profileOf('key:a', 1))).toBe(true);
        expect(await registry.remember(profileOf('key:a', 1))).toBe(false);
        expect(await registry.get(keys.profile('key:a'))).toEqual({ ...profileOf('key:a', 2), uses: 1 });
        expect(await registry.remember(profileOf('key:b', 3))).toBe(false);
        expect(await registry.shardHeads()).toEqual([]);
      });
    });

    describe('unknown layouts', () => {
      it('refuses a schema that it does not know, wherever it meets it', async () => {
        const newer = { ...tokenOf('newer'), schema: 2 } as unknown as TokenRecord;
        await rig.plant(newer);
        await expect(registry.get(keys.token('newer'))).rejects.toMatchObject(refusal('unknown-schema'));
        await expect(registry.getMany([keys.token('newer')])).rejects.toMatchObject(
          refusal('unknown-schema'),
        );
      });

      it('refuses an item that is not as it must be', async () => {
        const { state: _, ...odd } = versionOf('key1');
        await rig.plant(odd as unknown as VersionRecord);
        await expect(registry.get(keys.version('key1'))).rejects.toMatchObject(refusal('bad-item'));
      });

      it('keeps what a later release may add', async () => {
        const later = { ...versionOf('key1'), note: 'from a later release' };
        await rig.plant(later);
        expect(await registry.get(keys.version('key1'))).toMatchObject({ note: 'from a later release' });
      });
    });
  });
}
