import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { create, update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { Registry, VerifierStore } from '#core/ports.ts';
import type { VersionRecord } from '#core/records.ts';
import type { VirtualClock } from '#test/ports/world.ts';
import { ANN, NOW, version } from '../core/builders.ts';
import { calm, R, T, verifierOf } from './history.ts';
import { registered, tokenNamed } from './registered.ts';

const change = async (
  registry: Registry,
  keyId: string,
  part: Partial<VersionRecord>,
): Promise<VersionRecord> => {
  const record = await registry.get(keys.version(keyId));
  if (record === undefined) throw new Error(`no ${keyId}`);
  await registry.commit({
    writes: [update(record, { ...record, ...part })],
    audit: [{ action: 'version.revoked', at: NOW, actor: ANN, keyId }],
    feed: [keyId],
  });
  return record;
};

/** The bound itself is tried in test/history/. */
describe('the revocation bound', () => {
  it('says of an acceptance how much of T + R is left', async () => {
    const { world, verify } = await calm();
    expect(await verify()).toMatchObject({ allow: true, leftMs: T + R });
    world.clock.advance(T);
    expect(await verify()).toMatchObject({ allow: true, leftMs: R });
    world.clock.advance(1);
    expect(await verify()).toMatchObject({ allow: true, leftMs: T + R });
  });
});

describe('what the registry does not say', () => {
  it.each(['feed', 'get'] as const)('denies while %s cannot be read, and recovers', async (method) => {
    const { world, ports, verify } = await calm();
    world.beforeCall = (call) => {
      if (call.method === method) throw new Error('out of reach');
    };
    expect(await verify()).toEqual({ allow: false, reason: 'unavailable' });
    expect(ports.metrics.total('VerifyUnavailable')).toBe(1);
    world.beforeCall = undefined;
    expect((await verify()).allow).toBe(true);
  });

  it('does not outlive T on a warm cache when the feed is gone', async () => {
    const { world, verify } = await calm();
    expect((await verify()).allow).toBe(true);
    world.beforeCall = ({ method }) => {
      if (method === 'feed') throw new Error('out of reach');
    };
    world.clock.advance(T);
    expect((await verify()).allow).toBe(true);
    world.clock.advance(1);
    expect(await verify()).toEqual({ allow: false, reason: 'unavailable' });
  });

  it('never accepts a record older than the feed, nor keeps it', async () => {
    const { ports, target } = await calm();
    const old = await change(ports.registry, target.keyId, { suspended: true });
    let torn = true;
    const store: VerifierStore = {
      feed: ports.registry.feed,
      get: async (key) => {
        const record = await ports.registry.get(key);
        return torn ? (old as typeof record) : record;
      },
    };
    const verifier = verifierOf({ ...ports, store });
    const need = { audience: 'prices', scopes: [], source: { ip: '10.1.2.3' } };
    expect(await verifier.verify(target.text, need)).toMatchObject({ allow: false, reason: 'unavailable' });
    expect(ports.metrics.total('VerifyRetries')).toBe(3);
    expect(await verifier.explain(target.keyId)).toMatchObject({ wouldAllow: false, reason: 'unavailable' });
    torn = false;
    expect(await verifier.verify(target.text, need)).toMatchObject({ allow: false, reason: 'suspended' });
    await change(ports.registry, target.keyId, { suspended: false });
    ports.clock.advance(T + 1);
    expect((await verifier.verify(target.text, need)).allow).toBe(true);
  });

  it('keeps no torn read when a burst has driven its entry out of the feed', async () => {
    const { world, ports, target } = await calm();
    const old = await change(ports.registry, target.keyId, { state: 'revoked' });
    for (const part of ['a', 'b']) {
      const keyIds = Array.from({ length: 90 }, (_, index) => `${part}${String(index).padStart(15, '0')}`);
      await ports.registry.commit({
        writes: keyIds.map((keyId) => create(version({ keyId, state: 'revoked' }))),
        audit: [{ action: 'version.revoked', at: NOW, actor: ANN }],
        feed: keyIds,
      });
    }
    let torn = true;
    const get: VerifierStore['get'] = async (key) => {
      const record = await ports.registry.get(key);
      return torn ? (old as typeof record) : record;
    };
    const verifier = verifierOf({ ...ports, store: { feed: ports.registry.feed, get } });
    const need = { audience: 'prices', scopes: [], source: { ip: '10.1.2.3' } };
    world.clock.advance(10 * T);
    expect(await verifier.verify(target.text, need)).toMatchObject({ allow: true });
    world.clock.advance(T);
    expect(await verifier.verify(target.text, need)).toMatchObject({ allow: true });
    torn = false;
    expect(await verifier.verify(target.text, need)).toMatchObject({ reason: 'revoked' });
    world.clock.advance(1);
    await verifier.verify(target.text, need);
    const reads = world.count('registry', 'get');
    await verifier.verify(target.text, need);
    expect(world.count('registry', 'get')).toBe(reads);
  });
});

describe('two reads that overtake each other', () => {
  it('a reply that was slow takes back nothing that the verifier has refused since', async () => {
    const { ports, target } = await calm();
    const slow = Promise.withResolvers<void>();
    let reads = 0;
    const get: VerifierStore['get'] = async (key) => {
      const record = await ports.registry.get(key);
      if (++reads === 1) await slow.promise;
      return record;
    };
    const verifier = verifierOf({ ...ports, store: { feed: ports.registry.feed, get } });
    const need = { audience: 'prices', scopes: [], source: { ip: '10.1.2.3' } };
    const early = verifier.verify(target.text, need);
    while (reads === 0) await Promise.resolve();
    await change(ports.registry, target.keyId, { state: 'revoked' });
    expect(await verifier.verify(target.text, need)).toMatchObject({ reason: 'revoked' });
    slow.resolve();
    expect(await early).toMatchObject({ allow: true });
    expect(await verifier.verify(target.text, need)).toMatchObject({ reason: 'revoked' });
  });
});

describe('what it costs', () => {
  it('reads nothing for garbage', async () => {
    const { world, target, verify } = await calm();
    const wrongCheck = target.text.slice(0, -1) + (target.text.endsWith('0') ? '1' : '0');
    const before = world.calls.length;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        expect(await verify(text)).toEqual({ allow: false, reason: 'malformed' });
      }),
    );
    expect(await verify(wrongCheck)).toEqual({ allow: false, reason: 'checksum' });
    expect(await verify(tokenNamed('target', 'prod').text)).toEqual({ allow: false, reason: 'environment' });
    expect(world.calls.length).toBe(before);
  });

  it('makes a MAC for an id that it does not know', async () => {
    const { world, verify } = await calm();
    const before = world.count('mac', 'make');
    expect(await verify(tokenNamed('nobody').text)).toEqual({ allow: false, reason: 'unknown' });
    expect(world.count('mac', 'make')).toBe(before + 1);
  });

  it('reads one feed each T and one record, however many ask at once', async () => {
    const { world, verify } = await calm();
    for (let at = 0; at <= 10 * T; at += 100) {
      expect((await verify()).allow).toBe(true);
      world.clock.advance(100);
    }
    expect(world.count('registry', 'get')).toBe(1);
    const feeds = world.count('registry', 'feed');
    expect(feeds).toBe(10);
    world.clock.advance(T + 1);
    await Promise.all(Array.from({ length: 20 }, () => verify()));
    expect(world.count('registry', 'feed')).toBe(feeds + 1);
  });
});

