import type { TokenRecord } from '../../records.ts';
import { withinNetworks } from '../../token/verify.ts';
import type { Finding } from '../finding.ts';
import type { Sighting } from '../sighting.ts';

/**
 * T0-4: a genuine token presented, or its secret read, from outside the declared networks. Only a client's own
 * address counts: a service acting on somebody's behalf shows its own.
 *
 * @see MITRE ATT&CK T1550.001 (Application Access Token); NIST AC-2(12), AC-3, SC-7.
 */
export function outsideNetwork(
  sighting: Sighting,
  token: Pick<TokenRecord, 'tokenId' | 'fields'>,
): Finding | undefined {
  const { networks } = token.fields;
  const declared = networks.join(', ');
  if (sighting.kind === 'use') {
    if (sighting.allowed || sighting.reason !== 'network') return undefined;
    return {
      signal: 'outside-network',
      seen: `${sighting.network} presented the genuine token ${sighting.keyId} of ${token.tokenId}, outside ${declared}`,
    };
  }
  if (sighting.kind !== 'secret-read' || sighting.refused || sighting.actant.invokedBy !== undefined)
    return undefined;
  const { ip, vpcEndpoint } = sighting.source;
  if ((ip === undefined && vpcEndpoint === undefined) || withinNetworks(networks, sighting.source))
    return undefined;
  return {
    signal: 'read-outside-network',
    seen: `${sighting.actant.arn ?? 'a principal'} read the secret of ${token.tokenId} from ${vpcEndpoint ?? ip}, outside ${declared}`,
  };
}
