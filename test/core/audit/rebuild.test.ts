import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterImage, digestOf, itemOf, keyOfItem } from '#core/audit/after.ts';
import { append, emptyHead } from '#core/audit/chain.ts';
import type { AfterImage, AuditRecord } from '#core/audit/entry.ts';
import { compare, rebuild } from '#core/audit/rebuild.ts';
import { create, update, type Write } from '#core/change.ts';
import { keyOf, keys } from '#core/keys.ts';
import type { RegistryRecord } from '#core/records.ts';
import { ANN, DAY, HOUR, intent, MAC, NOW, token, version } from '../builders.ts';

const recordOf = (at: number, after: readonly AfterImage[]): AuditRecord =>
  append([{ action: 'token.warned', at, actor: ANN }], emptyHead(0), after).records[0] as AuditRecord;
const written = (at: number, ...writes: readonly Write[]): AuditRecord =>
  recordOf(at, writes.map(afterImage));
const stored = <R extends RegistryRecord>(record: R, rev: number): R => ({ ...record, rev });

describe('an after-image', () => {
  it('digests half of a character pair as what the table keeps of it', () => {
    const half = { ...token(), purpose: 'reads \ud800 prices' };
    expect(digestOf(half)).toBe(digestOf({ ...half, purpose: 'reads \ufffd prices' }));
    expect(digestOf({ ...half, purpose: 'reads \\ud800' })).not.toBe(
      digestOf({ ...half, purpose: 'reads \ufffd' }),
    );
  });

  it.each<[RegistryRecord, AfterImage['state']]>([
    [token(), { standing: 'active', class: 'managed', principal: token().fields.principal.arn }],
    [
      version({ keyId: 'key1' }),
      {
        state: 'current',
        suspended: false,
        tokenId: 'orders',
        expiresAt: expect.any(String) as unknown as string,
      },
    ],
    [intent(), { state: intent().state }],
    [
      { schema: 1, rev: 0, kind: 'pepper', version: 1, wrapped: 'x', createdAt: NOW, state: 'active' },
      { state: 'active' },
    ],
    [
      {
        schema: 1,
        rev: 0,
        kind: 'incident',
        incidentId: 'held:1',
        state: 'pending',
        openedAt: NOW,
        reason: '',
        held: [],
      },
      { state: 'pending' },
    ],
    [
      {
        schema: 1,
        rev: 0,
        kind: 'quarantine',
        userArn: 'arn:aws:iam::111122223333:user/ann',
        state: 'quiet',
        rung: 'suspend',
        incidentId: 'held:1',
        reason: '',
        openedAt: NOW,
        keyIds: [],
        attachedBefore: false,
        sessions: [],
        attempts: 0,
      },
      { state: 'quiet' },
    ],
    [{ schema: 1, rev: 0, kind: 'secret', secretArn: 'arn', tokenId: 'orders' }, undefined],
    [{ ...intent(), ttlSeconds: undefined } as unknown as RegistryRecord, { state: intent().state }],
    [
      { schema: 1, rev: 0, kind: 'breaker', scope: 'all', windowStart: 1, taken: 1, held: 0, ttlSeconds: 9 },
      undefined,
    ],
    [
      {
        schema: 1,
        rev: 0,
        kind: 'event',
        account: '1',
        eventId: 'e',
        at: NOW,
        outcome: 'none',
        ttlSeconds: 9,
      },
      undefined,
    ],
  ])('of $kind says which item, which revision, and what of its state', (record, state) => {
    const image = afterImage({ kind: 'put', record, expect: 3 });
    expect(image).toStrictEqual({
      item: itemOf(keyOf(record)),
      rev: 4,
      sha256: digestOf(stored(record, 4)),
      ...('ttlSeconds' in record && record.ttlSeconds !== undefined ? { ttlSeconds: record.ttlSeconds } : {}),
      ...(state === undefined ? {} : { state }),
    });
    expect(JSON.stringify(image)).not.toContain(MAC.value);
  });

  it('of a removal says that it is gone', () => {
    expect(afterImage({ kind: 'delete', key: keys.version('key3'), expect: 2 })).toEqual({
      item: 'KEY#key3|KEY',
      rev: 0,
    });
  });

  it('has the digest of the record as it comes back from JSON, in any order', () => {
    const record = { ...token(), nudge: undefined } as unknown as RegistryRecord;
    const back = JSON.parse(JSON.stringify(record)) as RegistryRecord;
    const turned = Object.fromEntries(Object.entries(back).reverse()) as unknown as RegistryRecord;
    expect(digestOf(turned)).toBe(digestOf(record));
    const link: RegistryRecord = { tokenId: 'a', schema: 1, secretArn: 'b', rev: 2, kind: 'secret' };
    const form = '{"kind":"secret","rev":2,"schema":1,"secretArn":"b","tokenId":"a"}';
    expect(digestOf(link)).toBe(createHash('sha256').update(form).digest('hex'));
  });
});

