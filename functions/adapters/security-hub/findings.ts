import type { SignatureV4Init } from '@smithy/signature-v4';
import { jsonIn } from '#core/json.ts';
import { PortError } from '#core/ports.ts';
import { asffOf, type FindingSink, type Place } from '#core/response/asff.ts';
import { toPortError } from '../errors.ts';
import { createPostSigner } from '../system/signed-post.ts';

export interface FindingSinkDeps {
  /** Whose role tells: those of a client that the function has anyway. */
  readonly credentials: SignatureV4Init['credentials'];
  /** Of Security Hub in this region, without a slash at its end. */
  readonly endpoint: string;
  readonly place: Place;
  readonly send?: typeof fetch;
}

const ANSWER_MS = 5_000;

/**
 * Security Hub of this account and region, under the account's own product. One call, signed here: the SDK's client
 * would add a quarter of a megabyte to the responder for it. One attempt, since a finding is a courtesy.
 */
export function createFindingSink({
  credentials,
  endpoint,
  place,
  send = fetch,
}: FindingSinkDeps): FindingSink {
  const { region } = place;
  const sign = createPostSigner({ service: 'securityhub', region, credentials });
  return {
    async tell(told) {
      const url = new URL(`${endpoint}/findings/import`);
      const body = JSON.stringify({ Findings: [asffOf(told, place)] });
      try {
        const headers = await sign(url, body);
        const signal = AbortSignal.timeout(ANSWER_MS);
        refuseUnlessTaken(
          await send(url, { method: 'POST', headers, body, signal, redirect: 'error' }).then(read),
        );
      } catch (fault) {
        throw toPortError(fault);
      }
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

async function read(reply: Response): Promise<Answer> {
  const text = await reply.text();
  return { status: reply.status, type: reply.headers.get('x-amzn-errortype') ?? '', body: jsonIn(text) };
}

/** A refusal of the call, or of the one finding in it. */
function refuseUnlessTaken({ status, type, body }: Answer): void {
  const { FailedCount = 0, FailedFindings = [] } = (body ?? {}) as {
    FailedCount?: number;
    FailedFindings?: readonly { readonly ErrorCode?: string }[];
  };
  if (status === 200 && FailedCount === 0) return;
  const refused = status === 200 ? FailedFindings[0]?.ErrorCode : type.split(':')[0];
  const taken = status >= 500 ? 'maybe-applied' : 'not-applied';
  throw new PortError(refused || `HTTP ${status}`, {
    outcome: taken,
    retryable: status >= 500 || status === 429,
  });
}
