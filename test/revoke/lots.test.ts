import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import { createSystem, ORDERS, type System } from '#test/loop/system.ts';

const idOf = (index: number): string => `service-${String(index).padStart(2, '0')}`;

async function registered(system: System, count: number): Promise<readonly string[]> {
  const arns: string[] = [];
  for (let index = 0; index < count; index++)
    arns.push(await system.register({ ...ORDERS, id: idOf(index) }));
  return arns;
}

const order = (action: string, count: number, more: object = {}): object => ({
  action,
  principal: ORDERS.principal,
  expectCount: count,
  reason: 'the service was broken into',
  incidentId: 'INC-7',
  noWait: true,
  ...more,
});

describe('an order on every token of a principal', () => {
  it('is committed in lots of some twenty, each with its audit, and every token has its receipt', async () => {
    const system = createSystem();
    const arns = await registered(system, 45);
    const texts = arns.map((arn) => system.read(arn));
    const before = {
      commits: system.world.count('registry', 'commit'),
      log: system.ports.registry.log.length,
    };
    const { gen } = await system.ports.registry.feed();
    const result = await system.order(order('revoke', 45));
    expect(system.world.count('registry', 'commit') - before.commits).toBe(3);
    expect((await system.ports.registry.feed()).gen).toBe(gen + 3);
    expect(result).toMatchObject({ status: 200, answer: { outcome: 'applied' } });
    if (result.status === 400) throw new Error(result.error.problem);
    expect(result.answer.receipts).toHaveLength(45);
    const actions = system.ports.registry.log
      .slice(before.log)
      .map(({ action, tokenId }) => `${action} ${tokenId}`);
    expect(actions.sort()).toEqual(
      ['token.revoked', 'version.revoked'].flatMap((action) =>
        Array.from({ length: 45 }, (_, index) => `${action} ${idOf(index)}`),
      ),
    );
    system.world.clock.advance(1_300);
    for (const text of texts)
      expect(await system.use(text)).toMatchObject({ allow: false, reason: 'revoked' });
    for (const arn of arns) expect(system.ports.vault.secretOf(arn).rotationEnabled).toBe(false);
  });

  it('asks the vault for nothing before the registry has all of them', async () => {
    const system = createSystem();
    await registered(system, 30);
    const start = system.world.calls.length;
    await system.order(order('revoke', 30));
    const calls = system.world.calls.slice(start).map(({ port, method }) => `${port}.${method}`);
    expect(calls.lastIndexOf('registry.commit')).toBeLessThan(calls.indexOf('vault.cancelRotation'));
    expect(calls.filter((call) => call === 'vault.cancelRotation')).toHaveLength(30);
  });

  it('leaves the cancelling to the sweep once the vault has failed, and answers (L6)', async () => {
    const system = createSystem();
    const arns = await registered(system, 30);
    const before = system.world.count('vault', 'cancelRotation');
    let asked = 0;
    system.world.beforeCall = ({ method }) => {
      if (method === 'cancelRotation' && ++asked === 5) throw new Error('throttled');
    };
    expect(await system.order(order('revoke', 30))).toMatchObject({
      status: 200,
      answer: { outcome: 'applied' },
    });
    expect(system.world.count('vault', 'cancelRotation') - before).toBe(5);
    system.world.clock.advance(60_000);
    await system.sweep();
    for (const arn of arns) expect(system.ports.vault.secretOf(arn).rotationEnabled).toBe(false);
  });

  it('changes what can be changed and says what is not', async () => {
    const system = createSystem();
    await registered(system, 3);
    await system.order({
      ...order('suspend', 0),
      principal: undefined,
      expectCount: undefined,
      tokenId: idOf(1),
    });
    const result = await system.order(order('suspend', 3));
    expect(result).toMatchObject({ status: 200, answer: { outcome: 'applied' } });
    if (result.status === 400) throw new Error(result.error.problem);
    expect(result.answer.receipts).toHaveLength(2);
    for (const index of [0, 1, 2])
      expect((await system.ports.registry.get(keys.token(idOf(index))))?.standing).toBe('suspended');
  });

  it('is decided anew when one of the lot changes meanwhile', async () => {
    const system = createSystem();
    const [, arn = ''] = await registered(system, 3);
    let rotated = false;
    system.world.beforeCall = async ({ port, method }) => {
      if (port !== 'registry' || method !== 'commit' || rotated) return;
      rotated = true;
      await system.ports.vault.trigger(arn);
    };
    const result = await system.order(order('revoke', 3));
    expect(result).toMatchObject({ status: 200, answer: { outcome: 'applied' } });
    expect(system.ports.registry.met.conflicts).toBe(1);
    system.world.clock.advance(1_300);
    expect(await system.use(system.read(arn))).toMatchObject({ allow: false, reason: 'revoked' });
  });

  it('reaches every token but the one that cannot be read, and says so at the end (S2)', async () => {
    const system = createSystem();
    const arns = await registered(system, 25);
    const texts = arns.map((arn) => system.read(arn));
    const record = await system.ports.registry.get(keys.token(idOf(3)));
    const bad = keys.token(idOf(3)).pk;
    system.world.beforeCall = ({ method, args }) => {
      if (method === 'get' && (args[0] as { pk: string }).pk === bad)
        throw new PortError('bad-item', { outcome: 'not-applied', retryable: false });
    };
    await expect(system.order(order('revoke', 25))).rejects.toMatchObject({ code: 'bad-item' });
    system.world.beforeCall = undefined;
    system.world.clock.advance(1_300);
    for (const [index, text] of texts.entries())
      expect((await system.use(text)).allow, idOf(index)).toBe(index === 3);
    expect(await system.ports.registry.get(keys.token(idOf(3)))).toEqual(record);
    for (const [index, arn] of arns.entries())
      expect(system.ports.vault.secretOf(arn).rotationEnabled, idOf(index)).toBe(index === 3);
  });

  it('asks for a rotation of each token, and commits nothing for it', async () => {
    const system = createSystem();
    await registered(system, 2);
    const commits = system.world.count('registry', 'commit');
    expect(await system.order(order('rotate', 2))).toMatchObject({ status: 200 });
    expect(system.world.count('registry', 'commit')).toBe(commits);
    expect(system.world.count('vault', 'rotate')).toBe(2);
  });
});
