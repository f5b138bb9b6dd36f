import type { Random } from '../random.ts';
import { CITIES, COUNTRIES, type Place, REGIONS } from './places.ts';

/** One line of geo.ndjson. Blocks never overlap; `lat` and `lon` are those of a city. */
export interface GeoLine {
  readonly cidr: string;
  readonly asn: number;
  readonly org: string;
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
  readonly tor: boolean;
  readonly hosting: boolean;
}

/** What a block is used for: homes and mobile phones, offices, public Wi-Fi, the cloud itself, rented servers… */
export type Use =
  | 'home'
  | 'home6'
  | 'mobile'
  | 'mobile6'
  | 'office'
  | 'venue'
  | 'cloud'
  | 'runner'
  | 'vps'
  | 'vpn'
  | 'tor';

export interface Block extends GeoLine {
  readonly use: Use;
  readonly region?: string;
  readonly base: number;
  readonly bits: number;
}

export interface Geo {
  readonly blocks: readonly Block[];
  find(use: Use, where?: { readonly country?: string; readonly region?: string }): readonly Block[];
}

/**
 * The table of a seed. Addresses are invented to a purpose: the first octets are ranges that are hardly routed, so
 * that no address is a customer's; the documentation and benchmarking ranges are among them. ASNs are private ones.
 */
export function createGeo(random: Random): Geo {
  const blocks: Block[] = [];
  const spare = random.sample(
    [11, 21, 22, 26, 28, 29, 30, 33, 55].flatMap((first) =>
      Array.from({ length: 256 }, (_, n) => first * 256 + n),
    ),
    2304,
  );
  const special: [number, number][] = [
    [0xc6336400, 24],
    [0xcb007100, 24],
    [0xc0000200, 24],
    [0xc6120000, 16],
    [0xc6130000, 16],
  ];
  let nextAsn = 64512;
  let nextV6 = random.int(1, 99);

  function add(use: Use, asn: number, org: string, place: Place, bits: number, region?: string): void {
    const base = ((spare.pop() ?? 0) << 16) >>> 0;
    push(use, asn, org, place, base, bits, region);
  }

  function push(
    use: Use,
    asn: number,
    org: string,
    place: Place,
    base: number,
    bits: number,
    region?: string,
  ): void {
    const six = use === 'home6' || use === 'mobile6';
    blocks.push({
      cidr: six ? `2001:db8:${base.toString(16)}::/48` : `${dotted(base)}/${bits}`,
      asn,
      org,
      country: place.country,
      lat: place.lat,
      lon: place.lon,
      tor: use === 'tor',
      hosting: ['cloud', 'runner', 'vps', 'tor', 'vpn'].includes(use),
      use,
      base,
      bits,
      ...(region === undefined ? {} : { region }),
    });
  }

  const cloud = nextAsn++;
  for (const [region, place] of Object.entries(REGIONS))
    for (let n = 0; n < 6; n++) add('cloud', cloud, 'Nimbus Cloud', place, random.int(18, 20), region);

  for (const country of COUNTRIES) {
    const places = (CITIES[country] ?? []).map(([lat, lon]) => ({ country, lat, lon }));
    const isps = random.int(3, 5);
    for (let n = 0; n < isps; n++) {
      const asn = nextAsn++;
      const org = `Fibre ${n + 1} ${country}`;
      for (const place of places) {
        for (let part = random.int(1, 3); part > 0; part--) add('home', asn, org, place, random.int(18, 21));
        if (random.chance(0.6)) push('home6', asn, org, place, nextV6++, 48);
      }
    }
    for (let n = random.int(2, 3); n > 0; n--) {
      const asn = nextAsn++;
      const org = `Mobile ${n} ${country}`;
      for (const place of places) add('mobile', asn, org, place, 20);
      const place = random.pick(places);
      push('mobile6', asn, org, place, nextV6++, 48);
    }
    const business = nextAsn++;
    const venue = nextAsn++;
    for (const place of places) {
      add('office', business, `Business ${country}`, place, 22);
      add('venue', venue, `Guest Wi-Fi ${country}`, place, 22);
    }
    const vps = nextAsn++;
    for (let n = random.int(1, 3); n > 0; n--)
      add('vps', vps, `Rented Servers ${country}`, random.pick(places), 21);
    if (random.chance(0.5)) {
      const [base, bits] = special.pop() ?? [((spare.pop() ?? 0) << 16) >>> 0, 24];
      push('vps', vps, `Rented Servers ${country}`, random.pick(places), base, bits);
    }
    add('vpn', nextAsn++, `Private Tunnel ${country}`, random.pick(places), 23);
    if (random.chance(0.6)) add('tor', vps, `Rented Servers ${country}`, random.pick(places), 27);
  }

  const runners = nextAsn++;
  for (const country of ['US', 'NL', 'IE', 'US', 'SE', 'US', 'IN', 'US'])
    for (let n = 0; n < 8; n++) {
      const [lat, lon] = random.pick(CITIES[country] ?? []);
      add('runner', runners, 'Hosted Runners', { country, lat, lon }, random.int(16, 19));
    }

  const found = new Map<string, readonly Block[]>();
  return {
    blocks,
    find(use, where = {}) {
      const key = `${use}/${where.country ?? ''}/${where.region ?? ''}`;
      let answer = found.get(key);
      if (answer === undefined) {
        answer = blocks.filter(
          (block) =>
            block.use === use &&
            (where.country === undefined || block.country === where.country) &&
            (where.region === undefined || block.region === where.region),
        );
        found.set(key, answer);
      }
      return answer;
    },
  };
}

export const geoLine = ({ cidr, asn, org, country, lat, lon, tor, hosting }: Block): GeoLine => ({
  cidr,
  asn,
  org,
  country,
  lat,
  lon,
  tor,
  hosting,
});

const dotted = (word: number): string =>
  `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;

/** An address within a block; in IPv6 a /64 and a host of privacy extensions. */
export function addressIn(block: Block, random: Random): string {
  if (block.use === 'home6' || block.use === 'mobile6') {
    const words = Array.from({ length: 4 }, () => random.int(1, 65535).toString(16));
    return `2001:db8:${block.base.toString(16)}:${random.int(1, 4095).toString(16)}:${words.join(':')}`;
  }
  return dotted((block.base + random.int(1, 2 ** (32 - block.bits) - 2)) >>> 0);
}

/** Another host address within the /64 of an IPv6 address, or within the /24 of an IPv4 one. */
export function neighbourOf(address: string, random: Random): string {
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.${random.int(1, 254)}`;
  const words = Array.from({ length: 4 }, () => random.int(1, 65535).toString(16));
  return [...address.split(':').slice(0, 4), ...words].join(':');
}
