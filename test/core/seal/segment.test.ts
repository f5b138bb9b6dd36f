import canonicalize from 'canonicalize';
import { describe, expect, it } from 'vitest';
import { parseHeader, parseRecord, type SegmentHeader, segmentLines } from '#core/seal/segment.ts';
import { chainOf } from './chains.ts';

const HASH = 'a'.repeat(64);
const header: SegmentHeader = {
  kind: 'segment',
  schema: 1,
  origin: 'tokenward/111122223333/eu-west-1/dev',
  segment: 7,
  size: 12,
  root: HASH,
  records: 5,
  ranges: [
    { shard: 3, from: 4, to: 6, head: HASH },
    { shard: 255, from: 1, to: 2, head: HASH },
  ],
  sealedAt: '2026-11-24T08:00:00.000Z',
  nextBy: '2026-11-24T08:10:00.000Z',
};
const [first, second] = header.ranges as [SegmentHeader['ranges'][number], SegmentHeader['ranges'][number]];
const lineOf = (value: unknown): string => canonicalize(value) as string;

describe('the header of a segment', () => {
  it('reads back', () => {
    expect(parseHeader(segmentLines(header, [])[0] ?? '')).toEqual(header);
    expect(parseHeader(lineOf({ ...header, ranges: [], records: 0 }))).toMatchObject({ records: 0 });
  });

  it.each([
    ['has one shard twice', { ranges: [first, { ...first, from: 7, to: 8 }] }],
    ['has its shards in another order', { ranges: [second, first] }],
    [
      'has a range that ends before it begins',
      { records: 3, ranges: [first, { ...second, from: 2, to: 1 }] },
    ],
    ['counts other records than its ranges', { records: 6 }],
    ['names a shard that there is not', { ranges: [first, { ...second, shard: 256 }] }],
    ['names a shard before the first', { ranges: [{ ...first, shard: -1 }, second] }],
    ['has a range from before the first record', { records: 6, ranges: [first, { ...second, from: 0 }] }],
    ['has more before its root', { root: `0${HASH}` }],
    ['has more after its root', { root: `${HASH}0` }],
    ['has more after the head of a range', { ranges: [first, { ...second, head: `${HASH}\n` }] }],
    ['has more before its time', { sealedAt: '+2026-11-24T08:00:00.000Z' }],
    ['has more after its time', { nextBy: '2026-11-24T08:10:00.000Z[UTC]' }],
    ['holds a field that nobody knows', { note: '' }],
  ])('is none where it %s', (_what, change) => {
    expect(parseHeader(lineOf({ ...header, ...change }))).toBeUndefined();
  });

  it.each([
    ['in another order of its fields', JSON.stringify(header)],
    ['with a space', lineOf(header).replace(':', ': ')],
    ['twice in one line', lineOf(header).repeat(2)],
    ['that is no JSON', 'segment'],
    ['that is empty', ''],
  ])('is none %s', (_what, line) => {
    expect(parseHeader(line)).toBeUndefined();
  });
});

describe('a record of a segment', () => {
  const [record] = chainOf(3, 1).records;
  const line = lineOf(record);

  it('reads back, with what it carries besides', () => {
    expect(parseRecord(line)).toEqual(record);
  });

  it.each(['schema', 'shard', 'seq', 'at', 'action', 'actor', 'prevHash', 'hash'])(
    'is none without its %s',
    (field) => {
      expect(parseRecord(lineOf({ ...record, [field]: undefined }))).toBeUndefined();
    },
  );

  it.each(['kind', 'id'])('is none without the %s of its actor', (field) => {
    expect(
      parseRecord(lineOf({ ...record, actor: { ...record?.actor, [field]: undefined } })),
    ).toBeUndefined();
  });

  it('is none in any other writing of the same', () => {
    expect(parseRecord(line.replace(':', ': '))).toBeUndefined();
    expect(parseRecord(`${line} `)).toBeUndefined();
    expect(parseRecord('{')).toBeUndefined();
  });
});
