import type { TokenRecord } from '../../records.ts';
import { isSameIdentity } from '../../token/caller.ts';
import type { Finding } from '../finding.ts';
import type { Sighting } from '../sighting.ts';

/**
 * T0-3: a secret read by a principal that its declaration does not name. A refused attempt is worth an alert, a
 * successful one means that the value is in strange hands.
 *
 * @see MITRE ATT&CK T1555.006 (Cloud Secrets Management Stores); NIST AC-3, AC-6, SI-4.
 */
export function unboundReader(
  sighting: Sighting,
  token: Pick<TokenRecord, 'tokenId' | 'readers'>,
): Finding | undefined {
  if (sighting.kind !== 'secret-read') return undefined;
  const { arn } = sighting.actant;
  if (arn !== undefined && token.readers.some((reader) => isSameIdentity(arn, reader))) return undefined;
  const who = arn ?? `a principal without an ARN (${sighting.actant.invokedBy ?? 'unknown'})`;
  const readers = `its ${token.readers.length} declared readers`;
  if (sighting.refused) {
    return {
      signal: 'unbound-reader-refused',
      seen: `${who} tried to read the secret of ${token.tokenId} and was refused; it is none of ${readers}`,
    };
  }
  return {
    signal: 'unbound-reader',
    seen: `${who} read the secret of ${token.tokenId} by ${sighting.name}; it is none of ${readers}`,
    ...(arn === undefined ? {} : { reader: arn }),
  };
}
