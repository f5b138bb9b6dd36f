import type { Random } from './random.ts';
import { isoSeconds } from './timeline.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

interface SessionContext {
  readonly sessionIssuer?: JsonObject;
  readonly webIdFederationData?: JsonObject;
  readonly attributes?: JsonObject;
  readonly ec2RoleDelivery?: string;
}

export interface UserIdentity {
  readonly type?: string;
  readonly principalId?: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly accessKeyId?: string;
  readonly userName?: string;
  readonly identityProvider?: string;
  readonly sessionContext?: SessionContext;
  readonly invokedBy?: string;
}

/** A CloudTrail record, in the shape that CloudTrail delivers (record contents, eventVersion 1.08 to 1.11). */
export interface CloudTrailRecord {
  readonly eventVersion: string;
  readonly userIdentity: UserIdentity;
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: JsonObject | null;
  readonly responseElements: JsonObject | null;
  readonly additionalEventData?: JsonObject;
  readonly requestID?: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly resources?: readonly JsonObject[];
  readonly eventType: 'AwsApiCall' | 'AwsServiceEvent' | 'AwsConsoleSignIn';
  readonly managementEvent: true;
  readonly recipientAccountId: string;
  readonly sharedEventID?: string;
  readonly serviceEventDetails?: JsonObject;
  readonly vpcEndpointId?: string;
  readonly vpcEndpointAccountId?: string;
  readonly eventCategory: 'Management';
  readonly tlsDetails?: JsonObject;
  readonly sessionCredentialFromConsole?: 'true';
}

/** Where a call came from: an address, through a VPC endpoint or not, or a service's name. */
export interface Origin {
  readonly ip: string;
  readonly vpcEndpointId?: string;
}

/** What a caller's software shows of itself. No TLS: a service calls on somebody's behalf. */
export interface Client {
  readonly userAgent: string;
  readonly tls?: { readonly version: 'TLSv1.2' | 'TLSv1.3'; readonly keyExchange?: string };
  readonly console?: boolean;
}

