import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAddress, readRange } from '#core/token/address.ts';

describe('readAddress', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['64:ff9b::10.1.2.3', '64:ff9b::a01:203'],
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '255.255.255.255'],
  ])('%s is %s', (text, address) => {
    expect(readAddress(text)?.toString()).toBe(address);
  });

  it.each([
    ...['', ' ', '10', '167837955', '10.1', '10.1.2', '10.1.2.3.4', '10.1.2.', '10.1.2.256', '10.1.2.3 '],
    ...[
      '012.1.2.3',
      '10.01.2.3',
      '0xa.1.2.3',
      '0x0a010203',
      '10.1.2.0x3',
      '1e1.1.2.3',
      '10.1.2.-3',
      '10.1.2.3\n',
    ],
    ...[
      '::ffff:012.1.2.3',
      '::ffff:0xa.1.2.3',
      '::ffff:10.1.2',
      '::ffff:10.1.2.256',
      '::10.1',
      'fe80::1%eth0',
    ],
    ...[
      ':',
      ':::',
      '1:2',
      '1::2::3',
      '12345::',
      'a'.repeat(46),
      '\u0661\u0660.1.2.3',
      '10\u30021.2.3',
      'localhost',
    ],
  ])('%j is none', (text) => {
    expect(readAddress(text)).toBeUndefined();
  });

  it('reads nothing that Node does not read', () => {
    const near = fc.stringMatching(/^[0-9a-fx:.]{1,20}$/);
    fc.assert(
      fc.property(fc.oneof(near, fc.ipV4(), fc.ipV6(), fc.ipV4Extended()), (text) => {
        if (readAddress(text) !== undefined) expect(isIP(text)).not.toBe(0);
      }),
    );
  });
});

describe('readRange', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0', 8],
    ['0.0.0.0/0', '0.0.0.0', 0],
    ['192.0.2.7/32', '192.0.2.7', 32],
    ['2001:db8::/32', '2001:db8::', 32],
    ['::/128', '::', 128],
  ])('%s is %s with %i bits', (text, address, bits) => {
    const range = readRange(text);
    expect([range?.[0].toString(), range?.[1]]).toEqual([address, bits]);
  });

  it.each([
    ...[
      '10.0.0.0',
      '10.0.0.0/',
      '/8',
      '10.0.0.0/33',
      '10.0.0.0/08',
      '10.0.0.0/ 8',
      '10.0.0.0/+8',
      '10.0.0.0/8/8',
      'a/10.0.0.0/8',
    ],
    ...['10/8', '10.1/16', '012.0.0.0/8', '2001:db8::/129', '::ffff:10.0.0.0/104', 'vpce-0123456789abcdef0'],
  ])('%j is none', (text) => {
    expect(readRange(text)).toBeUndefined();
  });
});
