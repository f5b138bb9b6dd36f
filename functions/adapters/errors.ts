import { PortError } from '#core/ports.ts';

type Fault = { readonly outcome: 'not-applied' | 'maybe-applied'; readonly retryable: boolean };

const BUSY: Fault = { outcome: 'not-applied', retryable: true };
const REFUSED: Fault = { outcome: 'not-applied', retryable: false };
const UNKNOWN: Fault = { outcome: 'maybe-applied', retryable: true };

const named = (fault: Fault, ...names: readonly string[]): [string, Fault][] =>
  names.map((name) => [name, fault]);

/**
 * What an error's name says about the call, where that is not what its HTTP status says: refused before it did
 * anything, or of unknown outcome, which is to be read back before anything else is done (F3, F16).
 */
const FAULTS: ReadonlyMap<string, Fault> = new Map([
  ...named(
    BUSY,
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'TooManyRequestsException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'ProvisionedThroughputExceededException',
    'SlowDown',
    'BandwidthLimitExceeded',
    'KMSThrottlingException',
    'KmsThrottled',
    'EC2ThrottledException',
    'KeyUnavailableException',
    'TransactionConflictException',
    'ReplicatedWriteConflictException',
    'ConcurrentModificationException',
    'ConcurrentAccessException',
    'EntityTemporarilyUnmodifiableException',
    'ResourceNotReadyException',
    'ResourceConflictException',
    'ExpiredToken',
    'ExpiredTokenException',
    'RequestExpired',
    'CredentialsProviderError',
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ),
  ...named(
    REFUSED,
    'AccessDenied',
    'KMSAccessDeniedException',
    'KMSDisabledException',
    'KMSInvalidStateException',
    'KMSNotFoundException',
  ),
  ...named(
    UNKNOWN,
    'TransactionInProgressException',
    'RequestTimeout',
    'RequestTimeoutException',
    'PriorRequestNotComplete',
    'TimeoutError',
    'AbortError',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
  ),
]);

/**
 * What an SDK error says about its call. By name first; else a 4xx is a refusal, and everything else is of unknown
 * outcome. Where the SDK itself tried more than once, the last answer says nothing about the attempts before it.
 */
export function faultOf(error: unknown): Fault {
  const fault = FAULTS.get(nameOf(error)) ?? (isRefusal(statusOf(error)) ? REFUSED : UNKNOWN);
  return metadataOf(error, 'attempts') > 1 ? { ...fault, outcome: 'maybe-applied' } : fault;
}

/** An SDK error as the core understands it; its name becomes the code, its message stays with the cause. */
export function toPortError(error: unknown): PortError {
  if (error instanceof PortError) return error;
  const code = nameOf(error);
  return new PortError(code, { ...faultOf(error), message: messageOf(code, error) }, { cause: error });
}

/** Whatever the SDK throws, as a PortError. */
export async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (fault) {
    throw toPortError(fault);
  }
}

/** A denial names who may not do what, which is what its reader needs; other messages could repeat a parameter. */
function messageOf(code: string, error: unknown): string {
  return code.startsWith('AccessDenied') && error instanceof Error ? error.message.slice(0, 512) : code;
}

/** Network errors carry their name in `code`. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  if (FAULTS.has(error.name)) return error.name;
  return 'code' in error && typeof error.code === 'string' && FAULTS.has(error.code)
    ? error.code
    : error.name;
}

const isRefusal = (status: number): boolean => status >= 400 && status < 500;
const statusOf = (error: unknown): number => metadataOf(error, 'httpStatusCode');

function metadataOf(error: unknown, name: 'attempts' | 'httpStatusCode'): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0;
  const value: unknown = (error.$metadata as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'number' ? value : 0;
}
