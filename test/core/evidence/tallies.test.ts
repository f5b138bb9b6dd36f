import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tallyRecords } from '#core/evidence/activity.ts';
import { tallyTokens } from '#core/evidence/inventory.ts';
import type { TokenRecord } from '#core/records.ts';
import { DAY, HOUR, NOW, ref, secretless, token } from '#test/core/builders.ts';
import { activityOf, inventoryOf, RECORDS, TOKENS } from '#test/report/facts.ts';

describe('the inventory', () => {
  it('counts what is there', () => {
    expect(inventoryOf(TOKENS)).toMatchObject({
      tokens: 2,
      byStanding: { active: 2 },
      byClass: { managed: 1, 'return-once': 1 },
      liveVersions: 3,
      owners: 1,
      scopesMost: 1,
      scopesMean: 1,
      suspended: 0,
      unaccounted: { count: 0, first: [] },
    });
    expect(inventoryOf([])).toMatchObject({ tokens: 0, scopesMean: 0 });
    expect(inventoryOf([token({ standing: 'suspended' })])).toMatchObject({ suspended: 1 });
  });

  it.each([
    ['unaccounted', token({ owner: ' ' })],
    ['unaccounted', token({ purpose: '' })],
    ['unaccounted', token({ changeReference: '' })],
    ['unaccounted', token({ approver: 'TEAM-orders' })],
    [
      'unbounded',
      secretless({
        versions: [ref({ expiresAt: NOW + 91 * DAY })],
        policy: { ...token().policy, hardMaxMs: 1e15 },
      }),
    ],
    ['overdue', token({ versions: [ref({ createdAt: NOW - 4 * DAY - 1 })] })],
    ['undead', token({ standing: 'revoked', versions: [ref({ state: 'retiring' })] })],
    ['undead', token({ standing: 'revoked', cancelling: { at: NOW - 2 * HOUR, attempts: 3 } })],
    ['unresolved', token({ fields: { ...token().fields, principal: { arn: 'arn:aws:iam::1:role/x' } } })],
    ['wildcards', token({ fields: { ...token().fields, scopes: ['a', 'b:*'] } })],
    ['unreviewed', token({ reviewAt: NOW - HOUR - 1 })],
  ] as const)('names a token that is %s', (group, bad) => {
    expect(inventoryOf([...TOKENS, bad])[group]).toEqual({ count: 1, first: [bad.tokenId] });
  });

  it.each([
    token({ versions: [ref({ state: 'expired', expiresAt: NOW + 400 * DAY })] }),
    token({ standing: 'suspended', versions: [ref({ createdAt: NOW - 9 * DAY, expiresAt: NOW - 5 * DAY })] }),
    token({
      standing: 'revoked',
      versions: [ref({ state: 'revoked' })],
      cancelling: { at: NOW, attempts: 1 },
    }),
    token({
      standing: 'revoked',
      fields: { ...token().fields, principal: { arn: 'arn:aws:iam::1:role/x' } },
    }),
    token({ fields: { ...token().fields, principal: { arn: 'external:acme' } } }),
    token({ reviewAt: NOW - HOUR }),
    token({ standing: 'suspended', reviewAt: NOW - DAY }),
    token({ versions: [ref({ createdAt: NOW - 4 * DAY, expiresAt: NOW })] }),
    secretless({ versions: [ref({ createdAt: NOW - 5 * DAY, expiresAt: NOW - DAY })] }),
  ])('takes no offence at %#', (fine) => {
    const { unaccounted, unbounded, overdue, undead, unresolved, wildcards, unreviewed } = inventoryOf([
      fine,
    ]);
    const all = [unaccounted, unbounded, overdue, undead, unresolved, wildcards, unreviewed];
    expect(all.map(({ count }) => count)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('counts a token as overdue, unbounded or unreviewed only past its bound', () => {
    const { hardMaxMs } = token().policy;
    const made = (createdAt: number, expiresAt = createdAt + hardMaxMs) =>
      token({ versions: [ref({ createdAt, expiresAt })] });
    const count = (one: TokenRecord) => {
      const { overdue, unbounded } = inventoryOf([one]);
      return [overdue.count, unbounded.count];
    };
    expect(count(made(NOW - hardMaxMs))).toEqual([0, 0]);
    expect(count(made(NOW - hardMaxMs - 1))).toEqual([1, 0]);
    expect(count(made(NOW, NOW + hardMaxMs + 1))).toEqual([0, 1]);
    expect(count(made(NOW - 9 * DAY, NOW + DAY))).toEqual([1, 1]);
  });

  it.each([
    ['return-once', 90 * DAY],
    ['ephemeral', HOUR],
  ] as const)('bounds a %s token by its class’s limit', (kind, most) => {
    const lives = (ms: number) =>
      inventoryOf([
        token({
          class: kind,
          policy: { ...token().policy, hardMaxMs: 1e15 },
          versions: [ref({ createdAt: NOW, expiresAt: NOW + ms })],
        }),
      ]).unbounded.count;
    expect([lives(most), lives(most + 1)]).toEqual([0, 1]);
  });

  it('tells a revoked token’s cancelling from one that takes too long', () => {
    const revoked = (agoMs: number) =>
      inventoryOf([
        token({
          standing: 'revoked',
          versions: [ref({ state: 'revoked' })],
          cancelling: { at: NOW - agoMs, attempts: 1 },
        }),
      ]).undead.count;
    expect([revoked(HOUR), revoked(HOUR + 1)]).toEqual([0, 1]);
  });

  it('gives scopes to two places, and the most of them', () => {
    const scoped = (count: number) =>
      token({ fields: { ...token().fields, scopes: Array.from({ length: count }, (_, nth) => `s:${nth}`) } });
    expect(inventoryOf([scoped(1), scoped(4), scoped(2)])).toMatchObject({ scopesMost: 4, scopesMean: 2.33 });
  });

  it('takes a version that retires for neither the age nor the end of its token', () => {
    const old = ref({ state: 'retiring', createdAt: NOW - 9 * DAY, expiresAt: NOW + HOUR });
    const { ages, overdue } = inventoryOf([token({ versions: [ref({ createdAt: NOW }), old] })]);
    expect(ages).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(overdue.count).toBe(0);
  });

  it('steps lags by hours, and sees none where nothing rotates by schedule', () => {
    const rotated = (lagMs: number, policy = token().policy) =>
      token({
        policy,
        versions: [
          ref({ createdAt: NOW }),
          ref({ state: 'retiring', createdAt: NOW - policy.rotationIntervalMs - lagMs }),
        ],
      });
    expect(inventoryOf([2 * HOUR, 7 * HOUR].map((lag) => rotated(lag))).lags).toEqual([0, 0, 1, 0, 1, 0]);
    const never = { ...token().policy, rotationIntervalMs: 0 };
    expect(inventoryOf([rotated(DAY, never)]).lags).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('names the first twenty and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, at) => token({ tokenId: `t-${at}`, owner: '' }));
    const { unaccounted } = inventoryOf(many);
    expect(unaccounted.count).toBe(30);
    expect(unaccounted.first).toHaveLength(20);
  });

  it('puts ages into tenths of the hard maximum, and lags into steps', () => {
    const aged = (ageMs: number) => token({ versions: [ref({ createdAt: NOW - ageMs })] });
    const { ages } = inventoryOf([0, 4 * DAY * 0.15, 4 * DAY, 9 * DAY, -HOUR].map(aged));
    expect(ages).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    const rotated = (lagMs: number) =>
      token({
        versions: [ref({ createdAt: NOW }), ref({ state: 'retiring', createdAt: NOW - DAY - lagMs })],
      });
    const { lags } = inventoryOf([-HOUR, 0, 15 * 60_000, 15 * 60_001, 5 * HOUR, 25 * HOUR].map(rotated));
    expect(lags).toEqual([3, 1, 0, 1, 0, 1]);
  });

  it('has a digest that any change of what it reads changes', () => {
    const { digest } = inventoryOf(TOKENS);
    expect(inventoryOf(TOKENS).digest).toBe(digest);
    const { fields, policy } = token();
    for (const part of [
      { tokenId: 'x' },
      { rev: 8 },
      { class: 'ephemeral' },
      { owner: 'x' },
      { approver: 'x' },
      { purpose: 'y' },
      { changeReference: 'z' },
      { standing: 'suspended' },
      { policy: { ...policy, hardMaxMs: 1 } },
      { versions: [] },
      { fields: { ...fields, principal: { arn: 'external:x' } } },
      { fields: { ...fields, scopes: ['x'] } },
      { fields: { ...fields, audience: 'x' } },
      { fields: { ...fields, networks: ['198.51.100.0/24'] } },
    ] as const) {
      expect(inventoryOf([token({ ...TOKENS[0], ...part }), ...TOKENS.slice(1)]).digest).not.toBe(digest);
    }
    const tally = tallyTokens(NOW);
    tally.add(token());
    expect(tally.result().digest).toBe(tally.result().digest);
  });
});

describe('the activity', () => {
  it('is the same in whatever order records come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...RECORDS], { minLength: RECORDS.length }), (shuffled) => {
        expect({ ...activityOf(shuffled), byAction: undefined }).toEqual({
          ...activityOf(RECORDS),
          byAction: undefined,
        });
      }),
      { numRuns: 20 },
    );
    expect(activityOf(RECORDS)).toMatchObject({
      records: 6,
      reissues: [1_500],
      reissuesOpen: 0,
      responses: { done: 1 },
    });
  });

  it.each([
    { at: '2026-11-24T08:00:00Z' },
    { at: '-2026-11-24T08:00:00.000Z' },
    { at: '2026-11-24T08:00:00.000Z ' },
    { actor: { kind: '', id: 'ann' } },
    { action: 'token.vanished' },
    { actor: { kind: 'iam', id: '' } },
    { seq: 0 },
    { hash: '' },
  ])('counts a record with %j as malformed', (part) => {
    const [first, ...rest] = RECORDS;
    expect(activityOf([{ ...first, ...part } as (typeof RECORDS)[number], ...rest]).malformed).toBe(1);
  });

  it('counts records by action, those without an image and decisions by outcome', () => {
    expect(activityOf(RECORDS)).toMatchObject({
      from: NOW - 30 * DAY,
      to: NOW,
      truncated: false,
      malformed: 0,
      imageless: 0,
      uncaused: 0,
      byAction: {
        'token.registered': 1,
        'rotation.begun': 1,
        'version.promoted': 1,
        'response.decided': 1,
        'token.reissue-requested': 1,
        'token.reissue-completed': 1,
      },
    });
    expect(activityOf([...RECORDS, ...RECORDS])).toMatchObject({
      records: 12,
      byAction: { 'rotation.begun': 2 },
      responses: { done: 2 },
      reissues: [1_500],
    });
    const bare = RECORDS.map(({ after: _, ...record }) => record);
    expect(activityOf(bare).imageless).toBe(1);
  });

  it.each([
    ['no cause', { cause: undefined }],
    ['no incident', { incidentId: undefined }],
  ])('counts a decision with %s as uncaused, and no other record', (_what, part) => {
    expect(activityOf(RECORDS.map((record) => ({ ...record, ...part }) as never)).uncaused).toBe(1);
  });

  it('keeps a hundred thousand reissues in mind, and tells ten thousand times', () => {
    const tally = tallyRecords(NOW - DAY, NOW);
    const [asked, done] = ['token.reissue-requested', 'token.reissue-completed'].map((action) =>
      RECORDS.find((record) => record.action === action),
    );
    if (asked === undefined || done === undefined) throw new Error('nothing is reissued');
    for (let nth = 0; nth <= 100_000; nth++) tally.add({ ...asked, tokenId: `t-${nth}` });
    expect(tally.result(false).reissuesOpen).toBe(100_000);
    for (let nth = 0; nth <= 10_000; nth++) tally.add({ ...done, tokenId: `t-${nth}` });
    expect(tally.result(false).reissues).toHaveLength(10_000);
  });

  it('takes a successor that seems older than its order for one without delay', () => {
    const early = RECORDS.map((record) =>
      record.action === 'token.reissue-completed'
        ? { ...record, at: new Date(NOW - 2 * HOUR).toISOString() }
        : record,
    );
    expect(activityOf(early).reissues).toEqual([0]);
  });

  it('keeps the reissues of tokens and of incidents apart', () => {
    const other = (part: object) =>
      RECORDS.flatMap((record) =>
        record.action === 'token.reissue-completed' ? [{ ...record, ...part } as never] : [record],
      );
    expect(activityOf(other({ tokenId: 'else' }))).toMatchObject({ reissues: [], reissuesOpen: 1 });
    expect(activityOf(other({ incidentId: 'INC-9' }))).toMatchObject({ reissues: [], reissuesOpen: 1 });
  });

  it('waits for a reissue for its minute, and then counts it as open', () => {
    const asked = (agoMs: number) =>
      RECORDS.flatMap((record) =>
        record.action === 'token.reissue-requested'
          ? [{ ...record, at: new Date(NOW - agoMs).toISOString() }]
          : record.action === 'token.reissue-completed'
            ? []
            : [record],
      );
    expect(activityOf(asked(60_000))).toMatchObject({ reissues: [], reissuesOpen: 0 });
    expect(activityOf(asked(60_001))).toMatchObject({ reissues: [], reissuesOpen: 1 });
  });

  it('sorts the times of reissues', () => {
    const again = RECORDS.flatMap((record) =>
      record.action.startsWith('token.reissue') ? [{ ...record, incidentId: 'INC-2' }] : [],
    );
    const later = again.map((record) =>
      record.action === 'token.reissue-completed'
        ? { ...record, at: new Date(Date.parse(record.at) - 1_000).toISOString() }
        : record,
    );
    expect(activityOf([...RECORDS, ...later]).reissues).toEqual([500, 1_500]);
  });

  it('tells a response that names no outcome, event or incident', () => {
    const bare = RECORDS.map(({ details: _d, incidentId: _i, ...record }) => record);
    expect(activityOf(bare)).toMatchObject({ uncaused: 1, responses: { unknown: 1 } });
    expect(tallyRecords(0, NOW).result(true)).toMatchObject({ records: 0, truncated: true });
  });
});
