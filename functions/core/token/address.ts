import ipaddr from 'ipaddr.js';

/** An IPv4 or IPv6 address. */
export type Address = ReturnType<typeof ipaddr.parse>;

/** Longest address: IPv6 with an IPv4 tail. */
const LONGEST = 45;

const DOTTED = /^(?:[0-9a-f:]*:)?(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/i;
const COLONS = /^[0-9a-f:]+$/i;

/**
 * Reads an address as everybody reads it: four decimal numbers without leading zeros, or RFC 4291. Octal, hexadecimal
 * and shortened IPv4 (`012.1.2.3`, `0xa.1.2.3`, `10.1`) mean different hosts to different readers, so to us none.
 * IPv4 mapped into IPv6 is IPv4.
 */
export function readAddress(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined;
  if (!DOTTED.test(text) && !(text.includes(':') && COLONS.test(text))) return undefined;
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  return 'isIPv4MappedAddress' in address && address.isIPv4MappedAddress()
    ? address.toIPv4Address()
    : address;
}

const CIDR = /^([^/]+)\/(0|[1-9]\d{0,2})$/;

/** Reads a CIDR block, its address under the same rule, and how many bits of it are fixed. */
export function readRange(text: string): readonly [address: Address, bits: number] | undefined {
  const [, start = '', length = ''] = CIDR.exec(text) ?? [];
  const address = readAddress(start);
  if (address === undefined) return undefined;
  const bits = Number(length);
  return bits <= (address.kind() === 'ipv4' ? 32 : 128) ? [address, bits] : undefined;
}
