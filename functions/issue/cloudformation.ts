import type { Log } from '#core/ports.ts';
import type { CustomResourceEvent } from '#events/custom-resource.ts';

/** What the custom resource became. */
export type Outcome =
  | { readonly ok: true; readonly physicalId: string; readonly data: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly physicalId: string; readonly reason: string };

const ATTEMPTS = 4;
const REASON_MOST = 1024;

/**
 * Answers CloudFormation at its pre-signed URL. Without an answer a deploy hangs for an hour, so this tries a few
 * times and then throws: Lambda's own retry of the event comes after.
 */
export async function answerCloudFormation(
  event: CustomResourceEvent,
  outcome: Outcome,
  log: Log,
): Promise<void> {
  const body = JSON.stringify({
    Status: outcome.ok ? 'SUCCESS' : 'FAILED',
    Reason: outcome.ok ? 'done' : outcome.reason.slice(0, REASON_MOST),
    PhysicalResourceId: outcome.physicalId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: false,
    Data: outcome.ok ? outcome.data : {},
  });
  let fault: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const answer = await fetch(event.ResponseURL, {
        method: 'PUT',
        body,
        headers: { 'content-type': '' },
        signal: AbortSignal.timeout(5_000),
      });
      if (answer.ok) return;
      fault = new Error(`CloudFormation answered ${answer.status}`);
    } catch (cause) {
      fault = cause;
    }
    log.warn('CloudFormation was not reached', { attempt, requestId: event.RequestId });
    if (attempt + 1 < ATTEMPTS) await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt));
  }
  throw fault;
}
