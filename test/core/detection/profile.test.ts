import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learnUse, PROFILE_MOST_NETWORKS } from '#core/detection/profile.ts';
import type { ProfileRecord } from '#core/records.ts';
import { MINUTE, NOW, use } from '../builders.ts';

const FIRST: ProfileRecord = {
  schema: 1,
  kind: 'profile',
  rev: 0,
  credential: 'token:orders',
  firstSeenAt: NOW,
  lastUsedAt: NOW,
  uses: 1,
  denials: 0,
  networks: { '10.1.2.3': { first: NOW, last: NOW, count: 1 } },
  ttlSeconds: NOW / 1000 + 400 * 24 * 3_600,
};

describe('learnUse', () => {
  it('begins with the first use', () => {
    expect(learnUse('token:orders', undefined, use())).toEqual(FIRST);
    expect(learnUse('token:orders', undefined, use({ firstSeen: false }))).toEqual(FIRST);
  });

  it('begins with a denial, which is no use', () => {
    expect(learnUse('token:orders', undefined, use({ outcome: 'denied', count: 3 }))).toMatchObject({
      firstSeenAt: NOW,
      lastUsedAt: 0,
      uses: 0,
      denials: 3,
      ttlSeconds: FIRST.ttlSeconds,
    });
  });

  it('adds up, and keeps the revision that was read', () => {
    const at = NOW + MINUTE;
    const next = learnUse('token:orders', { ...FIRST, rev: 6 }, use({ at, count: 4, firstSeen: false }));
    expect(next).toMatchObject({
      rev: 6,
      firstSeenAt: NOW,
      lastUsedAt: at,
      uses: 5,
      networks: { '10.1.2.3': { first: NOW, last: at, count: 5 } },
    });
  });

  it('does not take a denial for the last use', () => {
    const next = learnUse('token:orders', FIRST, use({ at: NOW + MINUTE, outcome: 'denied' }));
    expect(next).toMatchObject({ lastUsedAt: NOW, uses: 1, denials: 1 });
  });

  it.each([
    ['a minute later', NOW + MINUTE, false, true],
    ['within the minute', NOW + MINUTE - 1, false, false],
    ['within the minute before', NOW - MINUTE + 1, false, false],
    ['within the minute, but new', NOW + 1, true, true],
  ])('writes %s: %s', (_what, at, firstSeen, writes) => {
    expect(learnUse('token:orders', FIRST, use({ at, firstSeen })) !== undefined).toBe(writes);
  });

  it('drops the network that was seen longest ago', () => {
    const networks = Object.fromEntries(
      Array.from({ length: PROFILE_MOST_NETWORKS }, (_, at) => [
        `10.0.0.${at}`,
        { first: NOW, last: NOW + at, count: 1 },
      ]),
    );
    const next = learnUse(
      'token:orders',
      { ...FIRST, networks },
      use({ at: NOW + MINUTE, network: '10.9.9.9' }),
    );
    const names = Object.keys(next?.networks ?? {});
    expect(names).toHaveLength(PROFILE_MOST_NETWORKS);
    expect(names).toContain('10.9.9.9');
    expect(names).not.toContain('10.0.0.0');
  });

  it('comes to the same in any order of uses', () => {
    const uses = fc.array(
      fc.record({
        at: fc.integer({ min: NOW, max: NOW + 100 }),
        network: fc.constantFrom('a', 'b', 'c'),
        outcome: fc.constantFrom('allowed' as const, 'denied' as const),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    const learn = (list: readonly object[]): ProfileRecord | undefined =>
      list.reduce<ProfileRecord | undefined>(
        (known, part) => learnUse('token:orders', known, use(part)),
        undefined,
      );
    fc.assert(
      fc.property(
        uses.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          const { ttlSeconds: _a, ...one } = learn(list) as ProfileRecord;
          const { ttlSeconds: _b, ...other } = learn(shuffled) as ProfileRecord;
          expect(other).toEqual(one);
        },
      ),
    );
  });
});
