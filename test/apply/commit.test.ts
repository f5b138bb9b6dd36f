import { describe, expect, it } from 'vitest';
import type { Change } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import type { Actor } from '#core/records.ts';
import { commitAndPublish } from '#functions/apply/commit.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createMemoryPorts } from '../ports/ports.ts';
import { createWorld } from '../ports/world.ts';

const ACTOR: Actor = { kind: 'system', id: 'issue' };
const change = (expect = 0): Change => ({
  writes: [
    {
      kind: 'put',
      record: { schema: 1, kind: 'secret', rev: 0, secretArn: 'arn', tokenId: 'orders' },
      expect,
    },
  ],
  audit: [
    { action: 'token.registered', at: 1_800_000_000_000, actor: ACTOR, tokenId: 'orders' },
    { action: 'version.issued', at: 1_800_000_000_000, actor: ACTOR, tokenId: 'orders', keyId: 'k' },
  ],
  feed: [],
});

describe('commitAndPublish', () => {
  it('tells the bus each audit record, after the commit', async () => {
    const world = createWorld();
    const ports = createMemoryPorts(world);
    const committed = await commitAndPublish(ports, change());
    expect(committed.ok).toBe(true);
    expect(ports.bus.events).toEqual(
      ports.registry.log.map((record) => ({ type: record.action, detail: record })),
    );
    expect(ports.bus.events.map(({ type }) => type)).toEqual(['token.registered', 'version.issued']);
    expect(world.calls.map(({ port }) => port)).toEqual(['registry', 'bus']);
  });

  it('tells nothing of a change that did not happen', async () => {
    const ports = createMemoryPorts(createWorld());
    expect(await commitAndPublish(ports, change(3))).toMatchObject({
      ok: false,
      error: { reason: 'conflict' },
    });
    expect(ports.bus.events).toEqual([]);
  });

  it('keeps the change when the bus is down, and counts and logs what was not told', async () => {
    const world = createWorld();
    const ports = createMemoryPorts(world);
    world.beforeCall = ({ port }) => {
      if (port === 'bus')
        throw new PortError('InternalFailure', { outcome: 'maybe-applied', retryable: true });
    };
    expect((await commitAndPublish(ports, change())).ok).toBe(true);
    expect(await ports.registry.get(keys.secret('arn'))).toMatchObject({ tokenId: 'orders' });
    expect(ports.metrics.total('BusPublishFailed')).toBe(2);
    expect(ports.log.lines).toMatchObject([
      { level: 'error', fields: { cause: { code: 'InternalFailure' } } },
    ]);
  });

  it('does not hide that the commit itself failed', async () => {
    const world = createWorld();
    const ports = createMemoryPorts(world);
    world.afterCall = ({ method }) => {
      if (method === 'commit')
        throw new PortError('TimeoutError', { outcome: 'maybe-applied', retryable: true });
    };
    await expect(commitAndPublish(ports, change())).rejects.toMatchObject({ code: 'TimeoutError' });
    expect(ports.bus.events).toEqual([]);
  });
});

describe('ensurePepper', () => {
  it('makes the first pepper, wrapped for its version, on the record', async () => {
    const ports = createMemoryPorts(createWorld());
    await ensurePepper(ports, ACTOR);
    const pepper = await ports.registry.get(keys.pepper(1));
    expect(pepper).toMatchObject({ version: 1, state: 'active', rev: 1 });
    const context = { purpose: 'tokenward-pepper', version: '1' };
    const key = await ports.keys.unwrap(Buffer.from(pepper?.wrapped ?? '', 'base64'), context);
    expect(key.reveal()).toHaveLength(32);
    expect(ports.registry.log).toMatchObject([
      { action: 'pepper.created', actor: ACTOR, details: { version: 1 } },
    ]);
  });

  it('makes no second one, one after another or at once', async () => {
    const ports = createMemoryPorts(createWorld());
    await Promise.all([ensurePepper(ports, ACTOR), ensurePepper(ports, ACTOR), ensurePepper(ports, ACTOR)]);
    await ensurePepper(ports, ACTOR);
    expect(ports.registry.log).toHaveLength(1);
    expect(await ports.registry.get(keys.pepper(1))).toMatchObject({ rev: 1 });
  });

  it('leaves nothing when KMS is not there', async () => {
    const world = createWorld();
    const ports = createMemoryPorts(world);
    world.beforeCall = ({ port }) => {
      if (port === 'keys')
        throw new PortError('DisabledException', { outcome: 'not-applied', retryable: false });
    };
    await expect(ensurePepper(ports, ACTOR)).rejects.toMatchObject({ code: 'DisabledException' });
    expect(ports.registry.log).toEqual([]);
  });
});
