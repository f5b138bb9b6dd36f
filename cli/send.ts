import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { clientOptions } from '#adapters/system/client-options.ts';
import { createPostSigner } from '#adapters/system/signed-post.ts';
import { CliError } from './fault.ts';
import { type OrderReply, readReply } from './reply.ts';

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
  const text = JSON.stringify(body);
  const headers = await createPostSigner({ service: 'execute-api', region, credentials })(url, text);
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

const lambda = (): LambdaClient =>
  new LambdaClient(clientOptions({ connectMs: 3_000, requestMs: ANSWER_MS, attempts: 1 }));
