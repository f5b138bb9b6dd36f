import { keys } from '#core/keys.ts';
import type { Actor, TokenRecord } from '#core/records.ts';
import { isIncidentOrder } from '#core/response/incident.ts';
import { type OrderRequest, parseOrder, planOf } from '#core/response/orders.ts';
import type { Order } from '#core/token/standing.ts';
import { liveKeyIds } from '#core/token/versions.ts';
import { settleIncident } from './incident.ts';
import { applyToAll } from './lots.ts';
import { revokeKey } from './order.ts';
import { nothing, type RevokeConfig, type RevokePorts, type RevokeResult, settle } from './settle.ts';
import { releaseUser } from './user.ts';

/** How many tokens one order may concern. */
const MOST_TOKENS = 100;

/** Parse → facts → decide → apply for one responder's order. The actor is who AWS says is calling, never the body. */
export async function run(
  input: { readonly body: unknown; readonly actor: Actor; readonly cause: string },
  ports: RevokePorts,
  config: RevokeConfig,
): Promise<RevokeResult> {
  if (isIncidentOrder(input.body)) return settleIncident(input, ports, config);
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
  if ('user' in request.target) return orderOnUser(request.target.user, request, order, ports);
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

/** Nothing verifies an access key but IAM: there is no receipt, and the change shows within seconds. */
async function orderOnUser(
  userArn: string,
  request: OrderRequest,
  order: Order,
  ports: RevokePorts,
): Promise<RevokeResult> {
  const record = await ports.registry.get(keys.quarantine(userArn));
  if (record === undefined) {
    const said = { action: request.action, tokenIds: [], plan: [] };
    return { status: 404, answer: nothing(said, 'no such user is in quarantine') };
  }
  const { keyIds } = record;
  const named =
    keyIds.length === 0 ? 'it had no Active key' : `its keys ${keyIds.join(', ')} are Active again`;
  const said = {
    action: request.action,
    tokenIds: [],
    keyIds,
    receipts: [],
    plan: [`${userArn}: the quarantine is taken off and ${named}.`],
  };
  if (request.dryRun) return { status: 200, answer: { ...said, outcome: 'dry-run' } };
  const done = await releaseUser(userArn, order, ports);
  if (done.ok) return { status: 200, answer: { ...said, outcome: 'applied' } };
  if (done.error.reason === 'user-revoked')
    return { status: 409, answer: nothing(said, `${userArn} was revoked, not suspended`) };
  return { status: 200, answer: { ...said, outcome: 'unchanged' } };
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
