import { randomUUID } from 'node:crypto';
import { refusalOf, resultOf } from '../answers.ts';
import type { Answer, Call, JsonObject } from '../call.ts';
import { ACCOUNT, REGION } from '../upstream.ts';
import { trailForm } from './redact.ts';

/** A CloudTrail record. */
export type TrailRecord = JsonObject & { readonly eventName: string; readonly eventSource: string };

/** The services whose management calls leave a record; the rest is out of reach of the detection rules. */
const RECORDED = new Set([
  'secretsmanager',
  'kms',
  'iam',
  'sts',
  'lambda',
  'events',
  'cloudtrail',
  'dynamodb',
  'logs',
  'sns',
  'sqs',
  'cloudformation',
  'ssm',
]);

/** Data events: CloudTrail does not deliver them to EventBridge as management events. */
const DATA_EVENTS: Readonly<Record<string, RegExp>> = {
  dynamodb: /Item|^Query$|^Scan$|PartiQL|Statement|Transaction|GetRecords|GetShardIterator/,
  lambda: /^Invoke/,
  events: /^PutEvents$|^TestEventPattern$/,
  sqs: /Message/,
  sns: /^Publish/,
  logs: /LogEvents$|^StartQuery$|^GetQueryResults$/,
};

/** AWS cannot say who called when the key or the signature is not right, and writes no record. */
const UNAUTHENTICATED = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
]);

/** A denial is AccessDenied in the trail, whatever the wire calls it, and shows no parameters: its message does. */
const DENIED = /^AccessDenied/;

/** Cryptographic calls and role sessions change nothing, by CloudTrail's own marking. */
const READ_ONLY_BY_NAME = /^(Get|List|Describe|BatchGet|Lookup|Search|Simulate|Validate|Test|Check)/;
const READ_ONLY_KMS = /^(Encrypt|Decrypt|ReEncrypt|Generate|Sign|Verify|DeriveSharedSecret)/;

/** Whether CloudTrail marks the call as read-only. */
function isReadOnly(service: string, operation: string): boolean {
  if (service === 'kms' && READ_ONLY_KMS.test(operation)) return true;
  if (service === 'sts') return true;
  return READ_ONLY_BY_NAME.test(operation);
}

/** Read-only calls show no result, but for the ones of STS that hand out credentials. */
function showsResult(call: Call): boolean {
  if (call.service === 'sts') return /^AssumeRole|^Get(?:Session|Federation)Token$/.test(call.operation);
  return !isReadOnly(call.service, call.operation);
}

/** Whether a call leaves a record at all. */
export function isRecorded(call: Call, answer: Answer): boolean {
  if (!RECORDED.has(call.service) || call.operation === '') return false;
  if (DATA_EVENTS[call.service]?.test(call.operation) === true) return false;
  return !UNAUTHENTICATED.has(refusalOf(call, answer)?.code ?? '');
}

/** Writes the record of a call, as CloudTrail would. `at` is when the call arrived, in epoch milliseconds. */
export function recordOf(call: Call, answer: Answer, userIdentity: JsonObject, at: number): TrailRecord {
  const refusal = refusalOf(call, answer);
  const denied = DENIED.test(refusal?.code ?? '');
  return {
    ...common(call.eventName, `${call.service}.amazonaws.com`, at),
    userIdentity,
    awsRegion: call.region,
    sourceIPAddress: call.peer,
    userAgent: String(call.headers['user-agent'] ?? ''),
    ...(refusal === undefined ? {} : failure(denied ? 'AccessDenied' : refusal.code, refusal.message)),
    requestParameters: denied ? null : trailForm(call.service, call.params),
    responseElements:
      showsResult(call) && refusal === undefined ? trailForm(call.service, resultOf(call, answer)) : null,
    requestID: requestIdOf(answer),
    readOnly: isReadOnly(call.service, call.operation),
    eventType: 'AwsApiCall',
    ...tls(call),
  };
}

/** A call that a service makes in the name of a caller: forwarded identity, service as network and agent. */
export interface ForwardedCall {
  readonly eventName: string;
  readonly eventSource: string;
  readonly invokedBy: string;
  readonly requestParameters: JsonObject;
  readonly resources: JsonObject['resources'];
}

/** Writes the record of a forwarded call, such as the Decrypt behind a GetSecretValue. */
export function forwardedRecord(forwarded: ForwardedCall, caller: JsonObject, at: number): TrailRecord {
  const { eventName, eventSource, invokedBy, requestParameters, resources } = forwarded;
  return {
    ...common(eventName, eventSource, at),
    userIdentity: { ...caller, invokedBy },
    sourceIPAddress: invokedBy,
    userAgent: invokedBy,
    requestParameters,
    responseElements: null,
    requestID: randomUUID(),
    readOnly: true,
    resources: resources ?? [],
    eventType: 'AwsApiCall',
  };
}

/** Writes an event of Secrets Manager itself, such as RotationSucceeded. */
export function rotationRecord(
  eventName: string,
  secretArn: string,
  versionId: string,
  errorMessage: string | undefined,
): TrailRecord {
  const service = 'secretsmanager.amazonaws.com';
  return {
    ...common(eventName, service, Date.now()),
    userIdentity: { accountId: ACCOUNT, invokedBy: service },
    sourceIPAddress: service,
    userAgent: service,
    ...(errorMessage === undefined ? {} : { errorMessage }),
    requestParameters: null,
    responseElements: null,
    additionalEventData: { SecretId: secretArn },
    requestID: `Rotation-${secretArn}-${versionId}`,
    readOnly: false,
    eventType: 'AwsServiceEvent',
  };
}

function failure(errorCode: string, errorMessage: string): JsonObject {
  return { errorCode, errorMessage };
}

function common(eventName: string, eventSource: string, at: number) {
  return {
    eventVersion: '1.11',
    eventTime: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    eventSource,
    eventName,
    awsRegion: REGION,
    eventID: randomUUID(),
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
  } as const;
}

function tls(call: Call): JsonObject {
  const clientProvidedHostHeader = `${call.service}.${call.region}.amazonaws.com`;
  return {
    tlsDetails: { tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256', clientProvidedHostHeader },
  };
}

function requestIdOf(answer: Answer): string {
  const header = answer.headers['x-amzn-requestid'] ?? answer.headers['x-amz-request-id'];
  return typeof header === 'string' ? header : randomUUID();
}
