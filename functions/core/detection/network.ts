import type { Place } from './place.ts';

/** From fine to coarse. A VPC endpoint is a level of its own: it has an id and no address that means anything. */
export const LEVELS = ['ip', 'prefix', 'asn', 'country', 'vpce'] as const;

export type Level = (typeof LEVELS)[number];

/** One network as it is known at each level; empty where a level is not known. */
export type Address = Readonly<Record<Level, string>>;

const NOWHERE: Address = { ip: '', prefix: '', asn: '', country: '', vpce: '' };

/** A network's name at every level. */
export function addressOf(network: string, place: Place | undefined): Address {
  if (network === '') return NOWHERE;
  if (network.startsWith('vpce-')) return { ...NOWHERE, vpce: network };
  return {
    ip: network,
    prefix: prefixOf(network),
    asn: place?.asn ?? '',
    country: place?.country ?? '',
    vpce: '',
  };
}

/** The /24 of an IPv4 address, the /48 of an IPv6 one. */
function prefixOf(ip: string): string {
  if (!ip.includes(':')) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`;
  const [head] = ip.split('::') as [string];
  const groups = head === '' ? [] : head.split(':');
  return `${[...groups, '0', '0', '0'].slice(0, 3).join(':').toLowerCase()}::/48`;
}
