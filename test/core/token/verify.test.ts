import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VersionRecord } from '#core/records.ts';
import { type DenialReason, needOf, type Source, standingOf, withinNetworks } from '#core/token/verify.ts';
import { NOW, version } from '../builders.ts';

const END = NOW + 1_000;
const at = (part: Partial<VersionRecord>): VersionRecord => version({ expiresAt: END, ...part });

describe('standingOf', () => {
  it.each<[string, Partial<VersionRecord>, number, DenialReason | undefined, DenialReason | undefined]>([
    ['current', {}, NOW, undefined, 'not-pending'],
    ['pending', { state: 'pending' }, NOW, undefined, undefined],
    ['retiring', { state: 'retiring' }, NOW, undefined, 'not-pending'],
    ['in its last millisecond', {}, END - 1, undefined, 'not-pending'],
    ['at its end', {}, END, 'expired', 'expired'],
    ['retiring, at its end', { state: 'retiring' }, END, 'retired', 'retired'],
    ['pending, at its end', { state: 'pending' }, END, 'expired', 'expired'],
    ['expired, before its end', { state: 'expired' }, NOW, 'expired', 'expired'],
    ['revoked, after its end', { state: 'revoked' }, END, 'revoked', 'revoked'],
    ['revoked and suspended', { state: 'revoked', suspended: true }, NOW, 'revoked', 'revoked'],
    ['suspended', { suspended: true }, NOW, 'suspended', 'suspended'],
    ['suspended and pending', { suspended: true, state: 'pending' }, NOW, 'suspended', 'suspended'],
    ['suspended and expired', { suspended: true, state: 'expired' }, NOW, 'suspended', 'suspended'],
    [
      'beyond the hard maximum that is sealed, whatever the item says',
      { expiresAt: END + 9_000, fields: { ...version().fields, hardMaxAt: END } },
      END,
      'expired',
      'expired',
    ],
  ])('%s', (_what, part, now, normal, probe) => {
    expect(standingOf(at(part), now, 'normal')).toBe(normal);
    expect(standingOf(at(part), now, 'probe')).toBe(probe);
  });

  it('accepts nothing suspended, revoked or expired, at any time', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('pending', 'current', 'retiring', 'expired', 'revoked'),
        fc.boolean(),
        fc.integer({ min: -5, max: 5 }),
        fc.integer({ min: -5, max: 5 }),
        fc.constantFrom('normal', 'probe'),
        (state, suspended, past, pastMax, mode) => {
          const subject = at({
            state,
            suspended,
            fields: { ...version().fields, hardMaxAt: END + past - pastMax },
          });
          const accepted = standingOf(subject, END + past, mode) === undefined;
          const dead = suspended || state === 'expired' || state === 'revoked' || past >= 0 || pastMax >= 0;
          expect(accepted).toBe(!dead && (mode === 'normal' || state === 'pending'));
        },
      ),
    );
  });
});

describe('needOf', () => {
  const subject = version({ fields: { ...version().fields, scopes: ['a:read', 'a:write'] } });
  const need = { audience: 'prices', scopes: ['a:read'], source: { ip: '10.1.2.3' } };

  it.each<[string, Parameters<typeof needOf>[1], DenialReason | undefined]>([
    ['what was promised', need, undefined],
    ['all of its scopes', { ...need, scopes: ['a:write', 'a:read'] }, undefined],
    ['no scope', { ...need, scopes: [] }, undefined],
    ['another audience', { ...need, audience: 'Prices' }, 'audience'],
    ['one scope too many', { ...need, scopes: ['a:read', 'a:admin'] }, 'scope'],
    ['the beginning of a scope', { ...need, scopes: ['a'] }, 'scope'],
    ['another network', { ...need, source: { ip: '11.1.2.3' } }, 'network'],
    [
      'another network, whatever else is wrong',
      { ...need, source: {}, audience: 'x', scopes: ['x'] },
      'network',
    ],
    ['no network at all', { ...need, source: {} }, 'network'],
  ])('%s', (_what, asked, expected) => {
    expect(needOf(subject, asked, 'normal')).toBe(expected);
  });

  it('skips the network in a probe, and nothing else', () => {
    expect(needOf(subject, { ...need, source: {} }, 'probe')).toBeUndefined();
    expect(needOf(subject, { ...need, source: {}, scopes: ['x'] }, 'probe')).toBe('scope');
    expect(needOf(subject, { ...need, source: {}, audience: 'x' }, 'probe')).toBe('audience');
  });
});

describe('withinNetworks', () => {
  it.each<[readonly string[], Source, boolean]>([
    [[], {}, true],
    [[], { ip: 'anything' }, true],
    [['10.0.0.0/8'], { ip: '10.255.255.255' }, true],
    [['10.0.0.0/8'], { ip: '11.0.0.0' }, false],
    [['192.0.2.7/32'], { ip: '192.0.2.7' }, true],
    [['192.0.2.7/32'], { ip: '192.0.2.8' }, false],
    [['10.0.0.0/8'], { ip: '::ffff:10.1.2.3' }, true],
    [['10.0.0.0/8'], { ip: '::ffff:11.1.2.3' }, false],
    [['2001:db8::/32'], { ip: '2001:db8:1::1' }, true],
    [['2001:db8::/32'], { ip: '2001:db9::1' }, false],
    [['2001:db8::/32'], { ip: '10.1.2.3' }, false],
    [['10.0.0.0/8'], { ip: '2001:db8::1' }, false],
    [['0.0.0.0/0'], { ip: '2001:db8::1' }, false],
    [['203.0.113.0/24', '10.0.0.0/8'], { ip: '10.1.2.3' }, true],
    [['10.0.0.0/8'], { ip: 'not an address' }, false],
    [['10.0.0.0/8'], { ip: '' }, false],
    [['10.0.0.0/8'], { ip: '10.1.2' }, false],
    [['10.0.0.0/8'], { ip: '012.1.2.3' }, false],
    [['not a network', '10.0.0.0'], { ip: '10.1.2.3' }, false],
    [['not a network', '10.0.0.0/8'], { ip: '10.1.2.3' }, true],
    [['vpce-0123456789abcdef0'], { vpcEndpoint: 'vpce-0123456789abcdef0' }, true],
    [['vpce-0123456789abcdef0'], { vpcEndpoint: 'vpce-0123456789abcdef1' }, false],
    [['vpce-0123456789abcdef0'], { ip: '10.1.2.3' }, false],
    [['10.0.0.0/8'], { vpcEndpoint: 'vpce-0123456789abcdef1', ip: '10.1.2.3' }, true],
    [['10.0.0.0/8'], { vpcEndpoint: '10.0.0.0/8' }, true],
    [['10.0.0.0/8', 'vpce-0123456789abcdef0'], { vpcEndpoint: 'vpce-0123456789abcdef0' }, true],
  ])('%j holds %j: %s', (networks, source, expected) => {
    expect(withinNetworks(networks, source)).toBe(expected);
  });

  it('agrees with arithmetic on IPv4', () => {
    const dotted = (address: number): string => [24, 16, 8, 0].map((by) => (address >>> by) & 255).join('.');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 32 }),
        fc.boolean(),
        (base, other, bits, near) => {
          const address = near ? (base ^ (other >>> bits)) >>> 0 : other;
          const same = base >>> (32 - bits) === address >>> (32 - bits);
          expect(withinNetworks([`${dotted(base)}/${bits}`], { ip: dotted(address) })).toBe(same);
        },
      ),
    );
  });
});
