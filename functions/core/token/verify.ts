import type { EpochMs, VersionRecord } from '../records.ts';
import { readAddress, readRange } from './address.ts';
import { plainlyWithin } from './plain-network.ts';

/** Where a request came from, by the gateway's own word; never from a header that a client can set. */
export interface Source {
  readonly ip?: string;
  readonly vpcEndpoint?: string;
}

/** What a request needs. `scopes`: all of them. */
export interface Need {
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly source: Source;
}

/** Why a credential is refused: rich inside, one and the same answer outside. */
export type DenialReason =
  | 'malformed'
  | 'checksum'
  | 'environment'
  | 'unknown'
  | 'mac'
  | 'tampered'
  | 'revoked'
  | 'suspended'
  | 'expired'
  | 'retired'
  | 'not-pending'
  | 'audience'
  | 'scope'
  | 'network'
  | 'route'
  | 'unavailable';

/**
 * Whether a version can be accepted at all now: state, suspension, time. `normal` takes pending versions too: the
 * vault's label moves before the registry learns of it, and whoever reads the new value in between must not be
 * refused (S1). `probe` takes nothing but pending ones, so that it is no oracle for any other.
 */
export function standingOf(
  version: VersionRecord,
  now: EpochMs,
  mode: 'normal' | 'probe',
): DenialReason | undefined {
  if (version.state === 'revoked') return 'revoked';
  if (version.suspended) return 'suspended';
  if (version.state === 'expired') return 'expired';
  if (now >= version.expiresAt || now >= version.fields.hardMaxAt) {
    return version.state === 'retiring' ? 'retired' : 'expired';
  }
  if (mode === 'probe' && version.state !== 'pending') return 'not-pending';
  return undefined;
}

/**
 * Whether the version was promised for this network, this audience and these scopes (AC-3, IA-5(8)). The network
 * comes first: a genuine token from elsewhere is the plainest sign of a theft, whatever else its thief asks for.
 */
export function needOf(
  version: VersionRecord,
  need: Need,
  mode: 'normal' | 'probe',
): DenialReason | undefined {
  if (mode === 'normal' && !withinNetworks(version.fields.networks, need.source)) return 'network';
  if (version.fields.audience !== need.audience) return 'audience';
  const granted = version.fields.scopes;
  if (!need.scopes.every((scope) => granted.includes(scope))) return 'scope';
  return undefined;
}

/**
 * Whether a source lies within the declared networks. A VPC endpoint is compared by its id, an address by CIDR
 * (IPv4 mapped into IPv6 counts as IPv4). Nothing declared: any. Nothing readable: none.
 */
export function withinNetworks(networks: readonly string[], source: Source): boolean {
  if (networks.length === 0) return true;
  if (source.vpcEndpoint !== undefined && networks.includes(source.vpcEndpoint)) return true;
  const { ip } = source;
  return ip !== undefined && networks.some((network) => plainlyWithin(network, ip) ?? within(network, ip));
}

function within(network: string, ip: string): boolean {
  const address = readAddress(ip);
  const range = readRange(network);
  if (address === undefined || range === undefined) return false;
  return range[0].kind() === address.kind() && address.match([...range]);
}
