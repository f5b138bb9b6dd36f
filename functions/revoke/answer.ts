import type { BadRequest } from '#core/response/orders.ts';
import { parseIamRequest } from '#events/gateway.ts';
import { run } from './run.ts';
import type { RevokeAnswer, RevokeConfig, RevokePorts } from './settle.ts';

/** What a direct invoke gets: the answer itself, or what was wrong with the order. */
export type DirectAnswer = (RevokeAnswer | { readonly error: BadRequest }) & { readonly status: number };

/** What API Gateway gets. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answered = HttpAnswer | DirectAnswer;

/**
 * One order by either way in. Over the gateway the actor is the SigV4 identity; a direct invoke carries none, so
 * the audit names the invocation, and CloudTrail's record of that request id names who it was.
 */
export async function answer(
  event: unknown,
  invocationId: string,
  ports: RevokePorts,
  config: RevokeConfig,
): Promise<Answered> {
  const request = parseIamRequest(event);
  if (request === undefined) {
    const actor = { kind: 'invoke' as const, id: invocationId };
    const result = await run({ body: event, actor, cause: invocationId }, ports, config);
    return result.status === 400
      ? { status: 400, error: result.error }
      : { ...result.answer, status: result.status };
  }
  const { caller, sourceIp, requestId, body } = request;
  const actor = { kind: 'iam' as const, id: caller.arn, uniqueId: caller.uniqueId, sourceIp };
  const result = await run({ body, actor, cause: requestId }, ports, config);
  return {
    statusCode: result.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(result.status === 400 ? { error: result.error } : result.answer),
  };
}
