import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NO_CONTRACTS } from '#core/detection/contract.ts';
import type { World } from '#core/detection/judge-group.ts';
import { PART_NUMBERS } from '#core/detection/parts.ts';
import { NO_ATLAS } from '#core/detection/place.ts';
import type { Partials } from '#core/detection/ports.ts';
import { PortError } from '#core/ports.ts';
import type { TrailFiles } from '#core/reconcile/ports.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { readRecord } from '#events/trail/record.ts';
import { createReplay } from '#functions/replay/replay.ts';
import { type Job, joinStep, judgeStep, readStep } from '#functions/replay/steps.ts';
import { countRungs, lineOf } from '#functions/replay/summary.ts';
import { createTraffic } from '#test/traffic/traffic.ts';
import { memory, STORY, WORLD } from './story.ts';

type Trail = Pick<TrailFiles, 'bytes'>;

function partials(): Partials & { readonly held: Map<string, Buffer> } {
  const held = new Map<string, Buffer>();
  return {
    held,
    put: async (name, bytes) => void held.set(name, Buffer.from(bytes)),
    read: async (name) => {
      const found = held.get(name);
      if (found === undefined) throw new PortError('NoSuchKey', { outcome: 'not-applied', retryable: false });
      return found;
    },
    async *names(prefix) {
      for (const name of [...held.keys()].sort()) if (name.startsWith(prefix)) yield name;
    },
  };
}

/** A trail whose files hold so many records each; one of them is no log file. */
function trailOf(records: readonly unknown[], each: number): { keys: readonly string[]; trail: Trail } {
  const files = new Map<string, Buffer>([['garbage.json.gz', Buffer.from('no record at all')]]);
  for (let at = 0; at < records.length; at += each) {
    files.set(`log-${at}.json`, Buffer.from(JSON.stringify({ Records: records.slice(at, at + each) })));
  }
  return {
    keys: [...files.keys()],
    trail: {
      async *bytes(name) {
        const file = files.get(name) as Buffer;
        for (let at = 0; at < file.length; at += 1_000) yield file.subarray(at, at + 1_000);
      },
    },
  };
}

const NOW = Date.UTC(2026, 10, 1);

/** As the state machine calls the steps, `batch` files at a time, the last batch twice as after a lost answer. */
async function mapped(records: readonly unknown[], world: World, each: number, batch: number) {
  const store = partials();
  const job: Job = { run: 'runs/one', world, partials: store };
  const { keys, trail } = trailOf(records, each);
  for (let at = 0; at < keys.length; at += batch) {
    const some = keys.slice(at, at + batch);
    await readStep(job, { keys: some, trail, scratch: memory() });
    if (at + batch >= keys.length) await readStep(job, { keys: some, trail, scratch: memory() });
  }
  let round = 0;
  for (let more = true; more; ) {
    for (const part of PART_NUMBERS.toReversed()) await judgeStep(job, { part, round });
    ({ round, more } = await joinStep(job, { round, startedAt: NOW - 2_000, now: NOW }));
  }
  const text = (name: string): string => (store.held.get(`runs/one/${name}`) as Buffer).toString('utf8');
  return { verdicts: text('verdicts.ndjson'), summary: JSON.parse(text('summary.json')) as unknown, round };
}

function onePass(records: readonly unknown[], world: World) {
  const replay = createReplay(world, memory());
  for (const record of records) replay.take(readRecord(record));
  const { judged, breaker, duplicates } = replay.finish();
  const { events, parsed } = replay.counts();
  return {
    verdicts: judged.verdicts.map((verdict) => `${JSON.stringify(lineOf(verdict))}\n`).join(''),
    summary: {
      events: events + 1,
      parsed,
      duplicates,
      rejected: 1,
      credentials: judged.credentials,
      ...countRungs(judged.verdicts),
      seconds: 2,
      eventsPerSecond: Math.round((events + 1) / 2),
      heldByBreaker: breaker.held.length,
    },
  };
}

describe('a replay in steps over a trail’s bucket', () => {
  it.each([
    [1, 1],
    [7, 3],
    [1_000, 100],
  ])('comes to what one pass comes to, %i records a file, %i files a call', async (each, batch) => {
    const doubled = [...STORY, ...STORY.slice(10)];
    const { round, ...got } = await mapped(doubled, WORLD, each, batch);
    expect(got).toEqual(onePass(doubled, WORLD));
    expect(round).toBeGreaterThan(2);
  });

  it('does so on labelled traffic with attacks in it', async () => {
    const world = { policy: REPLAY_LADDER, contracts: NO_CONTRACTS, atlas: NO_ATLAS };
    const records = [...createTraffic({ seed: 7, credentials: 60, days: 6 }).records()];
    const { round: _, ...got } = await mapped(records, world, 997, 2);
    const wanted = onePass(records, world);
    expect(got).toEqual(wanted);
    expect(wanted.verdicts.length).toBeGreaterThan(0);
    expect(records.length).toBeGreaterThan(1_000);
  });

  it('counts a file that is cut off as rejected, and does not go on without one that is not there', async () => {
    const job: Job = { run: 'r', world: WORLD, partials: partials() };
    const cut = gzipSync('{"Records":[]}').subarray(0, 12);
    const broken: Trail = {
      // biome-ignore lint/correctness/useYield: a stream that fails before its first piece
      async *bytes() {
        throw new Error(`incorrect data: ${cut.length}`);
      },
    };
    const counted = await readStep(job, { keys: ['a'], trail: broken, scratch: memory() });
    expect(counted).toEqual({ events: 1, parsed: 0, updates: 0, rejected: { file: 1 } });
    const gone: Trail = {
      // biome-ignore lint/correctness/useYield: as above
      async *bytes() {
        throw new PortError('NoSuchKey', { outcome: 'not-applied', retryable: false });
      },
    };
    await expect(readStep(job, { keys: ['a'], trail: gone, scratch: memory() })).rejects.toThrow('NoSuchKey');
  });
});
