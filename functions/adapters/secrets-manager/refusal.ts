import {
  InvalidParameterException,
  InvalidRequestException,
  ResourceExistsException,
  ResourceNotFoundException,
} from '@aws-sdk/client-secrets-manager';

/** What Secrets Manager refuses for a reason that a caller handles. */
export type VaultRefusal = 'not-found' | 'exists' | 'moved' | 'busy' | 'disabled';

const MARKED_FOR_DELETION = /marked for deletion|scheduled for deletion/i;
const STAGE_NOT_ON_VERSION = /not associated to the provided version|versionstage.*versionid/i;
const LABEL_ELSEWHERE = /RemoveFromVersionId|staging label/i;
const EARLIER_ROTATION = /previous rotation isn.?t complete/i;
const NO_ROTATION = /rotation (function|lambda)|lambda.*rotat|rotation is not enabled|isn.?t enabled/i;

/**
 * Reads a refusal out of a service error; `undefined` for anything else. One exception stands for several
 * conditions here (InvalidRequestException alone for three), so the message has to decide; a message that is not
 * recognised is a fault, never a guess.
 */
export function vaultRefusalOf(error: unknown): VaultRefusal | undefined {
  if (error instanceof ResourceNotFoundException) return 'not-found';
  if (error instanceof ResourceExistsException) return 'exists';
  if (error instanceof InvalidParameterException)
    return LABEL_ELSEWHERE.test(error.message) ? 'moved' : undefined;
  if (!(error instanceof InvalidRequestException)) return undefined;
  if (EARLIER_ROTATION.test(error.message)) return 'busy';
  if (MARKED_FOR_DELETION.test(error.message) || STAGE_NOT_ON_VERSION.test(error.message)) return 'not-found';
  if (NO_ROTATION.test(error.message)) return 'disabled';
  return undefined;
}
