import ipaddr from 'ipaddr.js';
import * as z from 'zod/mini';
import type { Atlas, Place } from '#core/detection/place.ts';
import { jsonIn } from '#core/json.ts';

const LINE = z.object({
  cidr: z.string(),
  asn: z.optional(z.nullable(z.union([z.string(), z.number()]))),
  org: z.optional(z.nullable(z.string())),
  country: z.optional(z.nullable(z.string())),
  lat: z.optional(z.nullable(z.number())),
  lon: z.optional(z.nullable(z.number())),
  tor: z.optional(z.nullable(z.boolean())),
  hosting: z.optional(z.nullable(z.boolean())),
});

/** How many addresses are remembered with their place. */
const REMEMBERED = 65_536;

/** A geo file's line that cannot be read. */
export class GeoError extends Error {
  readonly code = 'geo-file';

  constructor(line: number, problem: string) {
    super(`line ${line} of the geo file: ${problem}`);
    this.name = 'GeoError';
  }
}

/**
 * Places from ndjson lines `{"cidr","asn","org","country","lat","lon","tor","hosting"}`; of several blocks the
 * narrowest counts.
 *
 * @throws GeoError naming the line and what is wrong with it
 */
export function atlasOfLines(text: string): Atlas {
  const tables = new Map<string, Map<string, Place>>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const { block, place } = parseLine(line, index + 1);
    const [address, length] = block;
    const size = `${address.kind()} ${length}`;
    const table = tables.get(size) ?? new Map<string, Place>();
    table.set(masked(address.toByteArray(), length), place);
    tables.set(size, table);
  }
  const sizes = [...tables]
    .map(([size, table]) => ({ kind: size.split(' ')[0], length: Number(size.split(' ')[1]), table }))
    .sort((a, b) => b.length - a.length);
  return remembering((ip) => {
    if (!ipaddr.isValid(ip)) return undefined;
    const address = ipaddr.process(ip);
    const bytes = address.toByteArray();
    for (const { kind, length, table } of sizes) {
      if (kind !== address.kind()) continue;
      const place = table.get(masked(bytes, length));
      if (place !== undefined) return place;
    }
    return undefined;
  });
}

/** Remembers answers: a trail asks for the same addresses over and over. */
export function remembering(look: Atlas): Atlas {
  const known = new Map<string, Place | undefined>();
  return (ip) => {
    if (known.has(ip)) return known.get(ip);
    const place = look(ip);
    if (known.size >= REMEMBERED) known.clear();
    known.set(ip, place);
    return place;
  };
}

function parseLine(
  line: string,
  number: number,
): { block: [ipaddr.IPv4 | ipaddr.IPv6, number]; place: Place } {
  const json = jsonIn(line);
  const read = LINE.safeParse(json);
  if (!read.success) {
    const field = read.error.issues[0]?.path.join('.') || 'the line';
    throw new GeoError(number, `${field} is missing or of the wrong kind`);
  }
  const { cidr, asn, org, country, lat, lon, tor, hosting } = read.data;
  if (!ipaddr.isValidCIDR(cidr)) throw new GeoError(number, 'cidr is no CIDR block, such as 203.0.113.0/24');
  return {
    block: ipaddr.parseCIDR(cidr),
    place: {
      ...(asn == null ? {} : { asn: `${asn}` }),
      ...(org == null ? {} : { org }),
      ...(country == null ? {} : { country }),
      ...(lat == null ? {} : { lat }),
      ...(lon == null ? {} : { lon }),
      ...(tor == null ? {} : { tor }),
      ...(hosting == null ? {} : { hosting }),
    },
  };
}

/** The first bits of an address, as a key. */
function masked(bytes: readonly number[], length: number): string {
  let key = '';
  for (let index = 0; index * 8 < length; index++) {
    const bits = Math.min(8, length - index * 8);
    key += String.fromCharCode((bytes[index] as number) & (0xff << (8 - bits)) & 0xff);
  }
  return key;
}