describe('the name of an item', () => {
  it.each([
    keys.token('orders'),
    keys.version('key1'),
    keys.intent('orders', 'v1'),
    keys.secret('arn:aws:secretsmanager:eu-west-1:1:secret:a'),
    keys.pepper(12),
    keys.request('arn:aws:iam::1:role/a', 'with|bar'),
    keys.event('1', 'e'),
    keys.profile('token:orders'),
    keys.habits('token:orders'),
    keys.breaker('all', 1),
    keys.incident('held:1'),
    keys.quarantine('arn:aws:iam::111122223333:user/ann'),
  ])('gives the key of $kind back', (key) => {
    expect(keyOfItem(itemOf(key))).toEqual(key);
    expect(keyOfItem(`x${itemOf(key)}`)).toBeUndefined();
    expect(keyOfItem(`${itemOf(key)}\n`)).toBeUndefined();
  });

  it.each(['FEED#0|FEED', 'AUDIT#001|HEAD', 'TOKEN#orders', ''])('is not "%s"', (item) => {
    expect(keyOfItem(item)).toBeUndefined();
  });
});

describe('a rebuild', () => {
  const [first, second] = [version({ keyId: 'key1' }), version({ keyId: 'key1', state: 'revoked' })];
  const log = [
    written(NOW, create(token()), create(first)),
    written(NOW + 1, update(stored(first, 1), second)),
    written(NOW + 2, create(intent())),
  ];
  const registry = [stored(token(), 1), stored(second, 2), stored(intent(), 1)];

  it('equals the registry that was written, in whatever order it is read', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(log, { minLength: 3 }), (some) => {
        const rebuilt = rebuild(some);
        expect(compare(rebuilt, registry, NOW)).toEqual([]);
        expect(rebuilt.get('KEY#key1|KEY')).toMatchObject({ rev: 2, state: { state: 'revoked' } });
        expect(rebuild(some.slice(1), rebuild(some.slice(0, 1)))).toEqual(rebuilt);
      }),
    );
  });

  it('takes the higher revision for the later one, whatever the clocks said', () => {
    const back = [
      written(NOW, create(first)),
      written(NOW - 5, update(stored(first, 1), second)),
      written(NOW - 9, { kind: 'delete', key: keys.version('key0'), expect: 1 }),
      written(NOW, create(version({ keyId: 'key0' }))),
    ];
    for (const some of [back, back.toReversed()]) {
      expect(rebuild(some).get('KEY#key1|KEY')).toMatchObject({ rev: 2 });
      expect(rebuild(some).get('KEY#key0|KEY')).toMatchObject({ rev: 1 });
    }
  });

  it('lets what is gone be gone, when its making is read last', () => {
    const gone = [
      written(NOW, create(first)),
      written(NOW + 1, { kind: 'delete', key: keys.version('key1'), expect: 1 }),
    ];
    expect(rebuild(gone.toReversed()).get('KEY#key1|KEY')).toMatchObject({ rev: 0 });
  });

  it('takes what is read last for the later, where an item goes in the very millisecond of its making', () => {
    const both = [
      written(NOW, create(first)),
      written(NOW, { kind: 'delete', key: keys.version('key1'), expect: 1 }),
    ];
    expect(rebuild(both).get('KEY#key1|KEY')).toMatchObject({ rev: 0 });
  });

  it('reads records that tell of no item, as those before after-images were kept', () => {
    const { after: _, ...bare } = written(NOW, create(first));
    expect(rebuild([bare]).size).toBe(0);
  });

  it('finds what is missing, what differs, and what the log never wrote', () => {
    const [one, , three] = registry as [RegistryRecord, RegistryRecord, RegistryRecord];
    const back = stored(first, 2);
    const planted = stored(version({ keyId: 'planted' }), 1);
    expect(compare(rebuild(log), [one, back, planted, three], NOW)).toEqual([
      { item: 'KEY#key1|KEY', reason: 'differs', logged: 2, stored: 2 },
      { item: 'KEY#planted|KEY', reason: 'unknown', stored: 1 },
    ]);
    expect(compare(rebuild(log), [one, three], NOW)).toEqual([
      { item: 'KEY#key1|KEY', reason: 'missing', logged: 2 },
    ]);
    expect(compare(rebuild(log), [one, stored(first, 1), three], NOW)).toEqual([
      { item: 'KEY#key1|KEY', reason: 'differs', logged: 2, stored: 1 },
    ]);
  });

  it('lets profiles and habits be, which are in no log', () => {
    const profile: RegistryRecord = {
      schema: 1,
      rev: 3,
      kind: 'profile',
      credential: 'token:orders',
      firstSeenAt: NOW,
      lastUsedAt: NOW,
      uses: 1,
      denials: 0,
      networks: {},
      ttlSeconds: 1,
    };
    const habits: RegistryRecord = {
      schema: 1,
      rev: 3,
      kind: 'habits',
      subject: 'token:orders',
      settledTo: NOW,
      habits: {},
      evidence: '[]',
      recent: '',
      ttlSeconds: 1,
    };
    expect(compare(rebuild(log), [...registry, profile, habits], NOW)).toEqual([]);
  });

  it('expects no item that was deleted, or whose time has passed', () => {
    const ending = { ...version({ keyId: 'key2' }), ttlSeconds: (NOW + HOUR) / 1000 };
    const rebuilt = rebuild([
      written(NOW, create(ending), create(first)),
      written(NOW + 1, { kind: 'delete', key: keys.version('key1'), expect: 1 }),
    ]);
    expect(compare(rebuilt, [], NOW + HOUR)).toEqual([]);
    expect(compare(rebuilt, [stored(ending, 1)], NOW + HOUR)).toEqual([]);
    expect(compare(rebuilt, [], NOW)).toEqual([{ item: 'KEY#key2|KEY', reason: 'missing', logged: 1 }]);
    expect(compare(rebuilt, [stored(ending, 1), stored(first, 1)], NOW)).toMatchObject([
      { reason: 'differs', logged: 0 },
    ]);
  });

  it('follows an item into its next life, after its time or after its removal', () => {
    const request = (at: number): RegistryRecord => ({
      schema: 1,
      rev: 0,
      kind: 'request',
      principal: 'p',
      idempotencyKey: 'k',
      tokenId: `t${at}`,
      keyId: 'key1',
      at,
      ttlSeconds: (at + HOUR) / 1000,
    });
    const [old, fresh] = [request(NOW), request(NOW + DAY)];
    const lives = [
      written(NOW, create(old)),
      written(NOW + 1, update(stored(old, 1), old)),
      written(NOW + DAY, create(fresh)),
    ];
    const removed = [
      written(NOW, create(first)),
      written(NOW + 1, { kind: 'delete', key: keys.version('key1'), expect: 1 }),
      written(NOW + 2, create(second)),
    ];
    for (const [some, record] of [
      [lives, stored(fresh, 1)],
      [removed, stored(second, 1)],
    ] as const) {
      expect(compare(rebuild(some), [record], NOW + DAY)).toEqual([]);
      expect(compare(rebuild(some.toReversed()), [record], NOW + DAY)).toEqual([]);
    }
  });
});
