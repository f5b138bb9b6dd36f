import { describe, expect, it } from 'vitest';
import { emptyHead } from '#core/audit/chain.ts';
import type { AuditRecord } from '#core/audit/entry.ts';
import { type SegmentHeader, segmentLines } from '#core/seal/segment.ts';
import { verifyChains } from '#core/seal/verify-chains.ts';
import { chainOf } from './chains.ts';

/** Lines 2 to 4 of the file are of shard 0, 5 to 7 of shard 10, 8 to 10 of shard 20. */
const SHARDS = [0, 10, 20];
const chains = SHARDS.map((shard) => chainOf(shard, 3));
const records = chains.flatMap((chain) => chain.records);
const header: SegmentHeader = {
  kind: 'segment',
  schema: 1,
  origin: 'tokenward/111122223333/eu-west-1/dev',
  segment: 0,
  size: 0,
  root: '',
  records: 9,
  ranges: chains.map(({ head: { shard, seq, hash } }) => ({ shard, from: 1, to: seq, head: hash })),
  sealedAt: '',
  nextBy: '',
};
const lines = segmentLines(header, records).slice(1);
const found = (changed: readonly string[]) => verifyChains(header, changed, emptyHead);
const recordAt = (line: number): AuditRecord => records[line - 2] as AuditRecord;
const without = (...gone: readonly number[]): string[] => lines.filter((_, at) => !gone.includes(at + 2));

describe('the records of a segment', () => {
  it('hold as they were sealed', () => {
    expect(found(lines)).toEqual([]);
  });

  it('say where one is that can no longer be read, the last of its shard too', () => {
    for (const line of [2, 4, 7, 10]) {
      const { shard, seq } = recordAt(line);
      expect(found(lines.with(line - 2, '{"a": 1}'))).toEqual([
        { reason: 'edited', segment: 0, line, shard, seq },
      ]);
    }
  });

  it('tell one edited into another shard from one moved there', () => {
    const relabelled = segmentLines(header, [{ ...recordAt(5), shard: 30 }])[1] as string;
    expect(found(lines.with(3, relabelled))).toEqual([
      { reason: 'edited', segment: 0, line: 5, shard: 10, seq: 1 },
    ]);
    const [stranger] = chainOf(30, 1).records;
    const moved = segmentLines(header, stranger === undefined ? [] : [stranger])[1] as string;
    expect(found(lines.toSpliced(3, 0, moved))[0]).toEqual({
      reason: 'moved-shard',
      segment: 0,
      line: 5,
      shard: 30,
      seq: 1,
    });
  });

  it('have a gap where the first of a shard is gone, if the shard before is whole', () => {
    for (const line of [5, 8]) {
      expect(found(without(line))).toEqual([
        { reason: 'gap', segment: 0, line, shard: recordAt(line).shard, seq: 1 },
      ]);
    }
  });

  it.each([
    ['was cut', [4, 5], 'moved-shard', { line: 4, shard: 10, seq: 2 }],
    ['is gone', [2, 3, 4, 5], 'moved-shard', { line: 2, shard: 10, seq: 2 }],
  ])('do not begin in the middle of a shard where the one before %s', (_how, gone, reason, place) => {
    const findings = found(without(...gone));
    expect(findings[0]).toEqual({ reason, segment: 0, ...place });
    expect(findings.map(({ shard }) => shard)).toEqual([10, 10, 0, 10]);
  });

  it('do not begin in the middle of a shard over the head of another', () => {
    const findings = found(without(5, 6, 7, 8));
    expect(findings.slice(0, 2).map(({ reason, seq }) => [reason, seq])).toEqual([
      ['moved-shard', 2],
      ['moved-shard', 3],
    ]);
    expect(findings.slice(2)).toMatchObject([
      { reason: 'truncated', shard: 10, seq: 1 },
      { reason: 'truncated', shard: 20, seq: 1 },
    ]);
  });
});
