import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { type MacEngine, PortError, type VerifierStore } from '#core/ports.ts';
import type { FeedRecord } from '#core/records.ts';
import { EMPTY_FEED } from '#core/token/feed.ts';
import { createVerifier, type Verdict, type VerifierConfig } from '#functions/authorize/verifier.ts';
import { ANN, NOW } from '../core/builders.ts';
import { createMemoryPorts, type MemoryPorts } from '../ports/ports.ts';
import { createWorld, type World } from '../ports/world.ts';
import { calm, R, T } from './history.ts';
import { registered, tokenNamed } from './registered.ts';

const NEED = { audience: 'prices', scopes: [], source: { ip: '10.1.2.3' } };
const CONFIG: VerifierConfig = {
  environment: 'dev',
  feedMaxAgeMs: T,
  readTimeoutMs: R,
  recordCacheMaxMs: 60_000,
  recordCacheMaxEntries: 2,
};

/** Room for two records, three credentials: `ask` verifies one by name. */
async function crowded(): Promise<{
  readonly world: World;
  readonly ports: MemoryPorts;
  ask(name: string): Promise<Verdict>;
  /** Record reads since it was last asked. */
  reads(): number;
  told(name: string, end: 'changed' | 'gone'): Promise<void>;
}> {
  const world = createWorld({ seed: 1 });
  const ports = createMemoryPorts(world);
  for (const name of ['a', 'b', 'c']) await registered(name, ports);
  const verifier = createVerifier({ ...ports, store: ports.registry }, CONFIG);
  let before = 0;
  return {
    world,
    ports,
    ask: (name) => verifier.verify(tokenNamed(name).text, NEED),
    reads: () => {
      const since = ports.metrics.total('RecordReads') - before;
      before += since;
      return since;
    },
    told: async (name, end) => {
      const { keyId } = tokenNamed(name);
      const record = await ports.registry.get(keys.version(keyId));
      if (record === undefined) throw new Error(`no ${name}`);
      const gone = { kind: 'delete', key: keys.version(keyId), expect: record.rev } as const;
      await ports.registry.commit({
        writes: [end === 'gone' ? gone : update(record, record)],
        audit: [{ action: 'version.revoked', at: NOW, actor: ANN, keyId }],
        feed: [keyId],
      });
      world.clock.advance(T + 1);
    },
  };
}

describe('the record cache', () => {
  it('lets the record go that was read longest ago, and no other', async () => {
    const { ask, reads } = await crowded();
    await ask('a');
    await ask('b');
    expect(reads()).toBe(2);
    await ask('a');
    await ask('b');
    expect(reads()).toBe(0);
    await ask('c');
    expect(reads()).toBe(1);
    await ask('b');
    await ask('c');
    expect(reads()).toBe(0);
    await ask('a');
    expect(reads()).toBe(1);
  });

  it('lets none go for a record that it holds already and reads again', async () => {
    const { ask, reads, told } = await crowded();
    await ask('a');
    await ask('b');
    await told('b', 'changed');
    await ask('b');
    expect(reads()).toBe(3);
    await ask('a');
    await ask('b');
    expect(reads()).toBe(0);
  });

  it('keeps no room for a record that is gone', async () => {
    const { ask, reads, told } = await crowded();
    await ask('b');
    await ask('a');
    await told('a', 'gone');
    expect(await ask('a')).toEqual({ allow: false, reason: 'unknown' });
    await ask('c');
    expect(reads()).toBe(4);
    await ask('b');
    expect(reads()).toBe(0);
  });

  it('reads a record again once it is older than its longest age', async () => {
    const { world, ask, reads } = await crowded();
    world.clock.advance(45_000);
    await ask('a');
    expect(reads()).toBe(1);
    world.clock.advance(60_000);
    await ask('a');
    expect(reads()).toBe(0);
    world.clock.advance(1);
    await ask('a');
    expect(reads()).toBe(1);
  });

  it('counts its reads, and those of the feed', async () => {
    const { world, ports, ask } = await crowded();
    await ask('a');
    await ask('b');
    world.clock.advance(T + 1);
    await ask('a');
    expect([ports.metrics.total('RecordReads'), ports.metrics.total('FeedReads')]).toEqual([2, 2]);
    expect([world.count('registry', 'get'), world.count('registry', 'feed')]).toEqual([2, 2]);
  });
});

