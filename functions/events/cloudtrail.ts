import * as z from 'zod/mini';
import type { Actant, Sighting } from '#core/detection/sighting.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { lengthWithin } from '#core/text.ts';
import type { Source } from '#core/token/verify.ts';
import { fieldOf } from './field.ts';

/** No ARN of IAM and no other text that is read of a record is longer. */
const TEXT = z.optional(z.nullable(z.string().check(lengthWithin(0, 2_048))));

/**
 * A CloudTrail record in EventBridge's envelope, as far as we read it. `AWS API Call via CloudTrail` carries
 * calls, `AWS Service Event via CloudTrail` rotation's own events, whose identity has no type.
 *
 * @example
 * { "version": "0", "id": "…", "detail-type": "AWS API Call via CloudTrail", "source": "aws.secretsmanager",
 *   "account": "111122223333", "time": "2026-11-20T10:00:00Z", "region": "eu-west-1", "resources": [],
 *   "detail": { "eventID": "…", "eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com",
 *     "eventTime": "2026-11-20T10:00:00Z", "sourceIPAddress": "203.0.113.7",
 *     "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory", "accessKeyId": "AKIA…" },
 *     "requestParameters": { "secretId": "tokenward/prod/orders" }, "responseElements": null } }
 */
const ENVELOPE = z.object({
  'detail-type': z.enum(['AWS API Call via CloudTrail', 'AWS Service Event via CloudTrail']),
  source: z.string().check(z.startsWith('aws.')),
  account: z.string().check(z.regex(/^\d{12}$/)),
  detail: z.object({
    eventID: z.string().check(z.regex(/^[A-Za-z0-9._:-]{1,64}$/)),
    eventName: z.string().check(lengthWithin(0, 256)),
    eventSource: z.string(),
    eventTime: z.string().check(lengthWithin(0, 64)),
    sourceIPAddress: TEXT,
    vpcEndpointId: TEXT,
    errorCode: TEXT,
    userIdentity: z.optional(
      z.nullable(
        z.object({
          type: TEXT,
          arn: TEXT,
          accessKeyId: TEXT,
          invokedBy: TEXT,
          sessionContext: z.optional(
            z.nullable(z.object({ sessionIssuer: z.optional(z.nullable(z.object({ arn: TEXT }))) })),
          ),
        }),
      ),
    ),
    requestParameters: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
    additionalEventData: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
    serviceEventDetails: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  }),
});

type Detail = z.infer<typeof ENVELOPE>['detail'];

/** How many secrets one record may name; BatchGetSecretValue takes 20. */
const SECRETS_MOST = 20;

const ROTATION_TROUBLE = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'];

/** Whether a message claims to be an EventBridge envelope at all. */
export const isEnvelope = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'detail-type' in body && 'detail' in body;

/**
 * What a record says about our secrets, one sighting for each secret it names; none for records of other things.
 * The refusal names the field that is unreadable, never its content.
 */
export function parseCloudTrail(body: unknown): Result<readonly Sighting[], { field: string }> {
  const read = ENVELOPE.safeParse(body);
  if (!read.success) return refuse({ field: fieldOf(read.error, 'envelope') });
  const { account, detail } = read.data;
  const at = Date.parse(detail.eventTime);
  if (Number.isNaN(at)) return refuse({ field: 'detail.eventTime' });
  const base = { account, at, name: detail.eventName };
  if (ROTATION_TROUBLE.includes(detail.eventName)) {
    const secretId =
      textOf(detail.additionalEventData, 'SecretId') ?? textOf(detail.serviceEventDetails, 'secretId');
    return ok(
      secretId === undefined ? [] : [{ ...base, kind: 'rotation-failed', eventId: detail.eventID, secretId }],
    );
  }
  if (detail.eventName === 'Decrypt') {
    const context = recordOf(detail.requestParameters?.encryptionContext);
    const secretId = textOf(context, 'SecretARN');
    const versionId = textOf(context, 'SecretVersionId');
    if (secretId === undefined || versionId === undefined || detail.errorCode) return ok([]);
    return ok([
      {
        kind: 'value-read',
        eventId: detail.eventID,
        account,
        at,
        secretId,
        versionId,
        actant: actantOf(detail),
      },
    ]);
  }
  const secrets = secretsOf(detail);
  return ok(
    secrets.slice(0, SECRETS_MOST).map((secretId, index) => {
      const versionId = versionOf(detail);
      return {
        ...base,
        kind: 'secret-read',
        eventId: index === 0 ? detail.eventID : `${detail.eventID}#${index}`,
        secretId,
        ...(versionId === undefined ? {} : { versionId }),
        actant: actantOf(detail),
        source: sourceOf(detail),
        refused: Boolean(detail.errorCode),
      };
    }),
  );
}

function secretsOf(detail: Detail): readonly string[] {
  if (detail.eventName === 'GetSecretValue') {
    const secretId = textOf(detail.requestParameters, 'secretId');
    return secretId === undefined ? [] : [secretId];
  }
  if (detail.eventName !== 'BatchGetSecretValue') return [];
  const list = detail.requestParameters?.secretIdList;
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

const versionOf = (detail: Detail): string | undefined => textOf(detail.requestParameters, 'versionId');

function actantOf(detail: Detail): Actant {
  const identity = detail.userIdentity;
  const issuer = identity?.sessionContext?.sessionIssuer?.arn ?? undefined;
  const own = identity?.arn ?? undefined;
  const arn = issuer ?? own;
  const session = issuer === undefined || own === undefined ? undefined : own.split('/').at(-1);
  return {
    ...(arn === undefined ? {} : { arn }),
    ...(session === undefined ? {} : { session }),
    ...(identity?.accessKeyId ? { accessKeyId: identity.accessKeyId } : {}),
    ...(identity?.invokedBy ? { invokedBy: identity.invokedBy } : {}),
  };
}

/** An address counts only when it is one: `AWS Internal` and service names are no client's network. */
function sourceOf(detail: Detail): Source {
  const ip = detail.sourceIPAddress ?? '';
  return {
    ...(/^[0-9a-f.:]+$/i.test(ip) && /[.:]/.test(ip) ? { ip } : {}),
    ...(detail.vpcEndpointId ? { vpcEndpoint: detail.vpcEndpointId } : {}),
  };
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function textOf(record: Record<string, unknown> | null | undefined, name: string): string | undefined {
  const value =
    record !== null && record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
  return typeof value === 'string' && value.length <= 2048 ? value : undefined;
}
