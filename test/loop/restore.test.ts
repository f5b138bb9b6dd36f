import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '#core/audit/entry.ts';
import { compare, rebuild } from '#core/audit/rebuild.ts';
import { keys } from '#core/keys.ts';
import type { RegistryRecord, VersionRecord } from '#core/records.ts';
import { noteKey } from '#core/seal/note.ts';
import { parseRecord } from '#core/seal/segment.ts';
import { run as seal } from '#functions/seal/run.ts';
import { createMemorySeal } from '#test/ports/memory-seal.ts';
import { POLICY, verifyObjects } from '#test/seal/sealer.ts';
import { createSystem, ORDERS, type System, secretRead } from './system.ts';

const HOUR = 3_600_000;
const order = (action: string, tokenId = 'orders'): object => ({
  action,
  tokenId,
  reason: 'drill',
  incidentId: 'INC-1',
  noWait: true,
});

/** Everything that the functions do, whatever the order. */
const ACTS: Readonly<Record<string, (system: System) => Promise<unknown>>> = {
  register: (system) => system.register(),
  registerOther: (system) => system.register({ ...ORDERS, id: 'billing', overlapMinutes: 10 }),
  rebind: (system) => system.register({ ...ORDERS, networks: ['192.168.0.0/16'] }),
  rotate: async (system) => system.ports.vault.trigger(await system.register()),
  suspend: (system) => system.order(order('suspend')),
  release: (system) => system.order(order('release')),
  reissue: (system) => system.order(order('reissue')),
  revokeOther: (system) => system.order(order('revoke', 'billing')),
  remove: (system) => system.remove('orders'),
  intruder: async (system) => system.respond([secretRead({ secretId: await system.register() })]),
  hour: async (system) => system.world.clock.advance(HOUR),
  days: async (system) => system.world.clock.advance(40 * HOUR),
  sweep: (system) => system.sweep(),
  ttl: async (system) => system.ports.registry.deleteExpired(),
};

/** Lives a while, seals, and reads the log back as its auditor does. */
async function lived(acts: readonly string[]): Promise<{ system: System; records: readonly AuditRecord[] }> {
  const system = createSystem();
  const archive = createMemorySeal(system.world);
  const sealNow = () =>
    seal({ ...system.ports, ...archive }, POLICY, { reserveMs: 0, remainingMs: () => 60_000 });
  await system.register();
  for (const act of acts) {
    // What refuses an act (a revoked token, a declaration that is gone) is part of living.
    await ACTS[act]?.(system).catch(() => undefined);
    await sealNow();
  }
  await sealNow();
  const key = noteKey(POLICY.origin, await archive.signer.publicKey());
  const { objects } = archive.archive;
  const { findings } = verifyObjects(objects, { key }, 0);
  expect(findings.filter(({ reason }) => reason !== 'silence')).toEqual([]);
  const bodies = [...objects].filter(([name]) => name.startsWith('segments/')).map(([, body]) => body);
  return {
    system,
    records: bodies.flatMap((body) => body.split('\n').flatMap((line) => parseRecord(line) ?? [])),
  };
}

const itemsOf = ({ ports }: System): RegistryRecord[] => [...ports.registry.items.values()];

describe('the restore drill', () => {
  it('rebuilds from the sealed log a registry that equals the one that was lived, to the last field', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...Object.keys(ACTS)), { maxLength: 14 }), async (acts) => {
        const { system, records } = await lived(acts);
        expect(compare(rebuild(records), itemsOf(system), system.world.clock.now())).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('tells the states without the registry', async () => {
    const { system, records } = await lived([
      'rotate',
      'suspend',
      'release',
      'rotate',
      'days',
      'sweep',
      'registerOther',
      'revokeOther',
    ]);
    const rebuilt = rebuild(records);
    const [tokens, versions] = ['token', 'version'].map((kind) =>
      itemsOf(system).filter((item) => item.kind === kind),
    );
    expect(versions?.length).toBeGreaterThan(3);
    for (const item of tokens ?? []) {
      if (item.kind !== 'token') continue;
      expect(rebuilt.get(`TOKEN#${item.tokenId}|META`)?.state).toMatchObject({ standing: item.standing });
    }
    for (const item of versions ?? []) {
      if (item.kind !== 'version') continue;
      const { state, suspended } = item;
      expect(rebuilt.get(`KEY#${item.keyId}|KEY`)?.state).toMatchObject({ state, suspended });
    }
  });

  it('finds a registry that was restored to an earlier time, or changed past the functions', async () => {
    const { system, records } = await lived(['rotate', 'reissue', 'rotate']);
    const now = system.world.clock.now();
    const dead = itemsOf(system).find(
      (item): item is VersionRecord => item.kind === 'version' && item.state === 'revoked',
    );
    if (dead === undefined) throw new Error('nothing was revoked');
    const revived = itemsOf(system).map((item) =>
      item === dead ? { ...dead, state: 'current' as const } : item,
    );
    expect(compare(rebuild(records), revived, now)).toMatchObject([
      { item: `KEY#${dead.keyId}|KEY`, reason: 'differs' },
    ]);
    const token = await system.ports.registry.get(keys.token('orders'));
    const before = itemsOf(system).filter((item) => item !== token);
    expect(compare(rebuild(records), before, now)).toMatchObject([
      { item: 'TOKEN#orders|META', reason: 'missing' },
    ]);
    expect(compare(rebuild(records.slice(0, 5)), itemsOf(system), now).length).toBeGreaterThan(3);
  });
});
