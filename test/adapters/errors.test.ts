import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as lambda from '@aws-sdk/client-lambda';
import * as secretsManager from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { faultOf, toPortError } from '#adapters/errors.ts';
import { PortError } from '#core/ports.ts';

const BUSY = { outcome: 'not-applied', retryable: true };
const REFUSED = { outcome: 'not-applied', retryable: false };
const UNKNOWN = { outcome: 'maybe-applied', retryable: true };

/** As the SDK throws it: a name, and what came over the wire. */
const answered = (name: string, httpStatusCode: number, attempts = 1): Error =>
  Object.assign(new Error(`${name} with details`), { name, $metadata: { httpStatusCode, attempts } });
const broken = (name: string, code?: string): Error =>
  Object.assign(new Error('socket'), { name, ...(code === undefined ? {} : { code }) });

describe('faultOf', () => {
  it.each([
    ['throttled', answered('ThrottlingException', 400), BUSY],
    ['throttled, query protocol', answered('Throttling', 400), BUSY],
    ['throttled by KMS behind a queue', answered('KmsThrottled', 400), BUSY],
    ['throttled by Lambda', answered('TooManyRequestsException', 429), BUSY],
    ['out of throughput', answered('ProvisionedThroughputExceededException', 400), BUSY],
    ['crossed by a transaction', answered('TransactionConflictException', 400), BUSY],
    ['a key not reachable for now', answered('KeyUnavailableException', 500), BUSY],
    ['expired credentials', answered('ExpiredTokenException', 400), BUSY],
    ['no credentials', broken('CredentialsProviderError'), BUSY],
    ['nobody listens', broken('Error', 'ECONNREFUSED'), BUSY],
    ['no such host', broken('Error', 'ENOTFOUND'), BUSY],
    ['denied', answered('AccessDeniedException', 400), REFUSED],
    ['denied, query protocol', answered('AccessDenied', 403), REFUSED],
    ['bad signature', answered('InvalidSignatureException', 403), REFUSED],
    ['unknown key', answered('UnrecognizedClientException', 400), REFUSED],
    ['not valid', answered('ValidationException', 400), REFUSED],
    ['too large', answered('ItemCollectionSizeLimitExceededException', 400), REFUSED],
    ['same token, other request', answered('IdempotentParameterMismatchException', 400), REFUSED],
    ['not there', answered('ResourceNotFoundException', 400), REFUSED],
    ['a key disabled', answered('DisabledException', 409), REFUSED],
    ['a key disabled, as Lambda says it', answered('KMSDisabledException', 502), REFUSED],
    ['still running', answered('TransactionInProgressException', 400), UNKNOWN],
    ['timed out at the service', answered('RequestTimeout', 400), UNKNOWN],
    ['failed inside', answered('InternalServerError', 500), UNKNOWN],
    ['unavailable', answered('ServiceUnavailable', 503), UNKNOWN],
    ['a dependency timed out', answered('DependencyTimeoutException', 503), UNKNOWN],
    ['timed out here', broken('TimeoutError', 'ETIMEDOUT'), UNKNOWN],
    ['given up here', broken('AbortError'), UNKNOWN],
    ['reset', broken('TimeoutError', 'ECONNRESET'), UNKNOWN],
    ['broken pipe', broken('Error', 'EPIPE'), UNKNOWN],
    ['an error never seen, without an answer', broken('SomethingNew'), UNKNOWN],
    ['an error never seen, answered 4xx', answered('SomethingNew', 418), REFUSED],
    ['a name that every object has', broken('constructor', 'toString'), UNKNOWN],
    ['no error at all', 'a string', UNKNOWN],
  ])('%s', (_, error, expected) => {
    expect(faultOf(error)).toEqual(expected);
  });

  it('believes no refusal after an attempt that nobody knows about', () => {
    expect(faultOf(answered('ValidationException', 400, 2))).toEqual({
      ...REFUSED,
      outcome: 'maybe-applied',
    });
    expect(faultOf(answered('ThrottlingException', 400, 3))).toEqual({ ...BUSY, outcome: 'maybe-applied' });
  });

  /** Every error that the models of the services we call declare, with the status class it comes with. */
  const modelled = Object.entries({
    dynamodb,
    eventbridge,
    iam,
    kms,
    lambda,
    secretsManager,
    sns,
    sqs,
  }).flatMap(([service, module]) =>
    Object.values(module as Record<string, unknown>).flatMap((member) => {
      if (typeof member !== 'function' || !(member.prototype instanceof Error)) return [];
      if (member.name.endsWith('ServiceException') && member.name.length > 'ServiceException'.length)
        return [];
      const make = member as new (options: object) => Error & { $fault: 'client' | 'server' };
      const error = new make({ message: '', $metadata: { attempts: 1 } });
      const status = error.$fault === 'client' ? 400 : 500;
      return [{ service, name: error.name, fault: error.$fault, error: answered(error.name, status) }];
    }),
  );

  it('says of every modelled error what its side says, but for those whose name says more', () => {
    expect(modelled.length).toBeGreaterThan(200);
    const unlike = modelled
      .filter(({ fault, error }) => (faultOf(error).outcome === 'not-applied') !== (fault === 'client'))
      .map(({ service, name }) => `${service} ${name}`);
    expect(unlike.toSorted()).toEqual([
      'dynamodb TransactionInProgressException',
      'kms KeyUnavailableException',
      'lambda EC2ThrottledException',
      'lambda KMSAccessDeniedException',
      'lambda KMSDisabledException',
      'lambda KMSInvalidStateException',
      'lambda KMSNotFoundException',
      'lambda ResourceNotReadyException',
    ]);
  });

  it('retries every modelled throttling, and no other refusal but crossings', () => {
    const again = new Set(
      modelled
        .filter(({ error }) => faultOf(error).outcome === 'not-applied' && faultOf(error).retryable)
        .map(({ name }) => name),
    );
    const throttles = modelled
      .map(({ name }) => name)
      .filter((name) => /thrott|TooManyReq|RequestLimit|Throughput/i.test(name));
    for (const name of throttles) expect(again).toContain(name);
    expect([...again].filter((name) => !throttles.includes(name)).toSorted()).toEqual([
      'ConcurrentAccessException',
      'ConcurrentModificationException',
      'EntityTemporarilyUnmodifiableException',
      'KeyUnavailableException',
      'ReplicatedWriteConflictException',
      'ResourceConflictException',
      'ResourceNotReadyException',
      'TransactionConflictException',
    ]);
  });
});

describe('toPortError', () => {
  it('keeps the error as cause and prints only its name', () => {
    const cause = answered('ValidationException', 400);
    const error = toPortError(cause);
    expect(error).toMatchObject({ code: 'ValidationException', message: 'ValidationException', ...REFUSED });
    expect(error.cause).toBe(cause);
  });

  it('leaves a PortError alone', () => {
    const error = new PortError('bad-item', { outcome: 'not-applied', retryable: false });
    expect(toPortError(error)).toBe(error);
  });
});
