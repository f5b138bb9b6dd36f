import { describe, expect, it } from 'vitest';
import type { BreakerRecord, IncidentRecord } from '#core/records.ts';
import type { Candidate } from '#core/response/breaker.ts';
import {
  type BreakerFacts,
  breakerOf,
  heldIncidentIds,
  hold,
  scopesOf,
  spend,
} from '#core/response/budget.ts';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { DAY, MINUTE, NOW } from '../builders.ts';

const candidate = (part: Partial<Candidate> = {}): Candidate => ({
  credential: 'token:orders',
  owner: 'team-orders',
  at: NOW + 4 * MINUTE,
  signal: 'T0-4',
  network: '203.0.113.0/24',
  client: 'curl',
  ...part,
});
const breaker = (scope: string, taken: number): BreakerRecord => ({
  schema: 1,
  kind: 'breaker',
  rev: 5,
  scope,
  windowStart: NOW,
  taken,
  held: 2,
  ttlSeconds: 1,
});
const seen = (n: number, part: object = {}): NonNullable<BreakerRecord['day']>[number] => ({
  credential: `token:svc-${n}`,
  at: NOW,
  network: '203.0.113.0/24',
  client: '',
  ...part,
});
const day = (...all: NonNullable<BreakerRecord['day']>): BreakerRecord => ({
  ...breaker('cause', 0),
  day: all,
});
const facts = (part: Partial<BreakerFacts> = {}, taken = 0): BreakerFacts => ({
  budgets: [
    { scope: 'signal:T0-4', limit: 3, reason: 'budget', read: undefined },
    {
      scope: 'owner:team-orders',
      limit: 3,
      reason: 'owner-budget',
      read: breaker('owner:team-orders', taken),
    },
  ],
  day: undefined,
  incidents: [],
  ...part,
});

describe('what an action draws on', () => {
  it('its signal’s budget and its owner’s', () => {
    expect(scopesOf(candidate(), DEFAULT_POLICY)).toEqual([
      { scope: 'signal:T0-4', limit: 3, reason: 'budget' },
      { scope: 'owner:team-orders', limit: 3, reason: 'owner-budget' },
    ]);
  });

  it('a share of the active credentials, where that is more; an owner’s are not counted here', () => {
    const limits = scopesOf(candidate(), { ...DEFAULT_POLICY, active: 200 }).map(({ limit }) => limit);
    expect(limits).toEqual([10, 3]);
  });

  it('habits together', () => {
    expect(scopesOf(candidate({ signal: 'B5', owner: '' }), DEFAULT_POLICY)).toEqual([
      { scope: 'signal:habits', limit: 3, reason: 'budget' },
    ]);
  });

  it('nothing, for a canary', () => {
    const bait = candidate({ signal: 'T0-1' });
    expect(scopesOf(bait, DEFAULT_POLICY)).toEqual([]);
    expect(spend(bait, facts(), 'taken', DEFAULT_POLICY)).toEqual([]);
    const spent = facts({ day: day(seen(1), seen(2), seen(3), seen(4)) }, 9);
    expect(breakerOf(bait, spent, DEFAULT_POLICY)).toBeUndefined();
  });
});

describe('breakerOf', () => {
  it.each<[string, BreakerFacts, unknown]>([
    ['the first', facts(), undefined],
    ['within the budget', facts({}, 2), undefined],
    ['over the owner’s budget', facts({}, 3), { reason: 'owner-budget', cause: '' }],
    [
      'the fourth from one network',
      facts({ day: day(seen(1), seen(2), seen(3)) }),
      {
        reason: 'common-cause',
        cause: '203.0.113.0/24',
      },
    ],
    ['the third from one network', facts({ day: day(seen(1), seen(2)) }), undefined],
    [
      'one token that is stolen again and again',
      facts({ day: day(seen(1), seen(2), seen(9, { credential: 'token:orders' })) }),
      undefined,
    ],
    [
      'the fourth, the first of them more than a day ago',
      facts({ day: day(seen(1, { at: NOW - DAY }), seen(2), seen(3)) }),
      undefined,
    ],
  ])('%s', (_what, read, expected) => {
    expect(breakerOf(candidate(), read, DEFAULT_POLICY)).toEqual(expected);
  });
});

describe('spend', () => {
  it.each(['taken', 'held'] as const)('counts what is %s, once for each scope', (what) => {
    const one = { taken: what === 'taken' ? 1 : 0, held: what === 'held' ? 1 : 0 };
    expect(spend(candidate(), facts({}, 1), what, DEFAULT_POLICY)).toMatchObject([
      { expect: 0, record: { scope: 'signal:T0-4', windowStart: NOW, ...one } },
      { expect: 5, record: { scope: 'owner:team-orders', taken: 1 + one.taken, held: 2 + one.held } },
      {
        expect: 0,
        record: {
          scope: 'cause',
          windowStart: 0,
          ...one,
          day: [
            { credential: 'token:orders', at: NOW + 4 * MINUTE, network: '203.0.113.0/24', client: 'curl' },
          ],
          ttlSeconds: (NOW + 4 * MINUTE) / 1000 + 7 * 24 * 3_600,
        },
      },
    ]);
  });

  it('keeps the last 64 of a day', () => {
    const full = day(...Array.from({ length: 64 }, (_, n) => seen(n)));
    const write = spend(candidate(), facts({ day: full }), 'taken', DEFAULT_POLICY).at(-1);
    if (write?.kind !== 'put' || write.record.kind !== 'breaker') throw new Error('no breaker');
    expect(write.expect).toBe(5);
    expect(write.record.day).toHaveLength(64);
    expect(write.record.day?.[0]?.credential).toBe('token:svc-1');
  });
});

