import type { TokenRecord } from '../../records.ts';
import type { Finding } from '../finding.ts';
import type { Sighting } from '../sighting.ts';

/**
 * T0-1: anything that touches a canary, success or failure. Nobody has a reason to.
 *
 * @see MITRE ATT&CK T1552 (Unsecured Credentials); NIST SI-4, SC-26.
 */
export function canaryUse(
  sighting: Sighting,
  token: Pick<TokenRecord, 'tokenId' | 'canary'>,
): Finding | undefined {
  if (!token.canary || sighting.kind === 'rotation-failed' || sighting.kind === 'value-read')
    return undefined;
  const by = sighting.kind === 'use' ? sighting.network : (sighting.actant.arn ?? 'an unknown principal');
  const did = sighting.kind === 'use' ? 'used' : 'read the secret of';
  return {
    signal: 'canary-use',
    seen: `${by} ${did} canary ${token.tokenId}, which nobody has a reason to touch`,
  };
}
