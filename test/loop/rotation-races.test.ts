import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { createSystem, ORDERS, type System } from './system.ts';

const lastRotation = (system: System): string => system.ports.vault.outcomes.at(-1)?.versionId ?? '';

describe('a rotation step that comes twice or late', () => {
  it('finishSecret of an earlier rotation leaves AWSCURRENT where the later one put it', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    await system.ports.vault.trigger(secretArn);
    const earlier = lastRotation(system);
    await system.ports.vault.trigger(secretArn);
    const later = lastRotation(system);
    await system.step('finishSecret', secretArn, earlier);
    expect(system.ports.vault.current(secretArn)?.versionId).toBe(later);
  });

  it('createSecret that was overtaken by setSecret does not reopen the intent', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    const versionId = '00000000-0000-4000-8000-00000000feed';
    await system.ports.vault.rotate(secretArn, versionId);
    let overtaken = false;
    system.world.beforeCall = async ({ port, method }) => {
      if (port !== 'keys' || method !== 'randomBytes' || overtaken) return;
      overtaken = true;
      await system.step('createSecret', secretArn, versionId);
      await system.step('setSecret', secretArn, versionId);
    };
    await system.step('createSecret', secretArn, versionId);
    expect(overtaken).toBe(true);
    const intent = await system.ports.registry.get(keys.intent('orders', versionId));
    const set = (await system.ports.registry.get(keys.token('orders')))?.versions.find(
      (version) => version.versionId === versionId,
    );
    expect(intent).toMatchObject({ state: 'set', keyId: set?.keyId });
  });
});

