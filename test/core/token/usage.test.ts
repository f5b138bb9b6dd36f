import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addUse,
  emptyWindow,
  flushed,
  isFlushDue,
  returned,
  USAGE_FLUSH_MS,
  USAGE_MOST_ENTRIES,
  type UsageWindow,
  type Use,
} from '#core/token/usage.ts';
import { NOW } from '../builders.ts';

const USE: Use = {
  at: NOW,
  keyId: 'key0000000000001',
  tokenId: 'orders',
  network: '10.1.2.3',
  client: 'orders/1',
  allowed: true,
  canary: false,
};
const filled = (uses: readonly Partial<Use>[], from: UsageWindow = emptyWindow(NOW)): UsageWindow =>
  uses.reduce<UsageWindow>((window, part, at) => addUse(window, { ...USE, ...part }, `u${at}`).window, from);
const told = (window: UsageWindow) => [...window.entries.values()];

describe('addUse', () => {
  it('counts equal uses in one entry under its first id', () => {
    expect(told(filled([{}, { at: NOW + 5 }, { at: NOW + 9 }]))).toStrictEqual([
      {
        usageId: 'u0',
        at: NOW + 9,
        keyId: USE.keyId,
        tokenId: 'orders',
        network: '10.1.2.3',
        client: 'orders/1',
        outcome: 'allowed',
        count: 3,
        firstSeen: true,
      },
    ]);
  });

  it('keeps no token that a client names itself by, whole or cut off', () => {
    const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
    const [one, two] = told(filled([{ client: `curl ${token}` }, { client: `${'x'.repeat(90)} ${token}` }]));
    expect(one?.client).toBe('curl twd_dev_0001TSm0PiyImxIY_[redacted]');
    expect(two?.client).toBe(`${'x'.repeat(90)} twd_dev_0001TSm0PiyImxIY_[red`);
  });

  it.each<[string, Partial<Use>]>([
    ['network', { network: '10.1.2.4' }],
    ['client', { client: 'curl' }],
    ['key', { keyId: 'key0000000000002' }],
    ['outcome', { allowed: false }],
    ['reason', { allowed: true, reason: 'scope' }],
  ])('tells another %s apart', (_what, part) => {
    expect(told(filled([{}, part])).map(({ count }) => count)).toEqual([1, 1]);
  });

  it('tells two reasons apart', () => {
    const denied = (reason: string): Partial<Use> => ({ allowed: false, reason });
    expect(told(filled([denied('scope'), denied('network'), {}])).map(({ count }) => count)).toEqual([
      1, 1, 1,
    ]);
  });

  it('does not take two fields for others that read alike', () => {
    expect(told(filled([{ network: 'a","b' }, { network: 'a', client: 'b","orders/1' }]))).toHaveLength(2);
  });

  it('cuts the client to 120 characters, which a client chooses', () => {
    const [usage] = told(filled([{ client: 'x'.repeat(500) }]));
    expect(usage?.client).toBe('x'.repeat(120));
  });

  it.each<[string, Partial<Use>, boolean]>([
    ['an allowed use', {}, true],
    ['a denied use of a canary', { allowed: false, reason: 'scope', canary: true }, true],
    ['a genuine token in another network', { allowed: false, reason: 'network' }, true],
    ['a suspended one', { allowed: false, reason: 'suspended' }, true],
    ['a revoked one', { allowed: false, reason: 'revoked' }, true],
    ['a retired one', { allowed: false, reason: 'retired' }, true],
    ['a scope that was not promised', { allowed: false, reason: 'scope' }, false],
    ['a denial without a reason', { allowed: false }, false],
  ])('%s is urgent when first seen: %s', (_what, part, urgent) => {
    const first = addUse(emptyWindow(NOW), { ...USE, ...part }, 'a');
    expect(first.urgent).toBe(urgent);
    expect(addUse(first.window, { ...USE, ...part }, 'b').urgent).toBe(false);
    expect(told(first.window)).toStrictEqual([
      expect.objectContaining({
        outcome: part.allowed === false ? 'denied' : 'allowed',
        ...(part.reason === undefined ? {} : { reason: part.reason }),
      }),
    ]);
  });

  it('remembers what it told, across windows', () => {
    const again = filled([{}], flushed(filled([{}, { client: 'curl' }]), NOW + 1));
    expect(told(again)).toMatchObject([{ count: 1, firstSeen: false }]);
  });

  it('forgets everything rather than grow without bound', () => {
    const seen = new Set(Array.from({ length: 5_000 }, (_, at) => `mark-${at}`));
    const { window } = addUse({ since: NOW, entries: new Map(), seen }, USE, 'a');
    expect(window.seen.size).toBe(1);
    expect(seen.size).toBe(5_000);
  });

  it('keeps what it has seen, all of it and uncopied, for a use that is nothing new', () => {
    const marks = Array.from({ length: 4_999 }, (_, at) => `mark-${at}`);
    const { window: full } = addUse({ since: NOW, entries: new Map(), seen: new Set(marks) }, USE, 'a');
    const { window: again } = addUse(full, USE, 'b');
    expect(full.seen.size).toBe(5_000);
    expect(again.seen).toBe(full.seen);
  });

  it('loses no use', () => {
    const use = fc.record({
      network: fc.constantFrom('a', 'b'),
      client: fc.constantFrom('c', 'd'),
      allowed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(use), (uses) => {
        expect(told(filled(uses)).reduce((sum, { count }) => sum + count, 0)).toBe(uses.length);
      }),
    );
  });
});

