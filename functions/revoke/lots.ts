import type { Change } from '#core/change.ts';
import type { TokenRecord } from '#core/records.ts';
import type { OrderAction, OrderRequest } from '#core/response/orders.ts';
import { ok } from '#core/result.ts';
import type { Order } from '#core/token/standing.ts';
import { liveKeyIds } from '#core/token/versions.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import {
  type DecidedOrder,
  decideOrder,
  type Followed,
  followInVault,
  type OrderOutcome,
  type OrderPorts,
} from './order.ts';

/** Of the hundred items of a transaction: the rest is for the head, the feed's copies and a version made meanwhile. */
const LOT_MOST_ITEMS = 78;

/**
 * One order on many tokens, a lot at a time: one transaction, one audit head and one write of the feed for some twenty
 * of them, since the feed's one generation is what changes wait for. The registry comes first for all of them and the
 * vault after it, so that no token is accepted longer because Secrets Manager takes fifty such calls a second. Where it
 * cannot cancel one rotation, those of the other tokens just revoked are left to the sweep too, as after a crash: a
 * rotation of theirs mints nothing, and the answer must come before the function's time is up.
 */
export async function applyToAll(
  action: OrderAction,
  tokens: readonly TokenRecord[],
  order: Order,
  ports: OrderPorts,
  options: Pick<OrderRequest, 'until'> = {},
): Promise<readonly OrderOutcome[]> {
  const faults: unknown[] = [];
  const committed: Settled[] = [];
  for (const lot of lotsOf(tokens)) {
    committed.push(...(await commitLot(action, lot, order, ports, options, faults)));
  }
  const outcomes: OrderOutcome[] = [];
  let cancelling = true;
  for (const { token, done } of committed) {
    const left: boolean = action === 'revoke' && !cancelling && done.ok;
    const followed: Followed = left
      ? { done, cancelled: false }
      : await followInVault(action, token, done, order, ports);
    cancelling &&= followed.cancelled;
    outcomes.push(followed.done);
  }
  if (faults.length > 0) throw faults[0];
  return outcomes;
}

interface Settled {
  readonly token?: TokenRecord | undefined;
  readonly done: OrderOutcome;
}

/**
 * Where a lot cannot be committed, each of its tokens is tried alone: one unreadable item must not keep the tokens
 * beside it alive. Its fault is told when everything else is done; repeating the order changes nothing of that.
 */
async function commitLot(
  action: OrderAction,
  lot: readonly TokenRecord[],
  order: Order,
  ports: OrderPorts,
  options: Pick<OrderRequest, 'until'>,
  faults: unknown[],
): Promise<readonly Settled[]> {
  let read: readonly DecidedOrder[] = [];
  try {
    const done = await decideAndCommit<'nothing'>(ports, async () => {
      read = await Promise.all(lot.map(({ tokenId }) => decideOrder(action, tokenId, order, ports, options)));
      const change = together(read.flatMap(({ decided }) => (decided.ok ? [decided.value] : [])));
      return change === undefined ? { ok: false, error: 'nothing' } : ok(change);
    });
    const committed = done.ok ? done.value : undefined;
    return read.map(({ token, decided }) => ({ token, done: decided.ok ? ok(committed) : decided }));
  } catch (fault) {
    if (lot.length > 1) {
      const alone: Settled[] = [];
      for (const token of lot)
        alone.push(...(await commitLot(action, [token], order, ports, options, faults)));
      return alone;
    }
    faults.push(fault);
    return [];
  }
}

/** Several changes as one; none of none. */
function together(changes: readonly Change[]): Change | undefined {
  const [first, ...rest] = changes;
  if (first === undefined) return undefined;
  return {
    writes: changes.flatMap(({ writes }) => writes),
    audit: [...first.audit, ...rest.flatMap(({ audit }) => audit)],
    feed: changes.flatMap(({ feed }) => feed),
  };
}

/** A token, its live versions, and an audit record for each of them. */
const itemsOf = (token: TokenRecord): number => 2 + 2 * liveKeyIds(token).length;

function lotsOf(tokens: readonly TokenRecord[]): readonly (readonly TokenRecord[])[] {
  const lots: TokenRecord[][] = [];
  let room = 0;
  for (const token of tokens) {
    room -= itemsOf(token);
    if (room < 0) {
      lots.push([]);
      room = LOT_MOST_ITEMS - itemsOf(token);
    }
    lots.at(-1)?.push(token);
  }
  return lots;
}
