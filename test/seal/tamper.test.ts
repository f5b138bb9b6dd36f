import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { append } from '#core/audit/chain.ts';
import type { AuditRecord } from '#core/audit/entry.ts';
import type { Finding } from '#core/seal/finding.ts';
import { checkpointName, segmentName } from '#core/seal/names.ts';
import { type Checkpoint, openCheckpoint } from '#core/seal/note.ts';
import { parseHeader, type SegmentHeader, segmentLines } from '#core/seal/segment.ts';
import { createSealer, MINUTE, POLICY, type Sealer, verifyObjects } from './sealer.ts';

let sealer: Sealer;
let end = 0;
beforeAll(async () => {
  sealer = await createSealer();
  await sealer.live(12, 9, 0, 0, 0, 0, 0, 15, 6);
  end = sealer.world.clock.now();
});

/** Segments 0, 1 and 3, 4 hold records; 2 is a heartbeat. */
const LAST = 4;
const checkpointAt = (segment: number, from = sealer): Checkpoint => {
  const opened = openCheckpoint(from.seal.archive.objects.get(checkpointName(segment)) ?? '', from.key);
  if (!opened.ok) throw new Error(opened.error.reason);
  return opened.value;
};
const bundle = (): Map<string, string> => new Map(sealer.seal.archive.objects);
const findingsIn = (
  objects: ReadonlyMap<string, string>,
  { since, asOf = end, key = sealer.key }: { since?: Checkpoint; asOf?: number; key?: Sealer['key'] } = {},
): readonly Finding[] => verifyObjects(objects, { key, ...(since && { since }) }, asOf).findings;

/** The bundle with the lines of one segment changed, header first. */
function withLines(segment: number, change: (lines: string[]) => string[]): Map<string, string> {
  const objects = bundle();
  const lines = (objects.get(segmentName(segment)) ?? '').trimEnd().split('\n');
  return objects.set(segmentName(segment), `${change(lines).join('\n')}\n`);
}
const recordsOf = (lines: readonly string[]): AuditRecord[] => lines.slice(1).map((line) => JSON.parse(line));
const headerOf = (lines: readonly string[]): SegmentHeader => parseHeader(lines[0] ?? '') as SegmentHeader;
/** Where in a segment's file a record stands, from 1. */
const lineOf = (
  objects: ReadonlyMap<string, string>,
  segment: number,
  record: Pick<AuditRecord, 'shard' | 'seq'>,
): number =>
  1 +
  (objects.get(segmentName(segment)) ?? '')
    .split('\n')
    .findIndex((line) => line.includes(`"seq":${record.seq},"shard":${record.shard}`));
/** The records of one shard in a segment. */
const inShard = (segment: number, shard: number): AuditRecord[] =>
  recordsOf((bundle().get(segmentName(segment)) ?? '').trimEnd().split('\n')).filter(
    (record) => record.shard === shard,
  );

