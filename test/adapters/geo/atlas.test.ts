import { describe, expect, it } from 'vitest';
import { atlasOfMmdb } from '#adapters/geo/mmdb.ts';
import { atlasOfLines, GeoError } from '#adapters/geo/ranges.ts';

const LINES = [
  {
    cidr: '203.0.113.0/24',
    asn: 64500,
    org: 'Home',
    country: 'DE',
    lat: 52.5,
    lon: 13.4,
    tor: false,
    hosting: null,
  },
  { cidr: '203.0.113.128/25', asn: 'AS64501', tor: true },
  { cidr: '2001:db8::/32', asn: 'AS64502', hosting: true },
  { cidr: '0.0.0.0/0', country: 'ZZ' },
];

describe('a geo file of lines', () => {
  const atlas = atlasOfLines(`${LINES.map((line) => JSON.stringify(line)).join('\n')}\n\n`);
  it.each([
    ['203.0.113.7', { asn: '64500', org: 'Home', country: 'DE', lat: 52.5, lon: 13.4, tor: false }],
    ['203.0.113.200', { asn: 'AS64501', tor: true }],
    ['::ffff:203.0.113.200', { asn: 'AS64501', tor: true }],
    ['2001:db8:1::9', { asn: 'AS64502', hosting: true }],
    ['198.51.100.1', { country: 'ZZ' }],
    ['2001:db9::1', undefined],
    ['AWS Internal', undefined],
  ])('%s', (ip, place) => {
    expect([atlas(ip), atlas(ip)]).toEqual([place, place]);
  });

  it.each([
    ['{', 'the line is missing'],
    ['{"asn":"AS1"}', 'cidr is missing'],
    ['{"cidr":"203.0.113.0/24","lat":"north"}', 'lat is missing or of the wrong kind'],
    ['{"cidr":"203.0.113.0"}', 'cidr is no CIDR block'],
  ])('names the line that is wrong: %s', (line, says) => {
    const read = (): unknown => atlasOfLines(`${JSON.stringify(LINES[0])}\n${line}`);
    expect(read).toThrow(GeoError);
    expect(read).toThrow(`line 2 of the geo file: ${says}`);
  });
});

describe('an MMDB database', () => {
  it('is refused when it is none', () => {
    expect(() => atlasOfMmdb(Buffer.from('nonsense'))).toThrow();
  });

  it('is read, whatever of a place it knows', () => {
    const atlas = atlasOfMmdb(database());
    const place = {
      asn: 'AS64500',
      org: 'Home',
      country: 'DE',
      lat: 52.5,
      lon: 13.25,
      tor: true,
      hosting: false,
    };
    expect(atlas('10.1.2.3')).toEqual(place);
    expect(atlas('200.1.2.3')).toBeUndefined();
    expect(atlas('2001:db8::1')).toBeUndefined();
  });
});

/** The smallest database: one node; the lower half of IPv4 has a place, the upper none. MaxMind DB format 2.0. */
function database(): Buffer {
  const nodes = 1;
  const tree = Buffer.alloc(6);
  tree.writeUIntBE(nodes + 16, 0, 3);
  tree.writeUIntBE(nodes, 3, 3);
  const data = encode({
    country: { iso_code: 'DE' },
    location: { latitude: 52.5, longitude: 13.25 },
    autonomous_system_number: 64500,
    autonomous_system_organization: 'Home',
    is_tor_exit_node: true,
    is_hosting_provider: false,
  });
  const metadata = encode({
    node_count: nodes,
    record_size: 24,
    ip_version: 4,
    database_type: 'Test',
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    languages: {},
    description: {},
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}

function encode(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([sized(2, value.length), Buffer.from(value)]);
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0, 7]);
  if (typeof value === 'number' && Number.isInteger(value)) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([sized(6, 4), bytes]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([sized(3, 8), bytes]);
  }
  const entries = Object.entries(value as object);
  return Buffer.concat([
    sized(7, entries.length),
    ...entries.flatMap(([name, each]) => [encode(name), encode(each)]),
  ]);
}

const sized = (type: number, size: number): Buffer =>
  size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
