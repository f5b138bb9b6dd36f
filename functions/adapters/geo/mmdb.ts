import { Reader, type Response } from 'mmdb-lib';
import * as z from 'zod/mini';
import type { Atlas, Place } from '#core/detection/place.ts';
import { remembering } from './ranges.ts';

const NUMBER = z.optional(z.number());
const TEXT = z.optional(z.string());

/** What MaxMind's City, Country, ASN and Anonymous IP databases say, and IP2Location's in the same format. */
const ENTRY = z.object({
  country: z.optional(z.object({ iso_code: TEXT })),
  location: z.optional(z.object({ latitude: NUMBER, longitude: NUMBER })),
  autonomous_system_number: z.optional(z.union([z.number(), z.string()])),
  autonomous_system_organization: TEXT,
  is_tor_exit_node: z.optional(z.boolean()),
  is_hosting_provider: z.optional(z.boolean()),
});

/**
 * Places from the bytes of one MMDB database.
 *
 * @throws Error of mmdb-lib where the bytes are none
 */
export function atlasOfMmdb(bytes: Buffer): Atlas {
  const reader = new Reader(bytes);
  return remembering((ip) => {
    const read = ENTRY.safeParse(lookUp(reader, ip));
    return read.success ? placeOf(read.data) : undefined;
  });
}

/** A database of IPv4 alone would answer for an IPv6 address by its first bits, as if it were another. */
function lookUp(reader: Reader<Response>, ip: string): unknown {
  if (reader.metadata.ipVersion === 4 && ip.includes(':')) return undefined;
  try {
    return reader.get(ip);
  } catch {
    return undefined;
  }
}

function placeOf(entry: z.infer<typeof ENTRY>): Place {
  const asn = entry.autonomous_system_number;
  const { iso_code: country } = entry.country ?? {};
  const { latitude, longitude } = entry.location ?? {};
  return {
    ...(asn === undefined ? {} : { asn: `AS${`${asn}`.replace(/^AS/i, '')}` }),
    ...(entry.autonomous_system_organization === undefined
      ? {}
      : { org: entry.autonomous_system_organization }),
    ...(country === undefined ? {} : { country }),
    ...(latitude === undefined ? {} : { lat: latitude }),
    ...(longitude === undefined ? {} : { lon: longitude }),
    ...(entry.is_tor_exit_node === undefined ? {} : { tor: entry.is_tor_exit_node }),
    ...(entry.is_hosting_provider === undefined ? {} : { hosting: entry.is_hosting_provider }),
  };
}
