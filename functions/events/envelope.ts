import * as z from 'zod/mini';
import type { Reading, Rejection } from '#core/detection/fact.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { lengthWithin } from '#core/text.ts';
import { holdsToken, withoutSecrets } from '#core/token/format.ts';
import { fieldOf } from './field.ts';
import { readEvent } from './trail/record.ts';
import { shapeOf } from './trail/values.ts';

/**
 * EventBridge's envelope around a CloudTrail record, or around Secrets Manager's own notice of a moved label. Sources
 * that begin with `aws.` are AWS's own: PutEvents refuses them, so that nobody else can speak in their name.
 *
 * @example
 * { "version": "0", "id": "…", "detail-type": "AWS API Call via CloudTrail", "source": "aws.secretsmanager",
 *   "account": "111122223333", "time": "2026-11-20T10:00:00Z", "region": "eu-west-1", "resources": [],
 *   "detail": { "eventID": "…", "eventName": "GetSecretValue", … } }
 */
const ENVELOPE = z.object({
  'detail-type': z.enum([
    'AWS API Call via CloudTrail',
    'AWS Service Event via CloudTrail',
    'Secret Label Updated',
  ]),
  source: z.string().check(z.startsWith('aws.')),
  account: z.string().check(z.regex(/^\d{12}$/)),
  detail: z.looseObject({
    eventID: z.optional(z.string().check(z.regex(/^[A-Za-z0-9._:-]{1,64}$/))),
    eventName: z.optional(z.string().check(lengthWithin(0, 256))),
    eventTime: z.optional(z.string().check(lengthWithin(0, 64))),
  }),
});

/** An event's reading, and the account whose bus it came over. */
export interface Delivered {
  readonly account: string;
  readonly reading: Reading;
}

/** Whether a message claims to be an EventBridge envelope at all. */
export const isEnvelope = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'detail-type' in body && 'detail' in body;

/** What an envelope says; the refusal names the field that is unreadable and shows no content. */
export function parseEnvelope(body: unknown): Result<Delivered, Rejection> {
  const read = ENVELOPE.safeParse(body);
  if (!read.success) return refuse({ field: fieldOf(read.error, 'envelope'), shape: shapeOf(body) });
  const reading = readEvent(body);
  return reading.ok
    ? ok({ account: read.data.account, reading: withoutTokens(reading.value) })
    : refuse({ field: `detail.${reading.error.field}`, shape: reading.error.shape });
}

/** A caller may put a token wherever text is taken; what is read here names items and is remembered (S5). */
function withoutTokens(reading: Reading): Reading {
  const text = JSON.stringify(reading);
  return holdsToken(text) ? (JSON.parse(withoutSecrets(text)) as Reading) : reading;
}
