import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { draw } from '../draw.ts';
import { createRandom } from '../random.ts';
import { createGeo, type GeoLine, geoLine } from './blocks.ts';

const geo = createGeo(createRandom('a table')).blocks.map(geoLine);

function spansOf(lines: readonly GeoLine[]): { first: number; last: number; line: GeoLine }[] {
  return lines
    .filter(({ cidr }) => !cidr.includes(':'))
    .map((line) => {
      const [base, bits] = ipaddr.IPv4.parseCIDR(line.cidr);
      const first = base.octets.reduce((sum, octet) => sum * 256 + octet, 0);
      return { first, last: first + 2 ** (32 - bits) - 1, line };
    })
    .sort((a, b) => a.first - b.first);
}

describe('the geo table', () => {
  it('has no overlapping blocks', () => {
    const spans = spansOf(geo);
    expect(spans.every(({ first }, n) => n === 0 || first > (spans[n - 1]?.last ?? 0))).toBe(true);
    const six = geo.filter(({ cidr }) => cidr.includes(':')).map(({ cidr }) => cidr);
    expect(new Set(six).size).toBe(six.length);
    expect(six.length).toBeGreaterThan(20);
  });

  it('has homes, rented servers and Tor exits, in many countries and systems', () => {
    expect(new Set(geo.map(({ country }) => country)).size).toBeGreaterThan(20);
    expect(new Set(geo.map(({ asn }) => asn)).size).toBeGreaterThan(150);
    expect(geo.filter(({ tor }) => tor).length).toBeGreaterThan(5);
    expect(geo.filter(({ hosting }) => hosting).length).toBeGreaterThan(50);
    expect(geo.every(({ asn }) => asn >= 64512 && asn <= 65534)).toBe(true);
    expect(geo.filter(({ tor, hosting }) => tor && !hosting)).toEqual([]);
  });

  it('holds every public address that the traffic comes from', () => {
    const { records, traffic } = draw({ credentials: 150, days: 3 });
    const spans = spansOf(traffic.geo);
    const six = traffic.geo
      .filter(({ cidr }) => cidr.includes(':'))
      .map(({ cidr }) => cidr.replace('::/48', ':'));
    const addresses = new Set(
      records.map(({ sourceIPAddress }) => sourceIPAddress).filter((ip) => ipaddr.isValid(ip)),
    );
    const homeless = [...addresses].filter((ip) => {
      if (ip.includes(':')) return !six.some((prefix) => ip.startsWith(prefix));
      if (ip.startsWith('10.')) return false;
      const word = ipaddr.IPv4.parse(ip).octets.reduce((sum, octet) => sum * 256 + octet, 0);
      return !spans.some(({ first, last }) => word >= first && word <= last);
    });
    expect(homeless).toEqual([]);
    expect(addresses.size).toBeGreaterThan(500);
  });
});
