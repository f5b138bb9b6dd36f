import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { plainlyWithin } from '#core/token/plain-network.ts';

const PLAIN = ['10.1.2.3', '0.0.0.0', '255.255.255.255', '138.1.2.3', '10.1.2.2', '8.0.0.0', '1.22.249.250'];
const NOT_PLAIN = [
  '10.1.2.256',
  '10.1.2.1000',
  '256.1.2.3',
  '010.1.2.3',
  '10.1.2.00',
  '10.1.2',
  '10.1.2.3.4',
  '10..2.3',
  '.10.1.2',
  '.10.1.2.3',
  '10.1.2.',
  '10.1.2.3 ',
  '10.1.2./',
  '10.1.2.:',
  '0xa.1.2.3',
  '167837955',
  '::ffff:10.1.2.3',
  '2001:db8::1',
  '',
];

describe('plainlyWithin', () => {
  it.each(PLAIN)('agrees with ipaddr.js on %s, under every prefix', (base) => {
    for (const ip of PLAIN) {
      for (let bits = 0; bits <= 32; bits++) {
        const expected = ipaddr.parse(ip).match(ipaddr.parseCIDR(`${base}/${bits}`));
        expect(plainlyWithin(`${base}/${bits}`, ip), `${base}/${bits} ${ip}`).toBe(expected);
      }
    }
  });

  it('agrees with ipaddr.js on any two addresses', () => {
    const address = fc.ipV4();
    fc.assert(
      fc.property(address, address, fc.nat(32), (base, ip, bits) => {
        const expected = ipaddr.parse(ip).match(ipaddr.parseCIDR(`${base}/${bits}`));
        expect(plainlyWithin(`${base}/${bits}`, ip)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(NOT_PLAIN)('leaves %j to others, as an address and as a network', (text) => {
    expect(plainlyWithin('10.0.0.0/8', text)).toBeUndefined();
    expect(plainlyWithin(`${text}/8`, '10.1.2.3')).toBeUndefined();
  });

  it.each(['', '/', '/08', '/33', '/40', '/8 ', '/-1', '/8/8', '/a', '/1a', '/100'])(
    'leaves a network that ends in %j to others',
    (prefix) => {
      expect(plainlyWithin(`10.0.0.0${prefix}`, '10.1.2.3')).toBeUndefined();
    },
  );
});
