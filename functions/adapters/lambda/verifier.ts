import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { jsonIn } from '#core/json.ts';
import { PortError, type Verifier } from '#core/ports.ts';
import { toPortError } from '../errors.ts';

const EXPLANATION = z.object({
  keyId: z.string(),
  wouldAllow: z.boolean(),
  reason: z.string(),
  feedGeneration: z.number(),
  at: z.number(),
});

const REPLY_MAX_BYTES = 8 * 1024;

/**
 * Asks the deployed `authorize` what it would answer about a keyId. No secret travels: the question is the public
 * keyId alone.
 *
 * @throws PortError `verifier-failed` when the function failed, `bad-reply` when its answer is not an explanation.
 */
export function createVerifier(client: LambdaClient, functionName: string): Verifier {
  return {
    async explain(keyId) {
      const reply = await invoke(client, functionName, { mode: 'explain', keyId });
      const text = Buffer.from(reply.Payload ?? []);
      if (reply.FunctionError !== undefined) {
        throw fault('verifier-failed', `${functionName} failed: ${errorTypeOf(text)}`);
      }
      const answer = EXPLANATION.safeParse(parse(text));
      if (!answer.success || answer.data.keyId !== keyId) {
        throw fault('bad-reply', `${functionName} did not answer with an explanation of ${keyId}`);
      }
      return answer.data;
    },
  };
}

async function invoke(
  client: LambdaClient,
  FunctionName: string,
  question: object,
): Promise<InvokeCommandOutput> {
  try {
    return await client.send(
      new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(question)) }),
    );
  } catch (error) {
    throw toPortError(error);
  }
}

function parse(bytes: Buffer): unknown {
  return bytes.length > REPLY_MAX_BYTES ? undefined : jsonIn(bytes.toString('utf8'));
}

/** The class of the error alone: its message was written for that function's own log. */
function errorTypeOf(bytes: Buffer): string {
  const read = z.object({ errorType: z.string().check(z.regex(/^[\w.]{1,64}$/)) }).safeParse(parse(bytes));
  return read.success ? read.data.errorType : 'no error type given';
}

const fault = (code: string, message: string): PortError =>
  new PortError(code, { outcome: 'not-applied', retryable: true, message });
