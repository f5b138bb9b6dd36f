import { Sha256 } from '@aws-crypto/sha256-js';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { z } from 'zod/mini';
import { clientOptions } from '#adapters/system/client-options.ts';
import type { Explanation } from '#core/ports.ts';
import { CliError } from './fault.ts';

/** From `effectiveBy` on, no verifier accepts what was ended; `verifier`: what a deployed one answered when asked. */
export interface Receipt {
  readonly committedAt: string;
  readonly effectiveBy: string;
  readonly feedGeneration: number;
  readonly verifier: Explanation | { readonly unreachable: string };
}

/** What `revoke` answered about an order that it could read. */
export interface OrderAnswer {
  readonly outcome: 'applied' | 'unchanged' | 'dry-run' | 'refused';
  readonly action: string;
  readonly tokenIds: readonly string[];
  readonly keyIds: readonly string[];
  readonly plan: readonly string[];
  readonly receipts: readonly Receipt[];
  readonly message?: string | undefined;
}

/** Which field of an order `revoke` would not take. */
interface RefusedField {
  readonly error: { readonly field: string; readonly problem: string; readonly fix: string };
}

/** What `revoke` answered, or which field of the order it would not take. */
export type OrderReply = OrderAnswer | RefusedField;

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

const ANSWER: z.ZodMiniType<OrderAnswer> = z.object({
  outcome: z.enum(['applied', 'unchanged', 'dry-run', 'refused']),
  action: z.string(),
  tokenIds: z.array(z.string()),
  keyIds: z.array(z.string()),
  plan: z.array(z.string()),
  receipts: z.array(RECEIPT),
  message: z.optional(z.string()),
});

const BAD: z.ZodMiniType<RefusedField> = z.object({
  error: z.object({ field: z.string(), problem: z.string(), fix: z.string() }),
});

/** Longer than the 29 seconds that API Gateway gives the function. */
const ANSWER_MS = 35_000;

/**
 * `POST <apiUrl>/revocations`, signed with the caller's own credentials (SigV4, `execute-api`), so that the audit
 * names who gave the order. One attempt: a repeat is the caller's choice, and safe.
 *
 * @throws CliError `aws` when the gateway refuses the caller or there is no answer to read.
 */
export async function postOrder(
  apiUrl: string,
  body: Readonly<Record<string, unknown>>,
): Promise<OrderReply> {
  const url = new URL(`${apiUrl.replace(/\/$/, '')}/revocations`);
  const { credentials, region } = lambda().config;
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  const text = JSON.stringify(body);
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host, 'content-type': 'application/json' },
      body: text,
    }),
  );
  const { host: _, ...headers } = signed.headers;
  const reply = await fetch(url, {
    method: 'POST',
    headers,
    body: text,
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return readReply(reply.status, await reply.text());
}

/** The same order by Lambda Invoke, past the gateway: for when that is down. */
export async function invokeOrder(
  functionName: string,
  body: Readonly<Record<string, unknown>>,
): Promise<OrderReply> {
  const reply = await lambda().send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(body)) }),
  );
  if (reply.FunctionError !== undefined) {
    throw new CliError(
      'aws',
      `${functionName} failed: see its log, then repeat; a repeat changes nothing twice`,
    );
  }
  return readReply(200, Buffer.from(reply.Payload ?? []).toString('utf8'));
}

/** What came back, judged: an answer, a refused field, or a fault of the way there. */
export function readReply(status: number, text: string): OrderReply {
  const body = parse(text);
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const lambda = (): LambdaClient =>
  new LambdaClient(clientOptions({ connectMs: 3_000, requestMs: ANSWER_MS, attempts: 1 }));