describe('a sealed log', () => {
  it('holds as it was sealed, also since any of its checkpoints', () => {
    expect(findingsIn(bundle())).toEqual([]);
    for (let segment = 0; segment <= LAST; segment++) {
      expect(findingsIn(bundle(), { since: checkpointAt(segment) })).toEqual([]);
    }
    expect(inShard(0, 10).length).toBeGreaterThan(2);
  });

  it('does not hold with any one byte of it changed', () => {
    const names = [...bundle().keys()];
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, where, mask) => {
        const objects = bundle();
        const name = names[which % names.length] as string;
        const bytes = Buffer.from(objects.get(name) ?? '');
        const at = where % bytes.length;
        bytes[at] = (bytes[at] as number) ^ mask;
        const changed = bytes.toString();
        fc.pre(changed !== objects.get(name));
        expect(findingsIn(objects.set(name, changed)), `${name} at ${at}`).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('found and placed: a record', () => {
  it('edited', () => {
    const [, second] = inShard(1, 10);
    if (second === undefined) throw new Error('too few records');
    const objects = withLines(1, (lines) =>
      lines.map((line) =>
        line.includes(`"${second.hash}"`) && line.includes(`"hash":"${second.hash}"`)
          ? line.replace('act', 'acT')
          : line,
      ),
    );
    const place = { segment: 1, line: lineOf(objects, 1, second), shard: 10, seq: second.seq };
    expect(findingsIn(objects)).toEqual([
      { reason: 'edited', ...place },
      { reason: 'root-mismatch', segment: 1 },
    ]);
  });

  it('edited into what is no record', () => {
    const [first] = inShard(3, 20);
    if (first === undefined) throw new Error('too few records');
    const at = lineOf(bundle(), 3, first);
    const objects = withLines(3, (lines) => lines.with(at - 1, '{"a": 1}'));
    expect(findingsIn(objects)[0]).toEqual({
      reason: 'edited',
      segment: 3,
      line: at,
      shard: 20,
      seq: first.seq,
    });
  });

  it('deleted, first, inner or last of its shard', () => {
    const records = inShard(0, 10);
    for (const gone of [records[0], records[1], records.at(-1)] as AuditRecord[]) {
      const objects = withLines(0, (lines) => lines.toSpliced(lineOf(bundle(), 0, gone) - 1, 1));
      const reason = gone === records.at(-1) ? 'truncated' : 'gap';
      expect(findingsIn(objects)).toEqual([
        { reason, segment: 0, line: lineOf(bundle(), 0, gone), shard: 10, seq: gone.seq },
        { reason: 'root-mismatch', segment: 0, detail: '13 leaves were signed, 12 are there' },
      ]);
    }
  });

  it('inserted: a copy, or one made to fit', () => {
    const [first, second] = inShard(0, 10);
    if (first === undefined || second === undefined) throw new Error('too few records');
    const at = lineOf(bundle(), 0, first);
    const copied = withLines(0, (lines) => lines.toSpliced(at, 0, lines[at - 1] as string));
    expect(findingsIn(copied)[0]).toMatchObject({ reason: 'reordered', shard: 10, seq: second.seq });
    const [made] = append([{ action: 'token.released', at: end, actor: { kind: 'system', id: 'sweep' } }], {
      shard: 10,
      seq: first.seq,
      hash: first.hash,
    }).records;
    if (made === undefined) throw new Error('nothing made');
    const fitted = withLines(0, (lines) =>
      lines.toSpliced(at, 0, segmentLines(headerOf(lines), [made])[1] as string),
    );
    expect(findingsIn(fitted)[0]).toMatchObject({ reason: 'reordered', shard: 10, seq: second.seq + 1 });
  });

  it('in another order', () => {
    const [first, second] = inShard(0, 10);
    if (first === undefined || second === undefined) throw new Error('too few records');
    const at = lineOf(bundle(), 0, first);
    const objects = withLines(0, (lines) =>
      lines.with(at - 1, lines[at] as string).with(at, lines[at - 1] as string),
    );
    expect(findingsIn(objects)).toEqual([
      { reason: 'reordered', segment: 0, line: at, shard: 10, seq: first.seq },
      { reason: 'root-mismatch', segment: 0 },
    ]);
  });

  it('moved to another shard, as it is or under its name', () => {
    const [moved] = inShard(0, 0);
    const [, neighbour] = inShard(0, 20);
    if (moved === undefined || neighbour === undefined) throw new Error('too few records');
    const [from, to] = [lineOf(bundle(), 0, moved), lineOf(bundle(), 0, neighbour)];
    const asItIs = withLines(0, (lines) =>
      lines.toSpliced(to - 1, 0, lines[from - 1] as string).toSpliced(from - 1, 1),
    );
    expect(findingsIn(asItIs).slice(0, 2)).toEqual([
      { reason: 'moved-shard', segment: 0, line: to - 1, shard: 0, seq: moved.seq },
      { reason: 'gap', segment: 0, line: from, shard: 0, seq: moved.seq },
    ]);
    const relabelled = withLines(0, (lines) =>
      lines.with(to - 1, (lines[from - 1] as string).replace('"shard":0', '"shard":20')),
    );
    expect(findingsIn(relabelled)[0]).toMatchObject({ reason: 'edited', shard: 20 });
  });

  it('in a whole shard that is gone from its segment', () => {
    const gone = inShard(0, 10);
    const objects = withLines(0, (lines) =>
      lines.filter((line, at) => at === 0 || !line.includes('"shard":10,')),
    );
    expect(findingsIn(objects)[0]).toMatchObject({
      reason: 'truncated',
      segment: 0,
      shard: 10,
      seq: gone[0]?.seq,
    });
  });

  it('rewritten together with its chain and its header, by whoever has no key', () => {
    const objects = withLines(3, (lines) => {
      const header = headerOf(lines);
      const [range] = header.ranges;
      if (range === undefined) throw new Error('no range');
      const kept = recordsOf(lines).filter(({ shard }) => shard !== range.shard);
      const before = inShard(3, range.shard)[0];
      const entries = inShard(3, range.shard).map(({ at, action, actor }) => ({
        at: Date.parse(at),
        action,
        actor: { ...actor, id: 'somebody else' },
      }));
      const forged = append(entries, {
        shard: range.shard,
        seq: range.from - 1,
        hash: before?.prevHash ?? '',
      });
      const ranges = header.ranges.with(0, { ...range, head: forged.head.hash });
      return [...segmentLines({ ...header, ranges }, [...forged.records, ...kept])];
    });
    expect(findingsIn(objects)).toEqual([
      { reason: 'root-mismatch', segment: 3 },
      { reason: 'fork', segment: 4, line: 2, shard: 0, seq: headerOfSegment(4).ranges[0]?.from ?? 0 },
    ]);
  });
});

const headerOfSegment = (segment: number): SegmentHeader =>
  headerOf((bundle().get(segmentName(segment)) ?? '').split('\n'));

describe('found and placed: a file', () => {
  it('that is missing', () => {
    for (const segment of [0, 1, 2, 3]) {
      const objects = bundle();
      objects.delete(segmentName(segment));
      expect(findingsIn(objects)).toEqual([{ reason: 'missing-segment', segment }]);
    }
    const two = bundle();
    two.delete(segmentName(1));
    two.delete(segmentName(2));
    expect(findingsIn(two)).toEqual([{ reason: 'missing-segment', segment: 1, detail: 'up to 2' }]);
    const note = bundle();
    note.delete(checkpointName(1));
    expect(findingsIn(note)).toEqual([{ reason: 'missing-checkpoint', segment: 1 }]);
  });

  it('that is missing, and a record after it', () => {
    const objects = withLines(1, (lines) =>
      lines.filter((line, at) => at === 0 || !line.includes('"shard":10,')),
    );
    objects.delete(segmentName(0));
    expect(findingsIn(objects)).toMatchObject([
      { reason: 'missing-segment', segment: 0 },
      { reason: 'truncated', segment: 1, shard: 10, seq: inShard(1, 10)[0]?.seq },
    ]);
  });

  it('under another name', () => {
    const [one, three] = [bundle().get(segmentName(1)) ?? '', bundle().get(segmentName(3)) ?? ''];
    const swapped = bundle().set(segmentName(1), three).set(segmentName(3), one);
    expect(findingsIn(swapped).filter(({ reason }) => reason === 'moved-segment')).toMatchObject([
      { segment: 1, detail: 'it is segment 3' },
      { segment: 3, detail: 'it is segment 1' },
    ]);
  });

  it('that is cut', () => {
    const body = bundle().get(segmentName(1)) ?? '';
    const objects = bundle().set(segmentName(1), body.slice(0, -1));
    expect(findingsIn(objects)).toMatchObject([{ reason: 'truncated', segment: 1, line: 10 }]);
    expect(findingsIn(bundle().set(segmentName(1), ''))).toMatchObject([
      { reason: 'bad-header', segment: 1, line: 1 },
      { reason: 'root-mismatch', segment: 1 },
    ]);
  });

  it.each([
    [
      'says another range',
      (header: SegmentHeader) => ({ ...header, ranges: header.ranges.slice(1) }),
      'bad-header',
    ],
    [
      'counts ranges backwards',
      (header: SegmentHeader) => ({ ...header, ranges: header.ranges.toReversed() }),
      'bad-header',
    ],
    ['is of another log', (header: SegmentHeader) => ({ ...header, origin: 'elsewhere' }), 'wrong-origin'],
    [
      'was built on another tree',
      (header: SegmentHeader) => ({ ...header, root: 'a'.repeat(64) }),
      'other-tree',
    ],
    [
      'was built on a larger tree',
      (header: SegmentHeader) => ({ ...header, size: header.size + 1 }),
      'other-tree',
    ],
  ])('whose header %s', (_what, change, reason) => {
    const objects = withLines(1, (lines) => [...segmentLines(change(headerOf(lines)), recordsOf(lines))]);
    expect(findingsIn(objects)).toMatchObject([
      { reason, segment: 1, line: 1 },
      { reason: 'root-mismatch', segment: 1 },
    ]);
  });

  it('with more records than its header counts', () => {
    const objects = withLines(2, (lines) => [
      ...lines,
      ...(bundle().get(segmentName(0)) ?? '').trimEnd().split('\n').slice(1, 2),
      'x',
    ]);
    expect(findingsIn(objects).slice(0, 2)).toMatchObject([
      { reason: 'moved-shard', segment: 2, line: 2 },
      { reason: 'edited', segment: 2, line: 3 },
    ]);
  });
});

describe('found: a log', () => {
  it('that ends early, by the clock or by a checkpoint seen before', () => {
    const cut = bundle();
    for (const segment of [3, 4]) {
      cut.delete(segmentName(segment));
      cut.delete(checkpointName(segment));
    }
    const seen = checkpointAt(LAST);
    expect(findingsIn(cut, { asOf: end - 3 * MINUTE })).toEqual([]);
    expect(findingsIn(cut, { since: seen, asOf: end - 3 * MINUTE })).toEqual([
      {
        reason: 'behind-trusted',
        segment: 2,
        detail: `${seen.size} leaves were seen, ${checkpointAt(2).size} are there`,
      },
    ]);
    expect(findingsIn(cut, { asOf: end + 20 * MINUTE })).toMatchObject([{ reason: 'stale', segment: 2 }]);
    expect(findingsIn(new Map(), { asOf: end })).toMatchObject([
      { reason: 'stale', detail: expect.stringContaining('never') },
    ]);
  });

  it('that forked from what was seen', async () => {
    const other = await createSealer({ seed: 2 });
    await other.live(12, 9, 0, 0, 0, 0, 0, 15, 6);
    const seen = checkpointAt(1, other);
    expect(findingsIn(bundle(), { since: seen })).toMatchObject([{ reason: 'not-trusted', segment: 1 }]);
    expect(findingsIn(bundle(), { since: { ...seen, size: seen.size + 2 } })).toMatchObject([
      { reason: 'not-trusted', segment: LAST },
    ]);
  });

  it('that another key signed', async () => {
    const other = await createSealer();
    expect(findingsIn(bundle(), { key: other.key })).toEqual(
      [0, 1, 2, 3, 4].map((segment) => ({ reason: 'wrong-key', segment })),
    );
  });

  it('with a checkpoint of elsewhere, or of another size', () => {
    const objects = bundle().set(checkpointName(3), bundle().get(checkpointName(1)) ?? '');
    expect(findingsIn(objects)).toMatchObject([
      { reason: 'root-mismatch', segment: 3, detail: expect.stringContaining('signed') },
    ]);
    expect(findingsIn(bundle().set(checkpointName(3), 'nothing'))).toEqual([
      { reason: 'bad-checkpoint', segment: 3 },
    ]);
    const unsigned = (bundle().get(checkpointName(3)) ?? '').replace(/^(.*\n)\d+/, '$199');
    expect(findingsIn(bundle().set(checkpointName(3), unsigned))).toEqual([
      { reason: 'bad-signature', segment: 3 },
    ]);
  });

  it('that was silent for longer than it promised, unless that was before what is trusted', async () => {
    const quiet = await createSealer();
    await quiet.live(3);
    quiet.world.clock.advance(11 * MINUTE);
    await quiet.live(3, 1);
    const { objects } = quiet.seal.archive;
    const now = quiet.world.clock.now();
    const found = verifyObjects(objects, { key: quiet.key }, now).findings;
    expect(found).toEqual([
      {
        reason: 'silence',
        segment: 1,
        line: 1,
        detail: 'nothing from 2026-11-24T08:00:00.000Z to 2026-11-24T08:12:00.000Z',
      },
    ]);
    const since = checkpointAt(1, quiet);
    expect(verifyObjects(objects, { key: quiet.key, since }, now).findings).toEqual([]);
  });

  it('whose name is not its own key’s', () => {
    expect(POLICY.origin).toBe(sealer.key.name);
    expect(headerOfSegment(0).origin).toBe(sealer.key.name);
  });
});
