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

export type OrderOutcome = Result<
  Committed | undefined,
  StandingRefusal | { readonly reason: 'token-not-found' }
>;

/** A token with its live versions, consistently read. */
export async function readTokenFacts(tokenId: string, ports: OrderPorts): Promise<TokenFacts | undefined> {
  const token = await ports.registry.get(keys.token(tokenId));
  if (token === undefined) return undefined;
  const versions = await ports.registry.getMany(token.versions.map((ref) => keys.version(ref.keyId)));
  return { token, versions };
}

/**
 * Carries out one order on one token: the registry first, in one transaction with its audit and the feed, then
 * the vault. A crash in between leaves a due token, which the sweep finishes. Repeating an order changes nothing.
 */
export async function applyOrder(
  action: OrderAction,
  tokenId: string,
  order: Order,
  ports: OrderPorts,
  options: Pick<OrderRequest, 'until'> = {},
): Promise<OrderOutcome> {
  let token: TokenRecord | undefined;
  const done = await decideAndCommit<StandingRefusal | { reason: 'token-not-found' }>(ports, async () => {
    const facts = await readTokenFacts(tokenId, ports);
    if (facts === undefined) return { ok: false, error: { reason: 'token-not-found' } };
    token = facts.token;
    switch (action) {
      case 'suspend':
        return suspend(facts, order, options.until);
      case 'release':
        return release(facts, order);
      case 'revoke':
        return revokeToken(facts, order);
      case 'reissue':
        return beginReissue(facts, order);
      case 'rotate':
        return { ok: false, error: { reason: 'unchanged', standing: facts.token.standing } };
    }
  });
  const secretArn = token?.secretArn;
  if (token === undefined || secretArn === undefined) return done;
  if (action === 'rotate') return startRotation(token, secretArn, order, ports);
  if (done.ok || done.error.reason === 'unchanged') {
    if (action === 'revoke') await cancelRotation(secretArn, ports);
    const since = done.ok ? order.at : (token.reissue?.at ?? order.at);
    if (action === 'reissue') await reissueSecret(secretArn, { ...order, at: since }, ports);
  }
  return done;
}

/** Ends one version: of a stored token, or one that stands alone (class `ephemeral`). */
export async function revokeKey(
  version: VersionRecord,
  order: Order,
  ports: OrderPorts,
): Promise<OrderOutcome> {
  if (version.class !== 'ephemeral') {
    return decideAndCommit<StandingRefusal | { reason: 'token-not-found' }>(ports, async () => {
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
