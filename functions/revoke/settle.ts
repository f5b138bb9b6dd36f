import type { Committed, Explanation, KeyControl, Verifier } from '#core/ports.ts';
import type { BadRequest, OrderRequest } from '#core/response/orders.ts';
import type { OrderOutcome, OrderPorts } from './order.ts';

export interface RevokeConfig {
  /** T and R of the deployed verifiers. */
  readonly feedMaxAgeMs: number;
  readonly readTimeoutMs: number;
}

export type RevokePorts = OrderPorts & { readonly verifier: Verifier; readonly keyControl: KeyControl };

/** What the caller holds in hand: from `effectiveBy` on, no verifier accepts what was ended (S2). */
export interface Receipt {
  readonly committedAt: string;
  readonly effectiveBy: string;
  readonly feedGeneration: number;
  readonly verifier: Explanation | { readonly unreachable: string };
}

export interface RevokeAnswer {
  readonly outcome: 'applied' | 'unchanged' | 'dry-run' | 'refused';
  readonly action: string;
  readonly tokenIds: readonly string[];
  readonly keyIds: readonly string[];
  readonly plan: readonly string[];
  readonly receipts: readonly Receipt[];
  readonly message?: string;
}

export type RevokeResult =
  | { readonly status: 200 | 404 | 409; readonly answer: RevokeAnswer }
  | { readonly status: 400; readonly error: BadRequest };

/** What an order came to, with a receipt for each change that verifiers must learn of. */
export async function settle(
  said: { action: string; tokenIds: readonly string[]; plan: readonly string[] },
  outcomes: readonly { keyIds: readonly string[]; done: OrderOutcome }[],
  request: Pick<OrderRequest, 'noWait'>,
  ports: RevokePorts,
  config: RevokeConfig,
): Promise<RevokeResult> {
  const receipts: Receipt[] = [];
  for (const { keyIds, done } of outcomes) {
    if (done.ok && done.value?.feedGeneration !== undefined) {
      receipts.push(await receiptOf(done.value, keyIds[0], request, ports, config));
    }
  }
  const refused = outcomes.flatMap(({ done }) =>
    done.ok || done.error.reason === 'unchanged' ? [] : [done.error.reason],
  );
  const applied = outcomes.some(({ done }) => done.ok);
  const outcome = refused.length > 0 ? 'refused' : applied ? 'applied' : 'unchanged';
  const answer: RevokeAnswer = {
    ...said,
    outcome,
    keyIds: outcomes.flatMap(({ keyIds }) => keyIds),
    receipts,
    ...(refused.length === 0 ? {} : { message: refused.join(', ') }),
  };
  return { status: refused.length > 0 ? 409 : 200, answer };
}

async function receiptOf(
  committed: Committed,
  keyId: string | undefined,
  request: Pick<OrderRequest, 'noWait'>,
  ports: RevokePorts,
  config: RevokeConfig,
): Promise<Receipt> {
  const effectiveAt = committed.committedAt + config.feedMaxAgeMs + config.readTimeoutMs;
  const wait = effectiveAt - ports.clock.now();
  if (!request.noWait && wait > 0) await ports.clock.sleep(wait);
  return {
    committedAt: new Date(committed.committedAt).toISOString(),
    effectiveBy: new Date(effectiveAt).toISOString(),
    feedGeneration: committed.feedGeneration ?? 0,
    verifier: keyId === undefined ? { unreachable: 'no live version to ask about' } : await ask(keyId, ports),
  };
}

/** One deployed verifier's word; that it cannot be had takes nothing from the receipt. */
async function ask(keyId: string, ports: RevokePorts): Promise<Receipt['verifier']> {
  try {
    return await ports.verifier.explain(keyId);
  } catch (fault) {
    ports.log.warn('the verifier did not explain itself', { keyId, fault: String(fault) });
    return { unreachable: fault instanceof Error ? fault.name : 'unknown fault' };
  }
}

/** An order that did nothing, and why. */
export function nothing(
  said: { action: string; tokenIds: readonly string[]; plan: readonly string[] },
  message: string,
): RevokeAnswer {
  return { ...said, outcome: 'refused', keyIds: [], receipts: [], message };
}
