import { describe, expect, it } from 'vitest';
import type { Finding } from '#core/detection/finding.ts';
import type { Sighting } from '#core/detection/sighting.ts';
import { afterCutover } from '#core/detection/signals/after-cutover.ts';
import { canaryUse } from '#core/detection/signals/canary.ts';
import { outsideNetwork } from '#core/detection/signals/network.ts';
import { unboundReader } from '#core/detection/signals/unbound-reader.ts';
import type { VersionState } from '#core/records.ts';
import { ROLE, ref, rotationFailed, secretRead, token, use, valueRead } from '../../builders.ts';

const STRANGER = 'arn:aws:iam::111122223333:role/stranger';
type Row = [string, Sighting, Finding | undefined];

describe('afterCutover', () => {
  const seen = (reason: string): Finding => ({
    signal: 'use-after-cutover',
    seen: `10.1.2.3 presented key0000000000001 of orders, which is ${reason}`,
  });
  it.each<Row>([
    ['retired', use({ allowed: false, reason: 'retired' }), seen('retired')],
    ['revoked', use({ allowed: false, reason: 'revoked' }), seen('revoked')],
    ['expired', use({ allowed: false, reason: 'expired' }), seen('expired')],
    ['suspended', use({ allowed: false, reason: 'suspended' }), undefined],
    ['refused without a reason', use({ allowed: false }), undefined],
    ['allowed', use({ reason: 'revoked' }), undefined],
    ['read', secretRead(), undefined],
  ])('%s', (_what, sighting, expected) => {
    expect(afterCutover(sighting, token({ versions: [ref()] }))).toEqual(expected);
  });

  const read = (who: string, state: string): Finding => ({
    signal: 'use-after-cutover',
    seen: `${who} read version key0000000000001 of orders, which is ${state}`,
  });
  it.each<[string, VersionState, Sighting, Finding | undefined]>([
    ['a revoked value', 'revoked', valueRead(), read(ROLE, 'revoked')],
    [
      'an expired value, by nobody known',
      'expired',
      valueRead({ actant: {} }),
      read('a principal', 'expired'),
    ],
    ['the current value', 'current', valueRead(), undefined],
    ['a retiring value', 'retiring', valueRead(), undefined],
    ['a value that is not listed', 'revoked', valueRead({ versionId: 'version-9' }), undefined],
  ])('%s, read', (_what, state, sighting, expected) => {
    expect(afterCutover(sighting, token({ versions: [ref({ state })] }))).toEqual(expected);
  });
});

describe('canaryUse', () => {
  const seen = (text: string): Finding => ({
    signal: 'canary-use',
    seen: `${text} canary orders, which nobody has a reason to touch`,
  });
  it.each<Row>([
    ['used', use(), seen('10.1.2.3 used')],
    ['refused', use({ allowed: false, reason: 'scope' }), seen('10.1.2.3 used')],
    ['read by its declared reader', secretRead(), seen(`${ROLE} read the secret of`)],
    [
      'read by nobody known',
      secretRead({ actant: {}, refused: true }),
      seen('an unknown principal read the secret of'),
    ],
    ['not rotated', rotationFailed(), undefined],
    ['unwrapped, which its reading told already', valueRead(), undefined],
  ])('%s', (_what, sighting, expected) => {
    expect(canaryUse(sighting, token({ canary: true }))).toEqual(expected);
    expect(canaryUse(sighting, token())).toBeUndefined();
  });
});