describe('hold', () => {
  const item = { tokenId: 'orders', signal: 'T0-4', eventId: 'event-1', rung: 'reissue', why: 'budget' };
  const other = (n: number): IncidentRecord['held'][number] => ({ ...item, tokenId: `token-${n}` });
  const at = NOW + 4 * MINUTE;
  const incident = (part: Partial<IncidentRecord> = {}): IncidentRecord => ({
    schema: 1,
    kind: 'incident',
    rev: 4,
    incidentId: `held:${NOW}`,
    state: 'pending',
    openedAt: NOW,
    reason: 'automatic actions exceeded their budget, or had one cause',
    held: [],
    dueAt: NOW,
    ...part,
  });

  /** Where something is filed: the window's own incident, and one beside it. */
  const filed = (
    own?: IncidentRecord,
    beside?: IncidentRecord,
    tokenId = 'orders',
    policy = { ...DEFAULT_POLICY, active: 1_000 },
  ): BreakerFacts['incidents'] => {
    const reads = [own, beside];
    return heldIncidentIds(tokenId, at, policy).map((incidentId, n) => ({ incidentId, read: reads[n] }));
  };
  const full = { held: Array.from({ length: 64 }, (_, n) => other(n)) };
  const settled = { state: 'applied' as const };

  it('opens the window’s incident, which pages in a quarter of an hour', () => {
    const { write, incidentId } = hold(item, filed(), DEFAULT_POLICY, at);
    expect(incidentId).toBe(`held:${NOW}`);
    expect(write).toEqual({
      kind: 'put',
      expect: 0,
      record: { ...incident({ rev: 0, openedAt: at, held: [item], dueAt: at + 15 * MINUTE }) },
    });
  });

  it.each([
    ['with room', [other(1), { ...item, eventId: 'event-0' }], [other(1), item]],
    ['that is full', [...full.held.slice(1), { ...item, eventId: 'event-0' }], [...full.held.slice(1), item]],
  ])('collects a window in one %s, a token once', (_what, held, expected) => {
    expect(hold(item, filed(incident({ held })), DEFAULT_POLICY, at)).toMatchObject({
      incidentId: `held:${NOW}`,
      write: { expect: 4, record: { held: expected } },
    });
  });

  it.each([
    ['is full', full],
    ['was settled', settled],
  ])('goes into one beside it when the window’s %s, the same for every event of a token', (_what, part) => {
    const opened = hold(item, filed(incident(part)), DEFAULT_POLICY, at);
    expect(opened.incidentId).toMatch(/^held:\d+:\d+$/);
    expect(opened.write).toMatchObject({
      expect: 0,
      record: { incidentId: opened.incidentId, state: 'pending', held: [item] },
    });
    const beside = incident({ incidentId: opened.incidentId, held: [other(1), item] });
    const later = { ...item, eventId: 'event-2' };
    expect(hold(later, filed(incident(part), beside), DEFAULT_POLICY, at)).toMatchObject({
      incidentId: opened.incidentId,
      write: { expect: 4, record: { held: [other(1), later] } },
    });
  });

  it.each([
    ['is full', full],
    ['was settled', settled],
  ])('goes into an incident of its own when that %s too', (_what, part) => {
    const { write, incidentId } = hold(item, filed(incident(part), incident(part)), DEFAULT_POLICY, at);
    expect(incidentId).toMatch(/^held:\d+:[a-z0-9]+$/);
    expect(incidentId.length).toBeLessThanOrEqual(64);
    expect(write).toMatchObject({ expect: 0, record: { incidentId, state: 'pending', held: [item] } });
    const another = { ...item, tokenId: 'x' };
    expect(hold(another, filed(incident(part), incident(part)), DEFAULT_POLICY, at).incidentId).not.toBe(
      incidentId,
    );
  });

  it('has room for every active credential beside the window’s incident', () => {
    const policy = { ...DEFAULT_POLICY, active: 1_000 };
    const sizes = new Map<string, number>();
    for (let n = 0; n < policy.active; n++) {
      const [, beside = ''] = heldIncidentIds(`svc-${n}`, at, policy);
      sizes.set(beside, (sizes.get(beside) ?? 0) + 1);
    }
    expect(sizes.size).toBe(32);
    expect(Math.max(...sizes.values())).toBeLessThanOrEqual(64);
    expect(heldIncidentIds('orders', at, DEFAULT_POLICY)).toEqual([`held:${NOW}`, `held:${NOW}:0`]);
  });
});
