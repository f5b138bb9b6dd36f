import type { Finding } from '../finding.ts';
import type { Sighting } from '../sighting.ts';

/**
 * T0-2: a version used after its time, retired by a rotation or revoked. Somebody holds an old copy: a consumer
 * that does not refetch, or a thief. It is refused already.
 *
 * @see MITRE ATT&CK T1078.004 (Cloud Accounts); NIST IA-5, AC-2(12).
 */
export function afterCutover(sighting: Sighting): Finding | undefined {
  if (sighting.kind !== 'use' || sighting.allowed) return undefined;
  if (sighting.reason !== 'retired' && sighting.reason !== 'revoked' && sighting.reason !== 'expired') return undefined;
  return {
    signal: 'use-after-cutover',
    seen: `${sighting.network} presented ${sighting.keyId} of ${sighting.tokenId}, which is ${sighting.reason}`,
  };
}
