import { describe, expect, it } from 'vitest';
import type { Signal } from '#core/detection/finding.ts';
import { judge, ownCall, parseOwnRoles, tokenIdsIn } from '#core/detection/judge.ts';
import type { Sighting } from '#core/detection/sighting.ts';
import { rotationFailed, secretRead, token, use } from '../builders.ts';

const STRANGER = 'arn:aws:iam::111122223333:role/stranger';
const OWN = [{ roleArn: 'arn:aws:iam::111122223333:role/tokenward-rotate', session: 'tokenward-rotate' }];

describe('judge', () => {
  it.each<[string, Sighting, boolean, readonly Signal[]]>([
    ['a declared reader', secretRead(), false, []],
    ['an allowed use', use(), false, []],
    ['a stranger', secretRead({ actant: { arn: STRANGER } }), false, ['unbound-reader']],
    [
      'a stranger from elsewhere, at a canary',
      secretRead({ actant: { arn: STRANGER }, source: { ip: '127.6.6.6' } }),
      true,
      ['canary-use', 'unbound-reader', 'read-outside-network'],
    ],
    ['a genuine token elsewhere', use({ allowed: false, reason: 'network' }), false, ['outside-network']],
    ['a revoked token', use({ allowed: false, reason: 'revoked' }), false, ['use-after-cutover']],
    ['a rotation that failed', rotationFailed(), true, ['rotation-failed']],
  ])('%s, canary %s', (_what, sighting, canary, signals) => {
    const findings = judge(sighting, token({ canary }));
    expect(findings.map(({ signal }) => signal)).toEqual(signals);
    for (const { seen } of findings) expect(seen).toContain('orders');
  });
});

describe('ownCall', () => {
  const [own] = OWN;
  it.each<[string, Sighting, 'ours' | 'misuse' | undefined]>([
    [
      'our function',
      secretRead({ actant: { arn: own?.roleArn ?? '', session: 'tokenward-rotate' } }),
      'ours',
    ],
    [
      'our role in another session',
      secretRead({ actant: { arn: own?.roleArn ?? '', session: 'ann' } }),
      'misuse',
    ],
    ['our role without a session', secretRead({ actant: { arn: own?.roleArn ?? '' } }), 'misuse'],
    [
      'our session in another role',
      secretRead({ actant: { arn: STRANGER, session: 'tokenward-rotate' } }),
      undefined,
    ],
    ['nobody known', secretRead({ actant: {} }), undefined],
    ['a use', use(), undefined],
  ])('%s', (_what, sighting, expected) => {
    expect(ownCall(sighting, OWN)).toBe(expected);
  });
});

describe('parseOwnRoles', () => {
  it('reads the list', () => {
    expect(parseOwnRoles(OWN)).toEqual(OWN);
    expect(parseOwnRoles([])).toEqual([]);
  });

  it.each([undefined, {}, [{ roleArn: 'x' }], ['x']])('refuses %j', (value) => {
    expect(() => parseOwnRoles(value)).toThrow(
      new TypeError('OWN_ROLES: a list of {roleArn, session} is needed'),
    );
  });
});

describe('tokenIdsIn', () => {
  it.each<[Sighting, readonly string[]]>([
    [use({ tokenId: 'prices' }), ['prices']],
    [secretRead(), ['orders', 'orders-AbCdEf']],
    [rotationFailed({ secretId: 'other' }), []],
  ])('%#', (sighting, expected) => {
    expect(tokenIdsIn(sighting)).toEqual(expected);
  });
});