describe('isFlushDue', () => {
  it.each([
    ['nothing to tell', 0, NOW + USAGE_FLUSH_MS, false],
    ['before its time', 1, NOW + USAGE_FLUSH_MS - 1, false],
    ['at its time', 1, NOW + USAGE_FLUSH_MS, true],
    ['one short of full', USAGE_MOST_ENTRIES - 1, NOW, false],
    ['full', USAGE_MOST_ENTRIES, NOW, true],
    ['after the clock went back', 1, NOW - 1, true],
  ])('%s', (_what, length, now, due) => {
    const window = filled(Array.from({ length }, (_, at) => ({ client: `c${at}` })));
    expect(isFlushDue(window, now)).toBe(due);
  });
});

describe('flushed', () => {
  it('starts anew', () => {
    expect(flushed(filled([{}]), NOW + 7)).toMatchObject({ since: NOW + 7, entries: new Map() });
  });
});

describe('returned', () => {
  it('adds up with what came since, under the first id and as first seen', () => {
    const before = filled([{}, {}, { network: '203.0.113.7' }]);
    const since = filled([{ at: NOW + 9 }], flushed(before, NOW + 5));
    expect(told(returned(since, before.entries, NOW + 10))).toMatchObject([
      { usageId: 'u0', at: NOW + 9, count: 3, firstSeen: true },
      { network: '203.0.113.7', at: NOW, count: 1, firstSeen: true },
    ]);
  });

  it('adds up in a window that is full already', () => {
    const full = filled(Array.from({ length: USAGE_MOST_ENTRIES }, (_, at) => ({ network: `10.0.0.${at}` })));
    const window = returned(full, full.entries, NOW);
    expect(told(window)).toHaveLength(USAGE_MOST_ENTRIES);
    for (const usage of told(window)) expect(usage.count).toBe(2);
  });

  it('fills half of the window, and makes it due after a second', () => {
    const many = filled(Array.from({ length: USAGE_MOST_ENTRIES }, (_, at) => ({ network: `10.0.0.${at}` })));
    const window = returned(flushed(many, NOW), many.entries, NOW);
    expect(window.entries.size).toBe(USAGE_MOST_ENTRIES / 2);
    expect(isFlushDue(window, NOW + 999)).toBe(false);
    expect(isFlushDue(window, NOW + 1_000)).toBe(true);
  });
});
