import { verifyChain } from '#core/audit/chain.ts';
import { keys } from '#core/keys.ts';
import type { IntentRecord, TokenRecord, VersionRecord } from '#core/records.ts';
import { holderOf } from '#test/ports/secret-store.ts';
import type { Ended } from './driver.ts';
import { type Functions, textOf } from './functions.ts';
import { refusalOf } from './oracle.ts';

/** A sweep runs at least this often; what is due for longer, at the end of a flow, was forgotten. */
const SWEEP_PERIOD_MS = 6 * 60_000;

/** What must hold of every story once the faults are over and the sweep has been round (L1-L6, S6). */
export function settledState({ ports }: Functions): readonly Ended[] {
  const ended: Ended[] = [];
  const now = ports.clock.now();
  const items = [...ports.registry.items.values()];
  const tokens = items.filter((item): item is TokenRecord => item.kind === 'token');
  const versions = items.filter((item): item is VersionRecord => item.kind === 'version');
  const intents = items.filter((item): item is IntentRecord => item.kind === 'intent');
  const paged = ports.pager.pages.map(({ key }) => key).join(' ');

  for (const intent of intents) {
    const open = intent.state !== 'finished' && intent.state !== 'aborted';
    if (open && !paged.includes(intent.secretArn))
      ended.push({ invariant: 'L5', seen: `the intent of ${intent.versionId} is still ${intent.state}` });
  }
  for (const item of items) {
    if (item.kind === 'quarantine' && (item.state === 'blocking' || item.state === 'releasing'))
      ended.push({ invariant: 'L5', seen: `${item.userArn} is left ${item.state}` });
    if (item.kind === 'event' && item.state === 'decided')
      ended.push({ invariant: 'L5', seen: `the decision on ${item.eventId} is left open` });
  }
  for (const { action, cause, tokenId, details, reason } of ports.registry.log) {
    const key = `${details?.signal}:${tokenId ?? details?.by}`;
    if (action === 'response.decided' && !ports.pager.pages.some((page) => page.key === key))
      ended.push({ invariant: 'L5', seen: `nobody was told what was decided on ${cause}` });
    const removed = action === 'token.suspended' && reason === 'its declaration was removed';
    if (
      removed &&
      !ports.pager.pages.some(({ title }) => title === `Token ${tokenId} is suspended: ${reason}`)
    )
      ended.push({ invariant: 'L5', seen: `nobody was told that ${tokenId} is suspended` });
  }
  for (const version of versions) {
    const live = refusalOf(version, now) === undefined;
    const past = now - version.expiresAt > SWEEP_PERIOD_MS;
    const unmarked = version.state !== 'expired' && version.state !== 'revoked';
    if (past && unmarked && version.class !== 'ephemeral')
      ended.push({ invariant: 'L3', seen: `${version.keyId} is past its end and still ${version.state}` });
    if (version.class !== 'ephemeral' && live && !isListed(version, tokens))
      ended.push({ invariant: 'L2', seen: `${version.keyId} is accepted and its token does not list it` });
    if (version.state === 'pending' && !isCurrent(version, ports))
      ended.push({ invariant: 'L2', seen: `${version.keyId} is left pending` });
  }
  for (const token of tokens) {
    const { secretArn, standing, tokenId } = token;
    if (secretArn === undefined) continue;
    const secret = ports.vault.secretOf(secretArn);
    if (secret.deletedAt !== undefined) continue;
    if (standing === 'revoked') {
      if (secret.rotationEnabled || token.cancelling !== undefined)
        ended.push({ invariant: 'L6', seen: `the rotation of revoked ${tokenId} goes on` });
      continue;
    }
    const pending = holderOf(secret, 'AWSPENDING');
    if (pending !== undefined && pending !== holderOf(secret, 'AWSCURRENT'))
      ended.push({ invariant: 'L1', seen: `${tokenId}: AWSPENDING is left on ${pending}` });
  }
  for (const head of ports.registry.log.reduce(
    (last, { shard, seq, hash }) => last.set(shard, { shard, seq, hash }),
    new Map<number, { shard: number; seq: number; hash: string }>(),
  )) {
    const chain = verifyChain(
      ports.registry.log.filter(({ shard }) => shard === head[0]),
      head[1],
    );
    if (!chain.ok) ended.push({ invariant: 'S6', seen: JSON.stringify(chain.error) });
  }
  return ended;
}

const isListed = (version: VersionRecord, tokens: readonly TokenRecord[]): boolean =>
  tokens.some(({ versions }) => versions.some(({ keyId }) => keyId === version.keyId));

function isCurrent({ versionId, fields }: VersionRecord, ports: Functions['ports']): boolean {
  const { pk, sk } = keys.token(fields.tokenId);
  const token = ports.registry.items.get(`${pk}|${sk}`);
  if (token?.kind !== 'token' || token.secretArn === undefined) return false;
  return holderOf(ports.vault.secretOf(token.secretArn), 'AWSCURRENT') === versionId;
}

/** The token in the registry now. */
export function tokenOf({ ports }: Functions, tokenId: string): TokenRecord | undefined {
  const { pk, sk } = keys.token(tokenId);
  const item = ports.registry.items.get(`${pk}|${sk}`);
  return item?.kind === 'token' ? item : undefined;
}

/** What a consumer reads from the vault is a version that the registry accepts now. */
export function currentIsAccepted(
  functions: Functions,
  secretArn: string,
  invariant: string,
): readonly Ended[] {
  const text = textOf(functions, secretArn);
  const current = holderOf(functions.ports.vault.secretOf(secretArn), 'AWSCURRENT');
  const version = [...functions.ports.registry.items.values()].find(
    (item): item is VersionRecord => item.kind === 'version' && item.versionId === current,
  );
  if (text !== undefined && version !== undefined && text.includes(version.keyId)) {
    const reason = refusalOf(version, functions.ports.clock.now());
    return reason === undefined ? [] : [{ invariant, seen: `AWSCURRENT is ${reason}` }];
  }
  return [{ invariant, seen: `AWSCURRENT of ${secretArn} (${current}) is unknown to the registry` }];
}
