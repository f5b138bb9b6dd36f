import { expect } from 'vitest';
import { verifyChain } from '#core/audit/chain.ts';
import { keys } from '#core/keys.ts';
import type { TokenRecord, VersionRecord } from '#core/records.ts';
import { createSystem, ORDERS, type System } from '../loop/system.ts';
import type { MemoryPorts } from '../ports/ports.ts';

export const HOUR = 3_600_000;

/** How often an action is in the audit log. */
export const said = ({ registry }: Pick<MemoryPorts, 'registry'>, action: string): number =>
  registry.log.filter((record) => record.action === action).length;

export async function tokenOf({ ports }: System, tokenId = 'orders'): Promise<TokenRecord> {
  const token = await ports.registry.get(keys.token(tokenId));
  if (token === undefined) throw new Error(`no token ${tokenId}`);
  return token;
}

const versionsOf = ({ ports }: Pick<System, 'ports'>): VersionRecord[] =>
  [...ports.registry.items.values()].filter((item): item is VersionRecord => item.kind === 'version');

export const inState = (system: System, ...states: VersionRecord['state'][]): VersionRecord[] =>
  versionsOf(system).filter(({ state }) => states.includes(state));

/** What a registered token is like: its secret, and its first value. */
export async function registered(
  seed: number,
  declared: typeof ORDERS = ORDERS,
): Promise<{ readonly system: System; readonly secretArn: string; readonly text: string }> {
  const system = createSystem(seed);
  const secretArn = await system.register(declared);
  return { system, secretArn, text: system.read(secretArn) };
}

/** The vault's AWSCURRENT is the one current version, it is accepted, and the token lists what there is. */
export async function expectWhole(system: System, secretArn: string): Promise<void> {
  const current = inState(system, 'current');
  expect(current.map(({ versionId }) => versionId)).toEqual([
    system.ports.vault.current(secretArn)?.versionId,
  ]);
  expect(await system.use(system.read(secretArn), system.verifier())).toMatchObject({ allow: true });
  await expectListed(system);
}

/** Token and versions say the same, and no chain has a gap. */
export async function expectListed(system: System, tokenId = 'orders'): Promise<void> {
  const token = await tokenOf(system, tokenId);
  const versions = versionsOf(system).filter(({ fields }) => fields.tokenId === tokenId);
  const shown = (of: readonly { keyId: string; state: string; expiresAt: number }[]): string[] =>
    of.map(({ keyId, state, expiresAt }) => `${keyId} ${state} ${expiresAt}`).sort();
  expect(shown(token.versions)).toEqual(shown(versions));
  for (const head of await system.ports.registry.shardHeads()) {
    const records = await system.ports.registry.auditShard(head.shard, 1, 1_000);
    expect(verifyChain(records, head)).toMatchObject({ ok: true });
  }
}