describe('outsideNetwork', () => {
  const read = (who: string, from: string): Finding => ({
    signal: 'read-outside-network',
    seen: `${who} read the secret of orders from ${from}, outside 10.0.0.0/8`,
  });
  it.each<Row>([
    [
      'a genuine token from elsewhere',
      use({ allowed: false, reason: 'network', network: '127.6.6.6' }),
      {
        signal: 'outside-network',
        seen: '127.6.6.6 presented the genuine token key0000000000001 of orders, outside 10.0.0.0/8',
      },
    ],
    ['a token refused for another reason', use({ allowed: false, reason: 'scope' }), undefined],
    ['an allowed use', use({ reason: 'network' }), undefined],
    ['a read from a declared network', secretRead(), undefined],
    ['a read from elsewhere', secretRead({ source: { ip: '127.6.6.6' } }), read(ROLE, '127.6.6.6')],
    [
      'a read through an endpoint that is not declared',
      secretRead({ source: { vpcEndpoint: 'vpce-0a', ip: '11.0.0.1' } }),
      read(ROLE, 'vpce-0a'),
    ],
    [
      'a read by nobody known',
      secretRead({ source: { ip: '127.6.6.6' }, actant: {} }),
      read('a principal', '127.6.6.6'),
    ],
    ['a read whose source is unknown', secretRead({ source: {} }), undefined],
    ['a read that was refused', secretRead({ source: { ip: '127.6.6.6' }, refused: true }), undefined],
    [
      'a read by a service on behalf of somebody',
      secretRead({ source: { ip: '127.6.6.6' }, actant: { arn: ROLE, invokedBy: 'athena.amazonaws.com' } }),
      undefined,
    ],
    ['a rotation that failed', rotationFailed(), undefined],
    ['a value unwrapped, which has no address', valueRead(), undefined],
  ])('%s', (_what, sighting, expected) => {
    expect(outsideNetwork(sighting, token())).toEqual(expected);
  });

  it('tells an endpoint without an address, and every declared network', () => {
    const two = token({ fields: { ...token().fields, networks: ['10.0.0.0/8', '192.0.2.0/24'] } });
    expect(outsideNetwork(secretRead({ source: { vpcEndpoint: 'vpce-0a' } }), two)).toEqual({
      signal: 'read-outside-network',
      seen: `${ROLE} read the secret of orders from vpce-0a, outside 10.0.0.0/8, 192.0.2.0/24`,
    });
  });

  it('has nothing to say where no network is declared', () => {
    const anywhere = token({ fields: { ...token().fields, networks: [] } });
    expect(outsideNetwork(secretRead({ source: { ip: '127.6.6.6' } }), anywhere)).toBeUndefined();
  });
});

describe('unboundReader', () => {
  it.each<Row>([
    ['a declared reader', secretRead(), undefined],
    ['a declared reader, refused', secretRead({ refused: true }), undefined],
    [
      'a stranger',
      secretRead({ actant: { arn: STRANGER } }),
      {
        signal: 'unbound-reader',
        seen: `${STRANGER} read the secret of orders by GetSecretValue; it is none of its 1 declared readers`,
        reader: STRANGER,
      },
    ],
    [
      'a stranger, refused',
      secretRead({ actant: { arn: STRANGER }, refused: true }),
      {
        signal: 'unbound-reader-refused',
        seen: `${STRANGER} tried to read the secret of orders and was refused; it is none of its 1 declared readers`,
      },
    ],
    [
      'a service',
      secretRead({ actant: { invokedBy: 'athena.amazonaws.com' } }),
      {
        signal: 'unbound-reader',
        seen: 'a principal without an ARN (athena.amazonaws.com) read the secret of orders by GetSecretValue; it is none of its 1 declared readers',
      },
    ],
    [
      'nobody known',
      secretRead({ actant: {}, refused: true }),
      {
        signal: 'unbound-reader-refused',
        seen: 'a principal without an ARN (unknown) tried to read the secret of orders and was refused; it is none of its 1 declared readers',
      },
    ],
    ['a use', use(), undefined],
    ['a value unwrapped', valueRead({ actant: { arn: STRANGER } }), undefined],
  ])('%s', (_what, sighting, expected) => {
    expect(unboundReader(sighting, token())).toStrictEqual(expected);
  });

  it('takes any one of the declared readers', () => {
    expect(unboundReader(secretRead(), token({ readers: [STRANGER, ROLE] }))).toBeUndefined();
  });
});