describe('a verifier that keeps no record', () => {
  it('accepts whatever time its reads take, and reads each time', async () => {
    const { world, ports, target } = await calm();
    const get: VerifierStore['get'] = async (key) => {
      world.clock.advance(R / 2);
      return ports.registry.get(key);
    };
    const store = { feed: ports.registry.feed, get };
    const verifier = verifierOf({ ...ports, store }, { recordCacheMaxMs: 0 });
    const need = { audience: 'prices', scopes: [], source: { ip: '10.1.2.3' } };
    for (let times = 1; times <= 3; times++) {
      expect(await verifier.verify(target.text, need)).toMatchObject({ allow: true });
      expect(world.count('registry', 'get')).toBe(times);
    }
  });
});

describe('two clocks', () => {
  it.each([
    ['the monotonic one stood still in a frozen container', (clock: VirtualClock) => clock.freeze(T + 1)],
    [
      'the wall clock stepped back by as much as passed',
      (clock: VirtualClock) => {
        clock.advance(T + 1);
        clock.step(-T - 1);
      },
    ],
  ])('are both asked how old the feed is: %s', async (_, pass) => {
    const { world, verify } = await calm();
    expect((await verify()).allow).toBe(true);
    pass(world.clock);
    expect((await verify()).allow).toBe(true);
    expect(world.count('registry', 'feed')).toBe(2);
  });
});

describe('a wall clock that steps back', () => {
  it('makes the feed be asked for again', async () => {
    const { world, verify } = await calm();
    expect((await verify()).allow).toBe(true);
    world.clock.step(-1);
    expect((await verify()).allow).toBe(true);
    expect(world.count('registry', 'feed')).toBe(2);
  });
});

describe('whose word it takes', () => {
  it('refuses another secret behind a known keyId', async () => {
    const { ports, verify } = await calm();
    const other = tokenNamed('other');
    await registered('other', ports, { tokenMac: { pepper: 1, value: 'A'.repeat(43) } });
    expect(await verify(other.text)).toEqual({ allow: false, reason: 'mac' });
  });

  it('refuses a record whose fields nobody sealed', async () => {
    const { ports, target, verify } = await calm();
    const record = await ports.registry.get(keys.version(target.keyId));
    if (record === undefined) throw new Error('no record');
    ports.registry.tamper({ ...record, fields: { ...record.fields, scopes: ['prices:read', 'admin'] } });
    expect(await verify()).toMatchObject({ allow: false, reason: 'tampered' });
  });

  it('refuses whatever was made under a destroyed pepper', async () => {
    const { ports, verify } = await calm();
    ports.mac.addPepper();
    ports.mac.destroyPepper(1);
    expect(await verify()).toEqual({ allow: false, reason: 'mac' });
  });

  it('explains by keyId without a secret', async () => {
    const { ports, target, verifier } = await calm();
    expect(await verifier.explain(target.keyId)).toMatchObject({ wouldAllow: true, reason: 'allowed' });
    expect(await verifier.explain('KEY#x')).toMatchObject({ wouldAllow: false, reason: 'unknown' });
    await change(ports.registry, target.keyId, { state: 'revoked' });
    ports.clock.advance(T + 1);
    expect(await verifier.explain(target.keyId)).toMatchObject({
      wouldAllow: false,
      reason: 'revoked',
      feedGeneration: 1,
    });
  });
});
