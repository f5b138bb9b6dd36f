import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { registerToken, removeToken, rollBack } from '#functions/issue/register.ts';
import { readTokenValue } from '#issuers/api-token.ts';
import { ORDERS } from '#test/loop/system.ts';
import { type Bench, createBench, giveOrder, passes } from './harness.ts';

const DECLARATION = JSON.stringify(ORDERS);
const HOUR = 3_600_000;

function declared(): { bench: Bench; secretArn: string } {
  const bench = createBench();
  bench.memory.directory.create(ORDERS.principal);
  return { bench, secretArn: bench.memory.vault.createSecret('tokenward/dev/orders') };
}
const register = (bench: Bench, secretArn: string, requestId = 'r1', declaration = DECLARATION) =>
  registerToken({ declaration, secretArn, requestId }, bench.ports);
const currentOf = (bench: Bench, secretArn: string) => {
  const current = bench.memory.vault.current(secretArn);
  const read = current && readTokenValue(current.value);
  if (read === undefined) throw new Error('no current value');
  return { keyId: read.keyId, token: read.token.reveal() };
};

describe('registration', () => {
  it.each(['before', 'after'] as const)(
    'crashed %s each call in turn and repeated, it converges with one live version',
    async (side) => {
      const clean = declared();
      const start = clean.bench.world.calls.length;
      await register(clean.bench, clean.secretArn);
      const length = clean.bench.world.calls.length - start;
      expect(length).toBeGreaterThan(15);
      for (let crash = 0; crash < length; crash++) {
        const { bench, secretArn } = declared();
        const at = bench.world.calls.length + crash;
        const fault = ({ index }: { index: number }): void => {
          if (index === at) throw new Error('crash');
        };
        if (side === 'before') bench.world.beforeCall = fault;
        else bench.world.afterCall = fault;
        await register(bench, secretArn).catch(() => undefined);
        const { keyId } = await register(bench, secretArn);
        const value = currentOf(bench, secretArn);
        expect(value.keyId, `crash ${side} call ${crash}`).toBe(keyId);
        expect(bench.live(), `crash ${side} call ${crash}`).toEqual([keyId]);
        expect(await passes(bench, value.token)).toBe('allowed');
        expect(await bench.memory.registry.intents('orders')).toEqual([]);
      }
    },
  );

  it('delivered three times at once, it mints one version', async () => {
    const { bench, secretArn } = declared();
    await Promise.all([1, 2, 3].map(() => register(bench, secretArn)));
    expect(bench.live()).toEqual([currentOf(bench, secretArn).keyId]);
  });

  it('reads its own write late, and still adopts it', async () => {
    const { bench, secretArn } = declared();
    bench.memory.vault.lagMs = 150;
    bench.world.afterCall = ({ method }) => {
      if (method === 'put') {
        bench.world.afterCall = undefined;
        throw new Error('reply lost');
      }
    };
    await register(bench, secretArn).catch(() => undefined);
    const { keyId } = await register(bench, secretArn);
    bench.world.clock.advance(1_000);
    expect(currentOf(bench, secretArn).keyId).toBe(keyId);
    expect(bench.live()).toEqual([keyId]);
  });

  it.each([
    ['not json', 'declaration.', 'ManagedToken'],
    [JSON.stringify({ ...ORDERS, id: 'NO' }), 'declaration.id', 'ManagedToken'],
    [JSON.stringify({ ...ORDERS, principal: 'arn:aws:iam::111122223333:role/gone' }), 'principal', 'ARN'],
  ])('refuses %.20s with field and fix, before anything is written', async (declaration, field, fix) => {
    const { bench, secretArn } = declared();
    await expect(register(bench, secretArn, 'r1', declaration)).rejects.toMatchObject({
      field,
      fix: expect.stringContaining(fix),
    });
    expect(bench.memory.registry.items.size).toBe(0);
  });

  it('refuses a secret with a value that is not ours, and leaves it alone', async () => {
    const { bench, secretArn } = declared();
    const { Secret } = await import('#core/secret.ts');
    const { firstVersionId } = await import('#functions/issue/first-version.ts');
    await bench.memory.vault.put({
      secretId: secretArn,
      versionId: firstVersionId(secretArn, 'r1'),
      value: Secret.of('hunter2'),
      stage: 'AWSCURRENT',
    });
    await expect(register(bench, secretArn)).rejects.toMatchObject({ code: 'secret-unusable' });
    expect(bench.memory.vault.current(secretArn)?.value.reveal()).toBe('hunter2');
    expect(bench.live()).toEqual([]);
  });

  it('refuses an id that another secret holds, and a secret that another id holds', async () => {
    const { bench, secretArn } = declared();
    await register(bench, secretArn);
    const before = bench.memory.registry.log.length;
    const other = bench.memory.vault.createSecret('tokenward/dev/other');
    await expect(register(bench, other, 'r2')).rejects.toMatchObject({ code: 'id-taken', field: 'id' });
    const twin = JSON.stringify({ ...ORDERS, id: 'twin' });
    await expect(register(bench, secretArn, 'r3', twin)).rejects.toMatchObject({ code: 'secret-taken' });
    expect(bench.memory.registry.log.length).toBe(before);
    expect(bench.memory.vault.current(other)).toBeUndefined();
  });

  it('mints nothing for a token that is stopped, until it is released', async () => {
    const { bench, secretArn } = declared();
    bench.world.beforeCall = ({ method }) => {
      if (method === 'put') throw new Error('crash');
    };
    await register(bench, secretArn).catch(() => undefined);
    bench.world.beforeCall = undefined;
    await giveOrder(bench, 'suspend', 'orders');
    await expect(register(bench, secretArn)).rejects.toMatchObject({ code: 'token-suspended' });
    expect(bench.live()).toEqual([]);
    await giveOrder(bench, 'release', 'orders');
    await register(bench, secretArn);
    expect(bench.live()).toHaveLength(1);
  });
});

