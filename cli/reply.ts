import * as z from 'zod/mini';
import { jsonIn } from '#core/json.ts';
import type { Receipt, RevokeAnswer } from '#functions/revoke/settle.ts';
import { CliError } from './fault.ts';

/** Which field of an order `revoke` would not take. */
interface RefusedField {
  readonly error: { readonly field: string; readonly problem: string; readonly fix: string };
}

/** What `revoke` answered, or which field of the order it would not take. */
export type OrderReply = RevokeAnswer | RefusedField;

const RECEIPT: z.ZodMiniType<Receipt> = z.object({
  committedAt: z.string(),
  effectiveBy: z.string(),
  feedGeneration: z.number(),
  verifier: z.union([
    z.object({
      keyId: z.string(),
      wouldAllow: z.boolean(),
      reason: z.string(),
      feedGeneration: z.number(),
      at: z.number(),
    }),
    z.object({ unreachable: z.string() }),
  ]),
});

const ANSWER: z.ZodMiniType<RevokeAnswer> = z.object({
  outcome: z.enum(['applied', 'unchanged', 'dry-run', 'refused']),
  action: z.string(),
  tokenIds: z.array(z.string()),
  keyIds: z.array(z.string()),
  plan: z.array(z.string()),
  receipts: z.array(RECEIPT),
  message: z.exactOptional(z.string()),
});

const BAD: z.ZodMiniType<RefusedField> = z.object({
  error: z.object({ field: z.string(), problem: z.string(), fix: z.string() }),
});

/** What came back, judged: an answer, a refused field, or a fault of the way there. */
export function readReply(status: number, text: string): OrderReply {
  const body = jsonIn(text);
  const answer = ANSWER.safeParse(body);
  if (answer.success) return answer.data;
  const bad = BAD.safeParse(body);
  if (bad.success) return bad.data;
  if (status === 403) {
    throw new CliError(
      'aws',
      'the control API refused this caller: take a role with the responder policy, or check --profile',
    );
  }
  if (status === 429)
    throw new CliError('aws', 'the control API is throttling: wait a few seconds and repeat');
  throw new CliError(
    'aws',
    `the control API answered ${status} without saying what it did: look with show, then repeat (or --direct); a repeat changes nothing twice`,
  );
}
