import type { Change } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { Committed, Pager, SecretVault } from '#core/ports.ts';
import type { TokenRecord, VersionRecord } from '#core/records.ts';
import type { OrderAction, OrderRequest } from '#core/response/orders.ts';
import { ok, type Result } from '#core/result.ts';
import {
  beginReissue,
  type Order,
  release,
  revokeLoneVersion,
  revokeToken,
  revokeVersion,
  type StandingRefusal,
  suspend,
  type TokenFacts,
} from '#core/token/standing.ts';
import { type DecidePorts, decideAndCommit } from '#functions/apply/decide.ts';
import { cancelRotation } from './cancel.ts';
import { reissueSecret } from './reissue.ts';

export type OrderPorts = DecidePorts & { readonly vault: SecretVault; readonly pager: Pager };

/** How an order on one token ended. */
export type OrderOutcome = Result<Committed | undefined, OrderRefusal>;

/** A token with its live versions, consistently read. */
export async function readTokenFacts(tokenId: string, ports: OrderPorts): Promise<TokenFacts | undefined> {
  const token = await ports.registry.get(keys.token(tokenId));
  if (token === undefined) return undefined;
  const versions = await ports.registry.getMany(token.versions.map((ref) => keys.version(ref.keyId)));
  return { token, versions };
}

/** Why an order on a token changes nothing. */
export type OrderRefusal = StandingRefusal | { readonly reason: 'token-not-found' };

/** An order decided on a token as it is now; `token` is absent where there is none. */
export interface DecidedOrder {
  readonly token?: TokenRecord;
  readonly decided: Result<Change, OrderRefusal>;
}

/** Reads a token and decides what an order changes of it in the registry. */
export async function decideOrder(
  action: OrderAction,
  tokenId: string,
  order: Order,
  ports: OrderPorts,
  options: Pick<OrderRequest, 'until'> = {},
): Promise<DecidedOrder> {
  const facts = await readTokenFacts(tokenId, ports);
  if (facts === undefined) return { decided: { ok: false, error: { reason: 'token-not-found' } } };
  const { token } = facts;
  switch (action) {
    case 'suspend':
      return { token, decided: suspend(facts, order, options.until) };
    case 'release':
      return { token, decided: release(facts, order) };
    case 'revoke':
      return { token, decided: revokeToken(facts, order) };
    case 'reissue':
      return { token, decided: beginReissue(facts, order) };
    case 'rotate':
      return { token, decided: { ok: false, error: { reason: 'unchanged', standing: token.standing } } };
  }
}

/** An order on one token, the vault's part included. */
export interface Followed {
  readonly done: OrderOutcome;
  /** Whether a rotation that was to be cancelled is; if not, the token is due and the sweep cancels it. */
  readonly cancelled: boolean;
}

/** What an order means for the secret, once the registry has it: its rotation is cancelled, or asked for. */
export async function followInVault(
  action: OrderAction,
  token: TokenRecord | undefined,
  done: OrderOutcome,
  order: Order,
  ports: OrderPorts,
): Promise<Followed> {
  const secretArn = token?.secretArn;
  if (token === undefined || secretArn === undefined) return { done, cancelled: true };
  if (action === 'rotate') {
    return { done: await startRotation(token, secretArn, order, ports), cancelled: true };
  }
  let cancelled = true;
  if (done.ok || done.error.reason === 'unchanged') {
    if (action === 'revoke') cancelled = await cancelRotation(secretArn, ports);
    const since = done.ok ? order.at : (token.reissue?.at ?? order.at);
    if (action === 'reissue') await reissueSecret(secretArn, { ...order, at: since }, ports);
  }
  return { done, cancelled };
}

/** Ends one version: of a stored token, or one that stands alone (class `ephemeral`). */
export async function revokeKey(
  version: VersionRecord,
  order: Order,
  ports: OrderPorts,
): Promise<OrderOutcome> {
  if (version.class !== 'ephemeral') {
    return decideAndCommit<OrderRefusal>(ports, async () => {
      const facts = await readTokenFacts(version.fields.tokenId, ports);
      if (facts === undefined) return { ok: false, error: { reason: 'token-not-found' } };
      return revokeVersion(facts, version.keyId, order);
    });
  }
  return decideAndCommit<StandingRefusal>(ports, async () => {
    const fresh = await ports.registry.get(keys.version(version.keyId));
    if (fresh === undefined)
      return { ok: false, error: { reason: 'version-not-found', keyId: version.keyId } };
    return revokeLoneVersion(fresh, order);
  });
}

async function startRotation(
  token: TokenRecord,
  secretArn: string,
  order: Order,
  ports: OrderPorts,
): Promise<OrderOutcome> {
  if (token.standing === 'revoked') return { ok: false, error: { reason: 'token-revoked' } };
  if (token.standing === 'suspended') {
    return { ok: false, error: { reason: 'not-reissuable', why: 'it is suspended; release it or reissue' } };
  }
  if (await reissueSecret(secretArn, order, ports)) return ok(undefined);
  return { ok: false, error: { reason: 'not-reissuable', why: 'Secrets Manager did not start a rotation' } };
}
