import { PortError } from '#core/ports.ts';

type Fault = { readonly outcome: 'not-applied' | 'maybe-applied'; readonly retryable: boolean };

const NOT_APPLIED_RETRY: Fault = { outcome: 'not-applied', retryable: true };
const NOT_APPLIED_FINAL: Fault = { outcome: 'not-applied', retryable: false };
const UNKNOWN: Fault = { outcome: 'maybe-applied', retryable: true };

/**
 * What each SDK error says about the call: refused before it did anything, or of unknown outcome, which is to be
 * read back before anything else is done (F3, F16). An error not named here is of unknown outcome.
 */
export const SDK_FAULTS: Readonly<Record<string, Fault>> = {
  ThrottlingException: NOT_APPLIED_RETRY,
  Throttling: NOT_APPLIED_RETRY,
  ThrottledException: NOT_APPLIED_RETRY,
  TooManyRequestsException: NOT_APPLIED_RETRY,
  RequestLimitExceeded: NOT_APPLIED_RETRY,
  ProvisionedThroughputExceededException: NOT_APPLIED_RETRY,
  RequestThrottled: NOT_APPLIED_RETRY,
  LimitExceededException: NOT_APPLIED_FINAL,
  AccessDenied: NOT_APPLIED_FINAL,
  AccessDeniedException: NOT_APPLIED_FINAL,
  UnauthorizedOperation: NOT_APPLIED_FINAL,
  NotAuthorizedException: NOT_APPLIED_FINAL,
  UnrecognizedClientException: NOT_APPLIED_FINAL,
  InvalidClientTokenId: NOT_APPLIED_FINAL,
  ExpiredTokenException: NOT_APPLIED_RETRY,
  ValidationException: NOT_APPLIED_FINAL,
  InvalidParameterException: NOT_APPLIED_FINAL,
  InvalidRequestException: NOT_APPLIED_FINAL,
  ResourceNotFoundException: NOT_APPLIED_FINAL,
  NotFoundException: NOT_APPLIED_FINAL,
  MalformedPolicyDocumentException: NOT_APPLIED_FINAL,
  PublicPolicyException: NOT_APPLIED_FINAL,
  DecryptionFailure: NOT_APPLIED_FINAL,
  EncryptionFailure: NOT_APPLIED_FINAL,
  DisabledException: NOT_APPLIED_FINAL,
  KMSInvalidStateException: NOT_APPLIED_FINAL,
  KeyUnavailableException: NOT_APPLIED_RETRY,
  InvalidCiphertextException: NOT_APPLIED_FINAL,
  IncorrectKeyException: NOT_APPLIED_FINAL,
  TransactionInProgressException: UNKNOWN,
  InternalServiceError: UNKNOWN,
  InternalServerError: UNKNOWN,
  InternalFailure: UNKNOWN,
  ServiceUnavailable: UNKNOWN,
  ServiceUnavailableException: UNKNOWN,
  TimeoutError: UNKNOWN,
  AbortError: UNKNOWN,
  ECONNRESET: UNKNOWN,
  EPIPE: UNKNOWN,
  ECONNREFUSED: NOT_APPLIED_RETRY,
  ENOTFOUND: NOT_APPLIED_RETRY,
};

/** An SDK error as the core understands it; its name becomes the code, its message stays with the cause. */
export function toPortError(error: unknown): PortError {
  if (error instanceof PortError) return error;
  const code = nameOf(error);
  const fault = SDK_FAULTS[code] ?? UNKNOWN;
  return new PortError(code, { ...fault, message: code }, { cause: error });
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  if ('code' in error && typeof error.code === 'string' && error.code in SDK_FAULTS) return error.code;
  return error.name;
}
