import { keys } from '#core/keys.ts';
import type { Actor, IncidentRecord, TokenRecord } from '#core/records.ts';
import {
  actionOf,
  applyHeld,
  dropIncident,
  type HeldItem,
  parseIncidentOrder,
  planOfIncident,
} from '#core/response/incident.ts';
import { beginHeld, isUserArn } from '#core/response/key-orders.ts';
import { ok } from '#core/result.ts';
import type { Order } from '#core/token/standing.ts';
import { liveKeyIds } from '#core/token/versions.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { decideOrder, followInVault, type OrderOutcome } from './order.ts';
import { nothing, type RevokeConfig, type RevokePorts, type RevokeResult, settle } from './settle.ts';

/**
 * One order about what the breaker held (IR-4, S9): all of it is done, or none. Each held action is a transaction with
 * its own audit records, under the incident's id and in the name of whoever decided.
 */
export async function settleIncident(
  input: { readonly body: unknown; readonly actor: Actor; readonly cause: string },
  ports: RevokePorts,
  config: RevokeConfig,
): Promise<RevokeResult> {
  const parsed = parseIncidentOrder(input.body);
  if (!parsed.ok) return { status: 400, error: parsed.error };
  const { action, incident: incidentId, reason, dryRun, expectCount } = parsed.value;
  const order: Order = {
    at: ports.clock.now(),
    actor: input.actor,
    reason,
    incidentId,
    cause: input.cause,
  };
  const incident = await ports.registry.get(keys.incident(incidentId));
  const held = incident?.state === 'pending' ? incident.held : [];
  const tokenIds = held.map(({ tokenId }) => tokenId);
  const plan = incident?.state === 'pending' ? planOfIncident(action, incident) : [];
  const said = { action, tokenIds, plan };
  if (incident === undefined)
    return { status: 404, answer: nothing(said, 'no such incident; `tokenward incident list` shows all') };
  if (incident.state !== 'pending')
    return { status: 200, answer: { ...said, outcome: 'unchanged', keyIds: [], receipts: [] } };
  if (dryRun) return { status: 200, answer: { ...said, outcome: 'dry-run', keyIds: [], receipts: [] } };
  if (expectCount !== undefined && expectCount !== held.length) {
    const message = `expectCount is ${expectCount}, but ${held.length} actions are held; nothing was done`;
    return { status: 409, answer: nothing(said, message) };
  }
  if (action === 'drop') {
    const outcome = (await drop(incident, order, ports)) ? 'applied' : 'unchanged';
    return { status: 200, answer: { ...said, outcome, keyIds: [], receipts: [] } };
  }
  const outcomes: { keyIds: readonly string[]; done: OrderOutcome }[] = [];
  for (const item of held) outcomes.push(await apply(incidentId, item, order, ports));
  return settle(said, outcomes, parsed.value, ports, config);
}

async function drop({ incidentId }: IncidentRecord, order: Order, ports: RevokePorts): Promise<boolean> {
  const done = await decideAndCommit<'settled'>(ports, async () => {
    const fresh = await ports.registry.get(keys.incident(incidentId));
    return fresh?.state === 'pending' ? ok(dropIncident(fresh, order)) : { ok: false, error: 'settled' };
  });
  return done.ok;
}

async function apply(
  incidentId: string,
  item: HeldItem,
  order: Order,
  ports: RevokePorts,
): Promise<{ readonly keyIds: readonly string[]; readonly done: OrderOutcome }> {
  const action = actionOf(item);
  let token: TokenRecord | undefined;
  let refused = false;
  const done = await decideAndCommit<'settled'>(ports, async () => {
    const fresh = await ports.registry.get(keys.incident(incidentId));
    const open = fresh?.state === 'pending' && fresh.held.some(({ tokenId }) => tokenId === item.tokenId);
    if (!open) return { ok: false, error: 'settled' };
    if (isUserArn(item.tokenId)) {
      const decided = beginHeld(item, await ports.registry.get(keys.quarantine(item.tokenId)), order);
      refused = !decided.ok;
      return ok(applyHeld(fresh, item, decided, order));
    }
    const { decided, ...read } = await decideOrder(action, item.tokenId, order, ports);
    token = read.token;
    refused = !decided.ok;
    return ok(applyHeld(fresh, item, decided, order));
  });
  if (!done.ok || refused) return { keyIds: [], done: SETTLED };
  // A user's keys are ended by the sweep, which finds the intent due: this function has no right to.
  if (token === undefined) return { keyIds: [], done: ok(undefined) };
  const followed = await followInVault(action, token, ok(done.value), order, ports);
  return { keyIds: liveKeyIds(token), done: followed.done };
}

/** Nothing was left to do: somebody did it, or what was suspected has ended. */
const SETTLED: OrderOutcome = { ok: false, error: { reason: 'unchanged', standing: 'revoked' } };
