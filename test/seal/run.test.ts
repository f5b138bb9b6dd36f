import { verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointName, segmentName } from '#core/seal/names.ts';
import { openCheckpoint } from '#core/seal/note.ts';
import { parseHeader, SEGMENT_MAX_RECORDS } from '#core/seal/segment.ts';
import { run } from '#functions/seal/run.ts';
import { sha256Of } from '#test/ports/memory-seal.ts';
import { createSealer, MINUTE, POLICY, type Sealer, verifyObjects } from './sealer.ts';

const headerOf = (sealer: Sealer, segment: number) =>
  parseHeader(sealer.seal.archive.objects.get(segmentName(segment))?.split('\n')[0] ?? '');
const findings = ({ seal, key, world }: Sealer) =>
  verifyObjects(seal.archive.objects, { key }, world.clock.now()).findings;

describe('the sealer', () => {
  it('seals every record once, in segments that a verifier accepts', async () => {
    const sealer = await createSealer();
    await sealer.live(7, 1, 0, 12);
    expect(findings(sealer)).toEqual([]);
    const lines = [...sealer.seal.archive.objects]
      .filter(([name]) => name.startsWith('segments/'))
      .flatMap(([, body]) => body.trimEnd().split('\n').slice(1));
    const sealed = lines.map((line) => JSON.parse(line));
    expect(new Set(sealed.map(({ reason }) => reason)).size).toBe(20);
    expect(sealed).toHaveLength(20);
    const byPlace = (a: { shard: number; seq: number }, b: { shard: number; seq: number }) =>
      a.shard - b.shard || a.seq - b.seq;
    expect(sealed.toSorted(byPlace)).toEqual([...sealer.ports.registry.log].sort(byPlace));
  });

  it('says nothing twice while nothing happens, and beats when the time has come', async () => {
    const sealer = await createSealer();
    await sealer.live(3, 0, 0, 0, 0);
    expect(sealer.seal.archive.objects.size).toBe(2);
    await sealer.live(0);
    expect(headerOf(sealer, 1)).toMatchObject({ records: 0, ranges: [], size: 4 });
    expect(sealer.seal.archive.objects.has(checkpointName(1))).toBe(true);
    expect(findings(sealer)).toEqual([]);
  });

  it('begins with a heartbeat where there is nothing yet', async () => {
    const sealer = await createSealer();
    expect(await sealer.run()).toMatchObject({ segments: 1, records: 0 });
    expect(headerOf(sealer, 0)).toMatchObject({ segment: 0, size: 0, records: 0 });
  });

  it('signs its text as ECDSA with SHA-256, and tells the second medium its hash', async () => {
    const sealer = await createSealer();
    await sealer.live(5);
    const note = sealer.seal.archive.objects.get(checkpointName(0)) ?? '';
    const opened = openCheckpoint(note, sealer.key);
    expect(opened).toMatchObject({ ok: true, value: { origin: POLICY.origin, size: 6 } });
    const text = note.slice(0, note.indexOf('\n\n') + 1);
    const signature = Buffer.from(note.trimEnd().split(' ').at(-1) ?? '', 'base64').subarray(4);
    expect(verify('sha256', Buffer.from(text), sealer.seal.signer.privateKey, signature)).toBe(true);
    expect(sealer.seal.witness.told).toEqual([{ segment: 0, size: 6, sha256: sha256Of(text) }]);
  });

  it('goes on in one run until little is left, a full segment at a time', async () => {
    const sealer = await createSealer({ shards: 2 });
    await sealer.act(SEGMENT_MAX_RECORDS + 10);
    expect(await sealer.run()).toMatchObject({
      segments: 2,
      records: SEGMENT_MAX_RECORDS + 10,
      unfinished: false,
    });
    expect(headerOf(sealer, 0)?.records).toBe(SEGMENT_MAX_RECORDS);
    expect(findings(sealer)).toEqual([]);
  });

  it('stops in time, and says that more waits', async () => {
    const sealer = await createSealer();
    await sealer.act(3);
    const { ports, seal } = sealer;
    const report = await run({ ...ports, ...seal }, POLICY, { reserveMs: 10, remainingMs: () => 9 });
    expect(report).toMatchObject({ segments: 0, unfinished: true });
    expect(ports.metrics.total('SealUnfinished')).toBe(1);
  });

  it('measures how long ago it sealed last', async () => {
    const sealer = await createSealer();
    await sealer.live(1, 0, 0);
    const lags = sealer.ports.metrics.durations.filter(({ name }) => name === 'SealLagMs');
    expect(lags.map(({ value }) => value)).toEqual([0, MINUTE, 2 * MINUTE]);
  });
});

