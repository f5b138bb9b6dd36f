import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { run as seal } from '#functions/seal/run.ts';
import { createMemorySeal, type MemorySeal } from '#test/ports/memory-seal.ts';
import { POLICY } from '#test/seal/sealer.ts';
import { createDesk, type Desk, type Ran } from './harness.ts';

let dir: string;
let desk: Desk;
let archive: MemorySeal;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tokenward-compare-'));
  desk = createDesk();
  archive = createMemorySeal(desk.system.world);
  const secretArn = await desk.system.register();
  await desk.system.ports.vault.trigger(secretArn);
  await bundle();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function bundle(): Promise<void> {
  const limits = { reserveMs: 0, remainingMs: () => 60_000 };
  await seal({ ...desk.system.ports, ...archive }, POLICY, limits);
  for (const [name, body] of archive.archive.objects) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), body);
  }
}
const compare = (...more: string[]): Promise<Ran> => desk.run(['audit', 'compare', '--bundle', dir, ...more]);
const suspend = (): Promise<Ran> =>
  desk.run(['suspend', 'orders', '--reason', 'drill', '--incident', 'INC-1', '--yes']);

describe('audit compare', () => {
  it('holds for the registry that was lived, also where it has gone on since', async () => {
    expect(await compare()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+ items are as the log tells$/),
    });
    await suspend();
    expect(JSON.parse((await compare('--json')).out)).toMatchObject({ equals: true, differences: [] });
  });

  it('names what was changed past the functions, and ends in 1', async () => {
    const token = await desk.system.ports.registry.get(keys.token('orders'));
    if (token === undefined) throw new Error('no token');
    desk.system.ports.registry.tamper({ ...token, purpose: 'another' });
    const ran = await compare();
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/TOKEN#orders\|META +│ differs/);
  });

  it('finds a token that nobody registered', async () => {
    const token = await desk.system.ports.registry.get(keys.token('orders'));
    if (token === undefined) throw new Error('no token');
    desk.system.ports.registry.tamper({ ...token, tokenId: 'planted' });
    expect(JSON.parse((await compare('--json')).out).differences).toEqual([
      { item: 'TOKEN#planted|META', reason: 'unknown', stored: token.rev },
    ]);
  });

  it('holds a restored table against the log of its time', async () => {
    const then = new Date(desk.system.world.clock.now()).toISOString();
    desk.system.world.clock.advance(60_000);
    const before = new Map(desk.system.ports.registry.items);
    await suspend();
    await bundle();
    desk.reads = {
      getMany: async (wanted) => wanted.flatMap(({ pk, sk }) => (before.get(`${pk}|${sk}`) as never) ?? []),
      tokens: async () => ({ items: [...before.values()].filter((item) => item.kind === 'token') }),
    };
    expect((await compare('--table', 'restored', '--as-of', then)).code).toBe(0);
    const later = new Date(desk.system.world.clock.now()).toISOString();
    const ran = await compare('--table', 'restored', '--as-of', later, '--json');
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out).differences).toContainEqual(
      expect.objectContaining({ item: 'TOKEN#orders|META', reason: 'differs' }),
    );
  });

  it('leaves a bundle that answers by principal too, with no AWS', async () => {
    await suspend();
    await bundle();
    const principal = 'arn:aws:iam::111122223333:role/orders-service';
    const ran = await desk.run(['audit', 'show', '--bundle', dir, '--principal', principal, '--json']);
    const actions = JSON.parse(ran.out).map(({ action }: { action: string }) => action);
    expect(actions).toContain('token.registered');
    expect(actions).toContain('token.suspended');
    expect(actions).not.toContain('pepper.created');
    expect(ran.where).toEqual([]);
  });

  it.each([
    ['a bundle', [], '--bundle'],
    ['the time of a restored table', ['--bundle', '.', '--table', 'restored'], 'go together'],
  ])('must be told %s', async (_what, line, says) => {
    expect(await desk.run(['audit', 'compare', ...line])).toMatchObject({
      code: 2,
      err: expect.stringContaining(says),
    });
  });
});