/** A verifier whose feed answers when told to, in any order. */
async function held(): Promise<{
  readonly world: World;
  readonly asked: ((gen: number) => void)[];
  generation(): Promise<number>;
}> {
  const { world, ports, target } = await calm();
  const asked: ((gen: number) => void)[] = [];
  const store: VerifierStore = {
    get: ports.registry.get,
    feed: () =>
      new Promise<FeedRecord>((resolve) => {
        asked.push((gen) => resolve({ ...EMPTY_FEED, gen }));
      }),
  };
  const verifier = createVerifier({ ...ports, store }, CONFIG);
  return {
    world,
    asked,
    generation: async () => (await verifier.explain(target.keyId)).feedGeneration,
  };
}

describe('the feed that is asked for', () => {
  it('is asked for once by all who come while its answer will be young enough, and no longer', async () => {
    const { world, asked, generation } = await held();
    const first = generation();
    world.clock.advance(T);
    const second = generation();
    expect(asked).toHaveLength(1);
    world.clock.advance(1);
    const third = generation();
    expect(asked).toHaveLength(2);
    for (const [at, answer] of asked.entries()) answer(at + 1);
    expect(await Promise.all([first, second, third])).toEqual([1, 1, 2]);
  });

  it('never goes back to an older one whose answer comes last', async () => {
    const { world, asked, generation } = await held();
    const slow = generation();
    world.clock.advance(T + 1);
    const quick = generation();
    asked[1]?.(5);
    expect(await quick).toBe(5);
    asked[0]?.(4);
    expect(await slow).toBe(4);
    const next = generation();
    await settled();
    expect(asked).toHaveLength(2);
    expect(await next).toBe(5);
  });

  it('is still awaited when an older question has been answered', async () => {
    const { world, asked, generation } = await held();
    const slow = generation();
    world.clock.advance(T + 1);
    const quick = generation();
    asked[0]?.(4);
    expect(await slow).toBe(4);
    await settled();
    const third = generation();
    expect(asked).toHaveLength(2);
    asked[1]?.(5);
    expect(await Promise.all([quick, third])).toEqual([5, 5]);
  });
});

describe('an answer that takes its time', () => {
  it('is given at T + R, and not a millisecond later', async () => {
    const { world, ports, target } = await calm();
    let takes = 0;
    const mac: MacEngine = {
      ...ports.mac,
      remake: (message, pepper) => {
        world.clock.advance(takes);
        return ports.mac.remake(message, pepper);
      },
    };
    const verifier = createVerifier({ ...ports, store: ports.registry, mac }, CONFIG);
    expect(await verifier.verify(target.text, NEED)).toMatchObject({ allow: true, leftMs: T + R });
    takes = T + R;
    expect(await verifier.verify(target.text, NEED)).toMatchObject({ allow: true, leftMs: 0 });
    takes = T + R + 1;
    expect(await verifier.verify(target.text, NEED)).toEqual({ allow: false, reason: 'unavailable' });
    expect(ports.metrics.total('VerifyRetries')).toBe(3);
  });
});

describe('a registry that fails', () => {
  it.each<[string, unknown, string]>([
    ['as a port does', new PortError('throttled', { outcome: 'not-applied', retryable: true }), 'throttled'],
    ['with an error that has no code', new Error('x'), 'unknown'],
    ['with a code that is no text', Object.assign(new Error('x'), { code: 7 }), 'unknown'],
    ['with something that only looks like an error', { code: 'odd' }, 'unknown'],
    ['with nothing', undefined, 'unknown'],
  ])('%s is counted under its code', async (_what, fault, code) => {
    const { world, ports, verify } = await calm();
    world.beforeCall = () => {
      throw fault;
    };
    expect(await verify()).toEqual({ allow: false, reason: 'unavailable' });
    expect(ports.metrics.counts.filter(({ name }) => name === 'VerifyUnavailable')).toEqual([
      { name: 'VerifyUnavailable', value: 1, dimensions: { code } },
    ]);
  });
});

describe('what is asked of a verifier', () => {
  it('is an ordinary request unless it is said to be a probe: the network counts', async () => {
    const { verifier, target } = await calm();
    const elsewhere = { ...NEED, source: { ip: '203.0.113.9' } };
    expect(await verifier.verify(target.text, elsewhere)).toMatchObject({ reason: 'network' });
    expect(await verifier.verify(target.text, elsewhere, 'probe')).toMatchObject({ reason: 'not-pending' });
  });

  it('is explained for a record whose fields nobody sealed, too', async () => {
    const { ports, target, verifier } = await calm();
    const record = await ports.registry.get(keys.version(target.keyId));
    if (record === undefined) throw new Error('no record');
    ports.registry.tamper({ ...record, fields: { ...record.fields, scopes: ['admin'] } });
    expect(await verifier.explain(target.keyId)).toMatchObject({ wouldAllow: false, reason: 'tampered' });
  });
});