describe('a sealer that dies', () => {
  it.each(['before', 'after'] as const)(
    '%s any of its calls leaves a log that the next runs finish',
    async (side) => {
      const clean = await createSealer();
      await clean.live(4);
      const start = clean.world.calls.length;
      await clean.act(6);
      const acted = clean.world.calls.length;
      await clean.run();
      const length = clean.world.calls.length - acted;
      expect(length).toBeGreaterThan(8);
      for (let crash = 0; crash < length; crash++) {
        const sealer = await createSealer();
        await sealer.live(4);
        expect(sealer.world.calls.length).toBe(start);
        await sealer.act(6);
        const at = sealer.world.calls.length + crash;
        const fault = (call: { index: number }): void => {
          if (call.index === at) throw new Error('crash');
        };
        if (side === 'before') sealer.world.beforeCall = fault;
        else sealer.world.afterCall = fault;
        await sealer.run().catch(() => undefined);
        sealer.world.clock.advance(MINUTE);
        await sealer.live(2, 0);
        expect(findings(sealer), `crash ${side} call ${crash}`).toEqual([]);
        const { records } = verifyObjects(sealer.seal.archive.objects, { key: sealer.key }, 0).view;
        expect(records, `crash ${side} call ${crash}`).toBe(12);
      }
    },
  );

  it('or crosses another run leaves one log all the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.nat(3), { maxLength: 6 }),
        async (seed, counts) => {
          const sealer = await createSealer({ seed });
          sealer.world.beforeCall = async ({ port }) => {
            if (port !== 'registry') await sealer.world.clock.sleep(sealer.world.random.next() * 5_000);
          };
          for (const count of counts) {
            await sealer.act(count);
            await Promise.all([sealer.run(), sealer.run(), sealer.run()]);
            sealer.world.clock.advance(2 * MINUTE);
          }
          await sealer.run();
          expect(findings(sealer)).toEqual([]);
          expect(sealer.ports.metrics.total('LogForked')).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a sealer that meets tampering', () => {
  it('leaves a shard that does not hold, seals the others, and counts it each time', async () => {
    const sealer = await createSealer();
    await sealer.live(9);
    await sealer.act(9);
    const { registry } = sealer.ports;
    const auditShard: typeof registry.auditShard = async (shard, from, count) => {
      const records = await registry.auditShard(shard, from, count);
      return shard === 10 ? records.map((record) => ({ ...record, reason: 'never happened' })) : records;
    };
    const report = await sealer.run({ registry: { ...registry, auditShard } });
    expect(report.breaks).toMatchObject([{ reason: 'edited', shard: 10 }]);
    expect(headerOf(sealer, 1)?.ranges.map(({ shard }) => shard)).toEqual([0, 20]);
    expect(sealer.ports.metrics.total('ChainBroken')).toBe(1);
    expect(sealer.ports.log.text()).toContain('"reason":"edited"');
    await sealer.live(0);
    expect(findings(sealer)).toEqual([]);
  });

  it('leaves a shard of which less comes back than its head says', async () => {
    const sealer = await createSealer();
    await sealer.act(9);
    const { registry } = sealer.ports;
    const auditShard: typeof registry.auditShard = async (shard, from, count) =>
      (await registry.auditShard(shard, from, count)).slice(0, shard === 0 ? 1 : shard === 10 ? 0 : count);
    const { breaks } = await sealer.run({ registry: { ...registry, auditShard } });
    expect(breaks).toEqual([
      { reason: 'truncated', shard: 0, seq: 2 },
      { reason: 'truncated', shard: 10, seq: 1 },
    ]);
    expect(headerOf(sealer, 0)?.ranges.map(({ shard }) => shard)).toEqual([20]);
  });

  it('leaves a shard whose head is not that of its last record', async () => {
    const sealer = await createSealer();
    await sealer.act(9);
    const { registry } = sealer.ports;
    const shardHeads = async () =>
      (await registry.shardHeads()).map((head) =>
        head.shard === 0 ? { ...head, hash: 'f'.repeat(64) } : head,
      );
    const { breaks } = await sealer.run({ registry: { ...registry, shardHeads } });
    expect(breaks).toMatchObject([{ reason: 'fork', shard: 0 }]);
  });

  it('sees a chain that was cut behind what is sealed of it, or rewritten with its head', async () => {
    const sealer = await createSealer();
    await sealer.live(9);
    const { registry } = sealer.ports;
    const heads = await registry.shardHeads();
    const shardHeads = async () =>
      heads.flatMap((head) => {
        if (head.shard === 0) return [];
        return head.shard === 10 ? [{ ...head, hash: 'f'.repeat(64) }] : [{ ...head, seq: head.seq - 1 }];
      });
    const report = await sealer.run({ registry: { ...registry, shardHeads } });
    expect(report.breaks.map(({ shard, reason }) => [shard, reason])).toEqual([
      [0, 'truncated'],
      [10, 'fork'],
      [20, 'truncated'],
    ]);
  });

  it('will not finish a segment whose records were changed since', async () => {
    const sealer = await createSealer();
    await sealer.act(5);
    sealer.world.beforeCall = ({ port }) => {
      if (port === 'archive') throw new Error('crash');
    };
    await sealer.run().catch(() => undefined);
    sealer.world.beforeCall = undefined;
    sealer.world.clock.advance(MINUTE);
    const { registry } = sealer.ports;
    const auditShard: typeof registry.auditShard = async (...asked) =>
      (await registry.auditShard(...asked)).map((record) => ({ ...record, reason: 'never happened' }));
    await expect(sealer.run({ registry: { ...registry, auditShard } })).rejects.toMatchObject({
      code: 'rewritten',
    });
    expect(sealer.ports.metrics.total('ChainBroken')).toBe(1);
    expect(sealer.seal.archive.objects.size).toBe(0);
  });

  it('signs nothing where somebody has written under its next number', async () => {
    const sealer = await createSealer();
    await sealer.live(5);
    const signed = sealer.world.count('signer', 'sign');
    sealer.seal.archive.objects.set(segmentName(1), 'somebody else');
    await sealer.act(1);
    await expect(sealer.run()).rejects.toMatchObject({ code: 'log-forked', retryable: false });
    expect(sealer.world.count('signer', 'sign')).toBe(signed);
    expect(sealer.ports.metrics.total('LogForked')).toBe(1);
  });

  it('forgets nothing where its state is taken away', async () => {
    const sealer = await createSealer();
    await sealer.live(5);
    sealer.seal.store.stored = undefined;
    await expect(sealer.run()).rejects.toMatchObject({ code: 'log-forked' });
  });

  it('writes no checkpoint that its own key does not verify', async () => {
    const sealer = await createSealer();
    const other = await createSealer();
    await sealer.act(1);
    const signer = { ...sealer.seal.signer, sign: other.seal.signer.sign };
    await expect(sealer.run({ signer })).rejects.toMatchObject({ code: 'bad-signature' });
    expect(sealer.seal.archive.objects.has(checkpointName(0))).toBe(false);
  });
});

describe('the second medium', () => {
  it('does not hold the log up, and is counted when it fails', async () => {
    const sealer = await createSealer();
    sealer.world.beforeCall = ({ port }) => {
      if (port === 'witness') throw new Error('no way there');
    };
    await sealer.live(3);
    expect(sealer.ports.metrics.total('WitnessFailed')).toBe(1);
    expect(findings(sealer)).toEqual([]);
    sealer.world.beforeCall = undefined;
    await sealer.live(1);
    expect(sealer.seal.witness.told).toMatchObject([{ segment: 1 }]);
  });

  it('may be absent', async () => {
    const sealer = await createSealer();
    const { witness: _, ...seal } = sealer.seal;
    await sealer.act(2);
    await run({ ...sealer.ports, ...seal }, POLICY, { reserveMs: 0, remainingMs: () => 60_000 });
    expect(findings(sealer)).toEqual([]);
    expect(sealer.seal.witness.told).toEqual([]);
  });
});
