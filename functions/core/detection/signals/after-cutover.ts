import type { TokenRecord } from '../../records.ts';
import type { Finding } from '../finding.ts';
import type { Sighting } from '../sighting.ts';

/**
 * T0-2: a version used after its time, retired by a rotation or revoked. Somebody holds an old copy: a consumer
 * that does not refetch, or a thief. It is refused already.
 *
 * @see MITRE ATT&CK T1078.004 (Cloud Accounts); NIST IA-5, AC-2(12).
 */
export function afterCutover(
  sighting: Sighting,
  token: Pick<TokenRecord, 'tokenId' | 'versions'>,
): Finding | undefined {
  if (sighting.kind === 'value-read') {
    const version = token.versions.find(({ versionId }) => versionId === sighting.versionId);
    if (version?.state !== 'revoked' && version?.state !== 'expired') return undefined;
    return {
      signal: 'use-after-cutover',
      seen: `${sighting.actant.arn ?? 'a principal'} read version ${version.keyId} of ${token.tokenId}, which is ${version.state}`,
    };
  }
  if (sighting.kind !== 'use' || sighting.allowed) return undefined;
  if (sighting.reason !== 'retired' && sighting.reason !== 'revoked' && sighting.reason !== 'expired')
    return undefined;
  return {
    signal: 'use-after-cutover',
    seen: `${sighting.network} presented ${sighting.keyId} of ${sighting.tokenId}, which is ${sighting.reason}`,
  };
}
