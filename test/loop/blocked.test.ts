import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { createSystem, ORDERS, type System, usage } from './system.ts';

const REVOKE = { action: 'revoke', reason: 'leaked', incidentId: 'INC-7', noWait: true };
const fails = (system: System, failing: string): void => {
  system.world.beforeCall = ({ method }) => {
    if (method === failing) throw new Error('the vault is away');
  };
};

describe('a rotation that cannot be cancelled', () => {
  it('is cancelled by the sweep, which tries until it works (L6)', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    const token = () => system.ports.registry.get(keys.token('orders'));
    fails(system, 'cancelRotation');
    expect(await system.order({ ...REVOKE, tokenId: 'orders' })).toMatchObject({
      status: 200,
      answer: { outcome: 'applied' },
    });
    for (let attempts = 1; attempts <= 12; attempts++) {
      system.world.clock.advance(((await token())?.dueAt ?? 0) - system.world.clock.now());
      await system.sweep();
      expect((await token())?.cancelling).toMatchObject({ attempts });
    }
    system.world.beforeCall = undefined;
    system.world.clock.advance(6 * 3_600_000);
    await system.sweep();
    expect(await token()).not.toHaveProperty('cancelling');
    expect(await token()).not.toHaveProperty('dueAt');
    expect(await system.ports.vault.describe(secretArn)).toMatchObject({ value: { rotationEnabled: false } });
  });

  it('does not keep the other tokens of the same order alive (S2)', async () => {
    const system = createSystem();
    await system.register();
    await system.register({ ...ORDERS, id: 'other' });
    fails(system, 'cancelRotation');
    await system.order({ ...REVOKE, principal: ORDERS.principal, expectCount: 2 });
    for (const id of ['orders', 'other'])
      expect((await system.ports.registry.get(keys.token(id)))?.standing).toBe('revoked');
  });

  it('does not swallow the page of an automatic revoke (L4)', async () => {
    const system = createSystem();
    await system.register({ ...ORDERS, canary: true });
    const keyId = (await system.ports.registry.get(keys.token('orders')))?.versions[0]?.keyId ?? '';
    fails(system, 'cancelRotation');
    const bodies = [usage({ keyId, tokenId: 'orders' })];
    expect(await system.respond(bodies, DEFAULT_POLICY)).toEqual({ batchItemFailures: [] });
    expect(system.ports.pager.pages.map(({ key }) => key)).toContain('T0-1:orders');
  });
});

describe('a rotation that cannot be asked for', () => {
  it('does not swallow the page of an automatic reissue, and is asked for by the sweep (L4)', async () => {
    const system = createSystem();
    await system.register();
    const keyId = (await system.ports.registry.get(keys.token('orders')))?.versions[0]?.keyId ?? '';
    fails(system, 'rotate');
    expect(await system.respond([usage({ keyId, tokenId: 'orders' })])).toEqual({ batchItemFailures: [] });
    const paged = system.ports.pager.pages.map(({ key }) => key);
    expect(paged).toContain('T0-4:orders');
    expect(paged.some((key) => key.startsWith('reissue-not-started:'))).toBe(true);
    system.world.beforeCall = undefined;
    system.world.clock.advance(61_000);
    await system.sweep();
    await system.ports.vault.settle();
    expect((await system.ports.registry.get(keys.token('orders')))?.versions[0]?.state).toBe('current');
  });

  it('does not keep the other tokens of the same order alive (S2)', async () => {
    const system = createSystem();
    await system.register();
    await system.register({ ...ORDERS, id: 'other' });
    fails(system, 'rotate');
    const told = { ...REVOKE, action: 'reissue', principal: ORDERS.principal, expectCount: 2 };
    expect(await system.order(told)).toMatchObject({ status: 200 });
    for (const id of ['orders', 'other'])
      expect((await system.ports.registry.get(keys.token(id)))?.versions[0]?.state).toBe('revoked');
  });
});

describe('a pending version whose label cannot be cleared', () => {
  it('stays due until it is cleared, though its token is revoked (L1, L5)', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    fails(system, 'moveCurrent');
    await system.ports.vault.trigger(secretArn);
    fails(system, 'clearPending');
    await system.order({ ...REVOKE, tokenId: 'orders' });
    system.world.clock.advance(24 * 3_600_000);
    await system.sweep();
    system.world.beforeCall = undefined;
    await system.sweep();
    const described = await system.ports.vault.describe(secretArn);
    expect(JSON.stringify(described)).toContain('AWSCURRENT');
    expect(JSON.stringify(described)).not.toContain('AWSPENDING');
  });
});

it('a shard that cannot be read stops no other', async () => {
  const system = createSystem();
  const secretArn = await system.register();
  await system.ports.vault.trigger(secretArn);
  system.world.clock.advance(ORDERS.overlapMinutes * 60_000 + 1);
  const shards: unknown[] = [];
  system.world.beforeCall = ({ method, args }) => {
    if (method !== 'due') return;
    shards.push(args[0]);
    if (shards.length === 1) throw new Error('throttled');
  };
  const report = await system.sweep();
  expect(report.failed).toBe(1);
  expect(new Set(shards).size).toBe(16);
});

it('a label that the registry does not follow is paged before its intent closes (L5)', async () => {
  const system = createSystem();
  const secretArn = await system.register();
  let moved = false;
  system.world.afterCall = ({ port, method }) => {
    if (port === 'vault' && method === 'moveCurrent') moved = true;
  };
  system.world.beforeCall = ({ port, method }) => {
    if (moved && port === 'registry' && method === 'commit') throw new Error('crash');
  };
  await system.ports.vault.trigger(secretArn);
  system.world.beforeCall = undefined;
  const pending = (await system.ports.registry.get(keys.token('orders')))?.versions[0]?.keyId ?? '';
  await system.order({
    action: 'revoke',
    keyId: pending,
    reason: 'leaked',
    incidentId: 'INC-1',
    noWait: true,
  });
  system.world.clock.advance(16 * 60_000);
  system.world.afterCall = ({ port, method }) => {
    if (port === 'registry' && method === 'commit') throw new Error('crash');
  };
  await system.sweep();
  expect(system.ports.pager.pages.map(({ key }) => key)).toContain(`labels:${secretArn}`);
});
