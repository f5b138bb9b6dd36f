import { describe, expect, it } from 'vitest';
import { create } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { token, version } from '../core/builders.ts';
import { createMemoryRegistry } from '../ports/memory-registry.ts';
import { createWorld } from '../ports/world.ts';
import { registryContract } from './registry.ts';

registryContract('the registry in memory, atomic', async () => rig({}));
registryContract('the registry in memory, with latencies', async () => rig({ readMs: 3, writeMs: 8 }));

function rig(latencies: {
  readMs?: number;
  writeMs?: number;
}): Awaited<ReturnType<Parameters<typeof registryContract>[1]>> {
  const world = createWorld({ seed: 11 });
  let crowding = false;
  const registry = createMemoryRegistry(world, {
    ...latencies,
    shardOf: () => Math.floor(world.random.next() * (crowding ? 2 : 256)),
  });
  return {
    registry,
    crowded: {
      ...registry,
      commit: (change) => {
        crowding = true;
        return registry.commit(change);
      },
    },
    plant: async (record) => registry.tamper(record),
    ttlOf: async ({ pk, sk }) =>
      (registry.items.get(`${pk}|${sk}`) as { ttlSeconds?: number } | undefined)?.ttlSeconds,
    stop: async () => undefined,
  };
}

describe('the registry in memory', () => {
  const said = { action: 'token.warned', at: 0, actor: { kind: 'system', id: 'sweep' } } as const;

  it('shows an index late when told to, and an item at once', async () => {
    const world = createWorld();
    const registry = createMemoryRegistry(world, { indexLagMs: 500 });
    await registry.commit({
      writes: [create(token({ dueAt: 1 }))],
      audit: [{ ...said, tokenId: 'orders' }],
      feed: [],
    });
    expect(await registry.get(keys.token('orders'))).toBeDefined();
    expect((await registry.tokens({})).items).toHaveLength(0);
    expect((await registry.auditOf({ tokenId: 'orders' })).items).toHaveLength(0);
    world.clock.advance(500);
    expect((await registry.tokens({})).items).toHaveLength(1);
    expect((await registry.auditOf({ tokenId: 'orders' })).items).toHaveLength(1);
  });

  it('deletes what is past its TTL when told to, and not before', async () => {
    const world = createWorld();
    const registry = createMemoryRegistry(world);
    const ttlSeconds = Math.floor(world.clock.now() / 1000) + 10;
    await registry.commit({ writes: [create(version({ ttlSeconds }))], audit: [said], feed: [] });
    world.clock.advance(9_000);
    registry.deleteExpired();
    expect(await registry.get(keys.version('key0000000000001'))).toBeDefined();
    world.clock.advance(2_000);
    registry.deleteExpired();
    expect(await registry.get(keys.version('key0000000000001'))).toBeUndefined();
  });

  it('gives records that nobody can change in passing', async () => {
    const registry = createMemoryRegistry(createWorld());
    await registry.commit({ writes: [create(token())], audit: [said], feed: [] });
    const read = (await registry.get(keys.token('orders'))) as unknown as { fields: { scopes: string[] } };
    expect(() => read.fields.scopes.push('everything')).toThrow(TypeError);
  });

  it('gives up on a chain that never holds still, and says that nothing was applied', async () => {
    const world = createWorld();
    const registry = createMemoryRegistry(world, { readMs: 1, writeMs: 5_000, shardOf: () => 0 });
    const commits = Array.from({ length: 30 }, () =>
      registry.commit({ writes: [], audit: [said], feed: [] }),
    );
    const results = await Promise.allSettled(commits);
    const failed = results.filter((result) => result.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed)
      expect(reason).toMatchObject({ code: 'registry-busy', outcome: 'not-applied' });
    expect(registry.log).toHaveLength(30 - failed.length);
  });
});
