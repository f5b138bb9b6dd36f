import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports.ts';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { run as respond } from '#functions/respond/run.ts';
import { createSystem, ORDERS, type System, usage } from '../loop/system.ts';
import { createMemoryReaders } from '../ports/memory-readers.ts';

const MINUTE = 60_000;
const ROOMY = { ...DEFAULT_POLICY, breaker: { ...DEFAULT_POLICY.breaker, least: 100, causeLeast: 1_000 } };
const throttled = (): never => {
  throw new PortError('ThrottlingException', { outcome: 'not-applied', retryable: true });
};

/** So many tokens, each with a use of it from elsewhere. */
async function stolen(system: System, count: number): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for (let n = 0; n < count; n++) {
    const id = `svc-${n}`;
    const arn = await system.register({ ...ORDERS, id });
    const keyId = system.read(arn).split('_')[2] ?? '';
    seen.push(usage({ usageId: `use-${n}`, keyId, tokenId: id, at: system.world.clock.now() }));
  }
  return seen;
}
const recordsOf = (bodies: readonly unknown[]): object => ({
  Records: bodies.map((body, n) => ({ messageId: `m${n}`, body: JSON.stringify(body) })),
});
const idsOf = (answer: Awaited<ReturnType<typeof respond>>): readonly string[] =>
  answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
const reissued = ({ ports }: System): readonly (string | undefined)[] =>
  ports.registry.log
    .filter(({ action }) => action === 'token.reissue-requested')
    .map(({ tokenId }) => tokenId)
    .sort();

describe('a batch', () => {
  it('does not let a theft wait behind a slow answer to another', async () => {
    const system = createSystem();
    const [slow, theft] = await stolen(system, 2);
    const began = system.world.clock.now();
    system.world.beforeCall = async ({ port, args }) => {
      if (port === 'registry' && JSON.stringify(args).includes('svc-0'))
        await system.world.clock.sleep(10_000);
    };
    await system.respond([slow, theft], ROOMY);
    const [first] = system.ports.registry.log.filter(({ action }) => action === 'token.reissue-requested');
    expect(first?.tokenId).toBe('svc-1');
    expect(Date.parse(first?.at ?? '') - began).toBeLessThan(1_000);
    expect(reissued(system)).toEqual(['svc-0', 'svc-1']);
  });

  it('judges ten at once and no more', async () => {
    const system = createSystem();
    const seen = await stolen(system, 12);
    const open = new Set<string>();
    let most = 0;
    system.world.beforeCall = async ({ port, method, args }) => {
      if (port !== 'registry' || method !== 'get') return;
      const [token] = /svc-\d+/.exec(JSON.stringify(args)) ?? [];
      if (token === undefined || reissued(system).includes(token)) return;
      open.add(token);
      most = Math.max(most, open.size - reissued(system).length);
      await system.world.clock.sleep(100);
    };
    await system.respond(seen, ROOMY);
    expect(most).toBe(10);
    expect(reissued(system)).toHaveLength(12);
  });

  it('tries again what may pass, and then hands nothing back', async () => {
    const system = createSystem();
    const [theft] = await stolen(system, 1);
    let faults = 0;
    system.world.beforeCall = ({ method }) => {
      if (method === 'commit' && faults++ < 3) throttled();
    };
    expect(await system.respond([theft])).toEqual({ batchItemFailures: [] });
    expect(system.ports.metrics.total('EventsRetried')).toBe(3);
    expect(reissued(system)).toEqual(['svc-0']);
  });

  it.each([
    ['passes too late', throttled],
    [
      'does not pass',
      () => {
        throw new PortError('AccessDenied', { outcome: 'not-applied', retryable: false });
      },
    ],
    [
      'is a bug',
      () => {
        throw new TypeError('x is undefined');
      },
    ],
  ])('hands back the messages of a fault that %s, and no other', async (_, fault) => {
    const system = createSystem();
    const seen = await stolen(system, 3);
    system.world.beforeCall = ({ port, args }) => {
      if (port === 'registry' && JSON.stringify(args).includes('svc-1')) fault();
    };
    expect(idsOf(await system.respond(seen, ROOMY))).toEqual(['m1']);
    expect(reissued(system)).toEqual(['svc-0', 'svc-2']);
    system.world.beforeCall = undefined;
    expect(await system.respond(seen, ROOMY)).toEqual({ batchItemFailures: [] });
    expect(reissued(system)).toEqual(['svc-0', 'svc-1', 'svc-2']);
  });

  it('hands back a message once for all that it tells of, and still does the rest of it', async () => {
    const system = createSystem();
    const seen = await stolen(system, 3);
    const usages = seen.flatMap((one) => (one as { usages: readonly object[] }).usages);
    system.world.beforeCall = ({ port, args }) => {
      if (port === 'registry' && /svc-[01]/.test(JSON.stringify(args))) throttled();
    };
    expect(idsOf(await system.respond([{ kind: 'usage', v: 1, usages }]))).toEqual(['m0']);
    expect(reissued(system)).toEqual(['svc-2']);
  });

  it('begins nothing that it has no time for, and hands it back as it was', async () => {
    const system = createSystem();
    const seen = await stolen(system, 1);
    const again = { ...(seen[0] as object) };
    const ports = { ...system.ports, readers: createMemoryReaders(system.world) };
    const start = system.world.clock.monotonic();
    const left = (): number => 60_000 - (system.world.clock.monotonic() - start);
    system.world.beforeCall = async ({ method }) => {
      if (method === 'commit') await system.world.clock.sleep(26_000);
    };
    const before = system.ports.registry.log.length;
    const answer = await respond(
      recordsOf([...seen, again, 'none']),
      ports,
      { policy: ROOMY, own: [] },
      left,
    );
    expect(idsOf(answer)).toEqual(['m1', 'm2']);
    expect(system.ports.metrics.total('EventsLeft')).toBe(1);
    expect(reissued(system)).toEqual(['svc-0']);
    const late = await respond(recordsOf(seen), ports, { policy: ROOMY, own: [] }, () => MINUTE / 2);
    expect(idsOf(late)).toEqual(['m0']);
    expect(system.ports.registry.log.length).toBeGreaterThan(before);
  });
});