/** One API call, before it is written as a record. `at` in epoch ms. */
export interface Call {
  readonly at: number;
  readonly who: UserIdentity;
  readonly from: Origin;
  readonly client: Client;
  readonly region: string;
  /** `secretsmanager:GetSecretValue`: the endpoint prefix and CloudTrail's name of the event. */
  readonly api: string;
  readonly params?: JsonObject | null;
  readonly response?: JsonObject | null;
  readonly resources?: readonly JsonObject[];
  readonly more?: JsonObject;
  /** The resource, for the message of a refusal by IAM; or an error of its own. */
  readonly denied?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

const VERSIONS: Readonly<Record<string, string>> = {
  secretsmanager: '1.11',
  kms: '1.11',
  sts: '1.08',
  cloudtrail: '1.10',
  events: '1.08',
  lambda: '1.11',
  ec2: '1.11',
  s3: '1.11',
  iam: '1.11',
  ssm: '1.08',
  signin: '1.08',
};

/** Logged in us-east-1 wherever the caller is. */
const GLOBAL = new Set(['iam', 'cloudfront', 'route53', 'organizations', 'support', 'signin']);

/** Events that CloudTrail marks as changes although their names read like reads, and the reverse. */
const READ_ONLY: Readonly<Record<string, boolean>> = {
  'sts:GetFederationToken': false,
  'sts:GetSessionToken': false,
  'sts:AssumeRole': true,
  'sts:AssumeRoleWithWebIdentity': true,
  'sts:AssumeRoleWithSAML': true,
  'kms:Decrypt': true,
  'kms:GenerateDataKey': true,
  'iam:SimulatePrincipalPolicy': true,
  'iam:GenerateCredentialReport': true,
  'cloudtrail:LookupEvents': true,
};

const READS = /^(Get|List|Describe|BatchGet|Head|Search|Lookup|Filter|Select|Check|Test)/;
const CIPHER = { 'TLSv1.3': 'TLS_AES_128_GCM_SHA256', 'TLSv1.2': 'ECDHE-RSA-AES128-GCM-SHA256' } as const;

/** Writes a call as CloudTrail records it. */
export function recordOf(call: Call, account: string, random: Random): CloudTrailRecord {
  const colon = call.api.indexOf(':');
  const service = call.api.slice(0, colon);
  const name = call.api.slice(colon + 1);
  const global = GLOBAL.has(service);
  const region = global ? 'us-east-1' : call.region;
  const refusal = call.denied === undefined ? call.error : refusalOf(call, service, name);
  const { tls } = call.client;
  const { vpcEndpointId } = call.from;
  const nulled = call.denied !== undefined && service !== 'ec2' && service !== 's3';
  const host = hostOf(service, region, global);
  const record: Draft = {
    eventVersion: VERSIONS[service] ?? '1.09',
    userIdentity: call.who,
    eventTime: isoSeconds(call.at),
    eventSource: `${service}.amazonaws.com`,
    eventName: name,
    awsRegion: region,
    sourceIPAddress: call.from.ip,
    userAgent: service === 's3' && tls !== undefined ? `[${call.client.userAgent}]` : call.client.userAgent,
    requestParameters: nulled
      ? null
      : service === 's3'
        ? { Host: host, ...call.params }
        : (call.params ?? null),
    responseElements: refusal === undefined ? (call.response ?? null) : null,
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: READ_ONLY[call.api] ?? READS.test(name),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  };
  if (refusal !== undefined) {
    record.errorCode = refusal.code;
    record.errorMessage = refusal.message;
  }
  const more = moreOf(call, service, region);
  if (more !== undefined) record.additionalEventData = more;
  if (call.resources !== undefined) record.resources = call.resources;
  if (vpcEndpointId !== undefined) {
    record.vpcEndpointId = vpcEndpointId;
    record.vpcEndpointAccountId = account;
  }
  if (tls !== undefined) {
    record.tlsDetails = {
      tlsVersion: tls.version,
      cipherSuite: CIPHER[tls.version],
      clientProvidedHostHeader: host,
      ...(tls.keyExchange === undefined || service !== 'secretsmanager'
        ? {}
        : { keyExchange: tls.keyExchange }),
    };
  }
  if (call.client.console === true) record.sessionCredentialFromConsole = 'true';
  return record;
}

/** A record while it is written. */
type Draft = { -readonly [Key in keyof CloudTrailRecord]: CloudTrailRecord[Key] };

const hostOf = (service: string, region: string, global: boolean): string =>
  global ? `${service}.amazonaws.com` : `${service}.${region}.amazonaws.com`;

function moreOf(call: Call, service: string, region: string): JsonObject | undefined {
  if (call.more !== undefined) return call.more;
  if (call.client.tls === undefined) return undefined;
  if (service === 'sts') return { RequestDetails: { endpointType: 'regional', awsServingRegion: region } };
  if (service !== 's3') return undefined;
  return {
    SignatureVersion: 'SigV4',
    CipherSuite: CIPHER['TLSv1.3'],
    bytesTransferredIn: 0,
    AuthenticationMethod: 'AuthHeader',
    bytesTransferredOut: 1024,
  };
}

function refusalOf(call: Call, service: string, name: string): { code: string; message: string } {
  const action = `${service}:${name.replace(/\d{8}(v\d)?$/, '')}`;
  const who = call.who.arn ?? '';
  if (service === 'ec2') {
    const message = `You are not authorized to perform this operation. User: ${who} is not authorized to perform: ${action} on resource: ${call.denied} because no identity-based policy allows the ${action} action`;
    return { code: 'Client.UnauthorizedOperation', message };
  }
  if (service === 's3') return { code: 'AccessDenied', message: 'Access Denied' };
  const message = `User: ${who} is not authorized to perform: ${action} on resource: ${call.denied} because no identity-based policy allows the ${action} action`;
  return {
    code: service === 'kms' || service === 'dynamodb' ? 'AccessDeniedException' : 'AccessDenied',
    message,
  };
}

/** A service event of Secrets Manager (a rotation's begin and end): nobody's identity, and no call. */
export function serviceEvent(
  at: number,
  region: string,
  name: string,
  secretArn: string,
  account: string,
  random: Random,
  more: { readonly errorMessage?: string; readonly newShape?: boolean } = {},
): CloudTrailRecord {
  return {
    eventVersion: '1.11',
    userIdentity: { accountId: account, invokedBy: 'secretsmanager.amazonaws.com' },
    eventTime: isoSeconds(at),
    eventSource: 'secretsmanager.amazonaws.com',
    eventName: name,
    awsRegion: region,
    sourceIPAddress: 'secretsmanager.amazonaws.com',
    userAgent: 'secretsmanager.amazonaws.com',
    ...(more.errorMessage === undefined ? {} : { errorMessage: more.errorMessage }),
    requestParameters: null,
    responseElements: null,
    ...(more.newShape === true ? {} : { additionalEventData: { SecretId: secretArn } }),
    requestID: `Rotation-${secretArn}-${random.uuid()}`,
    eventID: random.uuid(),
    readOnly: false,
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account,
    ...(more.newShape === true ? { serviceEventDetails: { secretId: secretArn } } : {}),
    eventCategory: 'Management',
  };
}