describe('a token declared again with a secret made anew', () => {
  const moved = async () => {
    const { bench, secretArn } = declared();
    await register(bench, secretArn);
    const before = currentOf(bench, secretArn);
    await removeToken('orders', secretArn, bench.ports, { stage: 'production' });
    const next = bench.memory.vault.createSecret('tokenward/dev/orders-again');
    return { bench, secretArn, before, next };
  };

  it('gets a first value there; the former one retires after the overlap', async () => {
    const { bench, before, next } = await moved();
    await register(bench, next, 'r2');
    const after = currentOf(bench, next);
    expect(await bench.memory.registry.get(keys.secret(next))).toMatchObject({ tokenId: 'orders' });
    expect(await passes(bench, after.token)).toBe('allowed');
    expect(await passes(bench, before.token)).toBe('allowed');
    bench.world.clock.advance(ORDERS.overlapMinutes * 60_000);
    expect(await passes(bench, before.token)).toBe('retired');
    expect(await passes(bench, after.token)).toBe('allowed');
    expect(bench.live()).toEqual([after.keyId]);
  });

  it.each(['before', 'after'] as const)('converges when crashed %s each call', async (side) => {
    for (let crash = 0; ; crash++) {
      const { bench, next } = await moved();
      const at = bench.world.calls.length + crash;
      const fault = ({ index }: { index: number }): void => {
        if (index === at) throw new Error('crash');
      };
      if (side === 'before') bench.world.beforeCall = fault;
      else bench.world.afterCall = fault;
      await register(bench, next, 'r2').catch(() => undefined);
      if (bench.world.calls.length <= at) return expect(crash).toBeGreaterThan(15);
      await register(bench, next, 'r2');
      const after = currentOf(bench, next);
      expect(bench.live(), `crash ${side} call ${crash}`).toEqual([after.keyId]);
      expect(await passes(bench, after.token)).toBe('allowed');
    }
  });

  it('comes back to its first secret without a second link', async () => {
    const { bench, secretArn, next } = await moved();
    await register(bench, next, 'r2');
    await removeToken('orders', next, bench.ports, { stage: 'production' });
    await expect(register(bench, secretArn, 'r3')).resolves.toMatchObject({ tokenId: 'orders' });
    expect(bench.live()).toEqual([currentOf(bench, secretArn).keyId]);
  });
});

describe('removal', () => {
  it('in production waits and pages; whoever holds another secret removes nothing', async () => {
    const { bench, secretArn } = declared();
    await register(bench, secretArn);
    await removeToken('orders', 'arn:other', bench.ports, bench.config);
    await removeToken('nobody', secretArn, bench.ports, bench.config);
    expect(bench.memory.pager.pages).toEqual([]);
    await removeToken('orders', secretArn, bench.ports, bench.config);
    await removeToken('orders', secretArn, bench.ports, bench.config);
    expect(bench.memory.pager.pages).toHaveLength(1);
    const token = await bench.memory.registry.get(keys.token('orders'));
    expect(token).toMatchObject({ standing: 'active' });
    expect((token?.removal?.suspendAt ?? 0) - bench.world.clock.now()).toBe(24 * HOUR);
  });

  it('in a sandbox revokes at once, without a page', async () => {
    const { bench, secretArn } = declared();
    await register(bench, secretArn);
    const { token } = currentOf(bench, secretArn);
    await removeToken('orders', secretArn, bench.ports, { stage: 'sandbox' });
    expect(await passes(bench, token)).toBe('revoked');
    expect(bench.memory.pager.pages).toEqual([]);
    await expect(register(bench, secretArn, 'r2')).rejects.toMatchObject({ code: 'id-revoked' });
  });

  it('of a failed registration concerns what that request registered, and nothing else', async () => {
    const { bench, secretArn } = declared();
    await register(bench, secretArn, 'r1');
    const removal = async () => (await bench.memory.registry.get(keys.token('orders')))?.removal;
    await rollBack({ declaration: DECLARATION, secretArn: 'arn:other', requestId: 'r1' }, bench.ports);
    await rollBack({ declaration: DECLARATION, secretArn, requestId: 'r2' }, bench.ports);
    await rollBack({ declaration: 'nonsense', secretArn, requestId: 'r1' }, bench.ports);
    expect(await removal()).toBeUndefined();
    await rollBack({ declaration: DECLARATION, secretArn, requestId: 'r1' }, bench.ports);
    expect(await removal()).toBeDefined();
  });
});
