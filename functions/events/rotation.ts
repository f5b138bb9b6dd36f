import * as z from 'zod/mini';
import { ok, type Result, refuse } from '#core/result.ts';
import { Secret } from '#core/secret.ts';
import { lengthWithin } from '#core/text.ts';
import { fieldOf } from './field.ts';

/** The four steps that Secrets Manager calls, and no other spelling. */
export const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

export type RotationStep = (typeof ROTATION_STEPS)[number];

/**
 * What Secrets Manager sends to a rotation function.
 *
 * @example
 * { "Step": "createSecret",
 *   "SecretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/dev/orders-AbCdEf",
 *   "ClientRequestToken": "f1b2c3d4-0000-4000-8000-000000000001" }
 */
export interface RotationEvent {
  readonly step: RotationStep;
  readonly secretArn: string;
  /** The version being made. */
  readonly versionId: string;
  /** Sent where the rotator is in another account; passed on to PutSecretValue, never logged. */
  readonly rotationToken?: Secret<string>;
}

const EVENT = z.object({
  Step: z.enum(ROTATION_STEPS),
  SecretId: z
    .string()
    .check(z.regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/)),
  ClientRequestToken: z.string().check(z.regex(/^[A-Za-z0-9-]{32,64}$/)),
  RotationToken: z.optional(z.string().check(lengthWithin(0, 4096))),
});

/** Parses the hook's event; the refusal names the first field that is wrong (F17). */
export function parseRotationEvent(
  event: unknown,
): Result<RotationEvent, { field: string; problem: string }> {
  const read = EVENT.safeParse(event);
  if (!read.success) {
    const problem = read.error.issues[0]?.message ?? 'not an object';
    return refuse({ field: fieldOf(read.error, 'event'), problem });
  }
  const { Step, SecretId, ClientRequestToken, RotationToken } = read.data;
  return ok({
    step: Step,
    secretArn: SecretId,
    versionId: ClientRequestToken,
    ...(RotationToken === undefined ? {} : { rotationToken: Secret.of(RotationToken) }),
  });
}
