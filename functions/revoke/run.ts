import { keys } from '#core/keys.ts';
import type { Committed, Explanation, Verifier } from '#core/ports.ts';
import type { Actor, TokenRecord } from '#core/records.ts';
import { type BadRequest, type OrderRequest, parseOrder, planOf } from '#core/response/orders.ts';
import type { Order } from '#core/token/standing.ts';
import { liveKeyIds } from '#core/token/versions.ts';
import { applyToAll } from './lots.ts';
import { type OrderOutcome, type OrderPorts, revokeKey } from './order.ts';

export interface RevokeConfig {
  /** T and R of the deployed verifiers. */
  readonly feedMaxAgeMs: number;
  readonly readTimeoutMs: number;
}

export type RevokePorts = OrderPorts & { readonly verifier: Verifier };

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

/** How many tokens one order may concern. */
const MOST_TOKENS = 100;

/** Parse → facts → decide → apply for one responder's order. The actor is who AWS says is calling, never the body. */
export async function run(
  input: { readonly body: unknown; readonly actor: Actor; readonly cause: string },
  ports: RevokePorts,
  config: RevokeConfig,
): Promise<RevokeResult> {
  const parsed = parseOrder(input.body, ports.clock.now());
  if (!parsed.ok) return { status: 400, error: parsed.error };
  const request = parsed.value;
  const order: Order = {
    at: ports.clock.now(),
    actor: input.actor,
    reason: request.reason,
    incidentId: request.incidentId,
    cause: input.cause,
  };
  if ('keyId' in request.target) return orderOnKey(request.target.keyId, request, order, ports, config);
  const tokens = await tokensOf(request, ports);
  const plan = tokens.flatMap((token) => planOf(request.action, token));
  const said = { action: request.action, plan, tokenIds: tokens.map((token) => token.tokenId) };
  if (tokens.length === 0)
    return { status: 404, answer: nothing(said, 'no such token; `tokenward list` shows all') };
  if (request.dryRun) {
    return {
      status: 200,
      answer: { ...said, outcome: 'dry-run', keyIds: tokens.flatMap(liveKeyIds), receipts: [] },
    };
  }
  if (request.expectCount !== undefined && request.expectCount !== tokens.length) {
    const message = `expectCount is ${request.expectCount}, but ${tokens.length} tokens are concerned; nothing was done`;
    return { status: 409, answer: nothing(said, message) };
  }
  const outcomes = await applyToAll(request.action, tokens, order, ports, request);
  return settle(
    said,
    tokens.flatMap((token, index) => {
      const done = outcomes[index];
      return done === undefined ? [] : [{ keyIds: liveKeyIds(token), done }];
    }),
    request,
    ports,
    config,
  );
}

async function orderOnKey(
  keyId: string,
  request: OrderRequest,
  order: Order,
  ports: RevokePorts,
  config: RevokeConfig,
): Promise<RevokeResult> {
  const version = await ports.registry.get(keys.version(keyId));
  const said = {
    action: request.action,
    tokenIds: version === undefined ? [] : [version.fields.tokenId],
    plan: [],
  };
  if (version === undefined) return { status: 404, answer: nothing(said, `no version has keyId ${keyId}`) };
  const plan = [
    `${version.fields.tokenId}: version ${keyId} ends for good; other versions of the token live on.`,
  ];
  if (request.dryRun)
    return { status: 200, answer: { ...said, plan, outcome: 'dry-run', keyIds: [keyId], receipts: [] } };
  const done = await revokeKey(version, order, ports);
  return settle({ ...said, plan }, [{ keyIds: [keyId], done }], request, ports, config);
}

async function tokensOf(request: OrderRequest, ports: RevokePorts): Promise<readonly TokenRecord[]> {
  if ('tokenId' in request.target) {
    const token = await ports.registry.get(keys.token(request.target.tokenId));
    return token === undefined ? [] : [token];
  }
  if (!('principal' in request.target)) return [];
  const found: TokenRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await ports.registry.tokens({ principal: request.target.principal }, cursor);
    found.push(...page.items.filter((token) => token.standing !== 'revoked'));
    cursor = page.cursor;
  } while (cursor !== undefined && found.length <= MOST_TOKENS);
  return found;
}

async function settle(
  said: { action: string; tokenIds: readonly string[]; plan: readonly string[] },
  outcomes: readonly { keyIds: readonly string[]; done: OrderOutcome }[],
  request: OrderRequest,
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
  request: OrderRequest,
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

function nothing(
  said: { action: string; tokenIds: readonly string[]; plan: readonly string[] },
  message: string,
): RevokeAnswer {
  return { ...said, outcome: 'refused', keyIds: [], receipts: [], message };
}