describe('a rotation under fault', () => {
  it('once AWSCURRENT has moved, a probe without an answer revokes nothing', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    let phase: 'before' | 'moved' | 'crashed' | 'healed' = 'before';
    system.world.afterCall = ({ port, method }) => {
      if (port === 'vault' && method === 'moveCurrent') phase = 'moved';
    };
    system.world.beforeCall = ({ port, method }) => {
      if (phase === 'moved' && port === 'registry' && method === 'commit') {
        phase = 'crashed';
        throw new Error('crash');
      }
      if (phase === 'crashed' && port === 'registry' && method === 'feed') throw new Error('unreachable');
    };
    system.ports.vault.rotationAttempts = 2;
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'failed' });
    phase = 'healed';
    system.world.afterCall = undefined;
    expect(await system.use(system.read(secretArn))).toMatchObject({ allow: true });
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'succeeded' });
  });

  it('a version whose promotion the registry missed retires when the next one is promoted', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    let moved = false;
    system.world.afterCall = ({ port, method }) => {
      if (port === 'vault' && method === 'moveCurrent') moved = true;
    };
    system.world.beforeCall = ({ port, method }) => {
      if (moved && port === 'registry' && method === 'commit') throw new Error('crash');
    };
    system.ports.vault.rotationAttempts = 1;
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'failed' });
    system.world.afterCall = undefined;
    system.world.beforeCall = undefined;
    const held = system.read(secretArn);
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'succeeded' });
    system.world.clock.advance(16 * 60_000);
    await system.sweep();
    system.world.clock.advance(2_000);
    expect(await system.use(held)).toMatchObject({ allow: true });
    system.world.clock.advance(15 * 60_000);
    expect(await system.use(held)).toMatchObject({ allow: false, reason: 'retired' });
  });

  it('a version that the sweep ends while its label moves gives AWSCURRENT back', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    const held = system.read(secretArn);
    const versionId = '00000000-0000-4000-8000-00000000feed';
    await system.ports.vault.rotate(secretArn, versionId);
    await system.step('createSecret', secretArn, versionId);
    await system.step('setSecret', secretArn, versionId);
    system.world.clock.advance(16 * 60_000);
    system.world.beforeCall = async ({ port, method }) => {
      if (port !== 'vault' || method !== 'moveCurrent') return;
      system.world.beforeCall = undefined;
      await system.sweep();
    };
    await expect(system.step('finishSecret', secretArn, versionId)).rejects.toMatchObject({
      code: 'intent-aborted',
    });
    expect(system.read(secretArn)).toBe(held);
    expect(await system.use(held)).toMatchObject({ allow: true });
  });

  it('a promotion that crashed while the sweep undid it pages', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    const versionId = '00000000-0000-4000-8000-00000000feed';
    await system.ports.vault.rotate(secretArn, versionId);
    await system.step('createSecret', secretArn, versionId);
    await system.step('setSecret', secretArn, versionId);
    system.world.clock.advance(16 * 60_000);
    const from = system.ports.vault.current(secretArn)?.versionId ?? '';
    system.world.afterCall = async ({ port, method }) => {
      if (port !== 'vault' || method !== 'clearPending') return;
      await system.ports.vault.moveCurrent(secretArn, { to: versionId, from });
    };
    await system.sweep();
    expect(system.ports.pager.pages.map(({ key }) => key)).toEqual([`labels:${secretArn}`]);
  });

  it('setSecret seals no field that was widened after createSecret', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    const { pk, sk } = keys.token('orders');
    system.world.afterCall = ({ port, method }) => {
      if (port !== 'vault' || method !== 'put') return;
      const token = system.ports.registry.items.get(`${pk}|${sk}`);
      if (token?.kind !== 'token') throw new Error('no token');
      const fields = { ...token.fields, scopes: ['prices:read', 'prices:write'] };
      system.ports.registry.tamper({ ...token, fields });
    };
    const outcome = await system.ports.vault.trigger(secretArn);
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'fields-tampered' } });
  });

  it('the secret that a token has left rotates no more', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    const { pk, sk } = keys.token('orders');
    const token = system.ports.registry.items.get(`${pk}|${sk}`);
    if (token?.kind !== 'token') throw new Error('no token');
    system.ports.registry.tamper({ ...token, secretArn: `${secretArn}-new` });
    const outcome = await system.ports.vault.trigger(secretArn);
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'unknown-secret' } });
  });

  it('whose promotion the sweep had to finish keeps no label that stops the next one', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    let moved = false;
    system.world.afterCall = ({ port, method }) => {
      if (port === 'vault' && method === 'moveCurrent') moved = true;
    };
    system.world.beforeCall = ({ port, method }) => {
      if (moved && port === 'registry' && method === 'commit') throw new Error('crash');
    };
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'failed' });
    system.world.beforeCall = undefined;
    system.world.clock.advance(16 * 60_000);
    await system.sweep();
    const described = await system.ports.vault.describe(secretArn);
    expect(JSON.stringify(described)).not.toContain('AWSPENDING');
  });

  it('a label left on a version whose rotation is over is taken off, and the next rotation is a new one', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    await system.ports.vault.trigger(secretArn);
    const over = lastRotation(system);
    await system.ports.vault.trigger(secretArn);
    system.ports.vault.label(secretArn, 'AWSPENDING', over);
    const stuck = await system.ports.vault.trigger(secretArn);
    expect(stuck).toMatchObject({ outcome: 'abandoned', versionId: over, error: { code: 'intent-closed' } });
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('a redeploy', () => {
  it('puts nothing over a version that carries AWSCURRENT and is not promoted yet', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    const first = (await system.ports.registry.get(keys.token('orders')))?.versions[0]?.keyId ?? '';
    let moved = false;
    system.world.afterCall = ({ port, method }) => {
      if (port === 'vault' && method === 'moveCurrent') moved = true;
    };
    system.world.beforeCall = ({ port, method }) => {
      if (moved && port === 'registry' && method === 'commit') throw new Error('crash');
    };
    system.ports.vault.rotationAttempts = 1;
    await system.ports.vault.trigger(secretArn);
    system.world.beforeCall = undefined;
    system.world.afterCall = undefined;
    const held = system.read(secretArn);
    await system.order({
      action: 'revoke',
      keyId: first,
      reason: 'leaked',
      incidentId: 'INC-1',
      noWait: true,
    });
    await system.register({ ...ORDERS, purpose: 'another purpose' });
    expect(system.read(secretArn)).toBe(held);
    expect(await system.use(held)).toMatchObject({ allow: true });
  });
});
