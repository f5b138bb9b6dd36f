import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  compose,
  lostHeads,
  type Read,
  recompose,
  type SealPolicy,
  sealed,
  unsealed,
  withIntent,
} from '#core/seal/decide.ts';
import { SEGMENT_MAX_RECORDS } from '#core/seal/segment.ts';
import { type SealIntent, UNSEALED } from '#core/seal/state.ts';
import { chainOf, NOW, readOf } from './chains.ts';

const HASH = 'a'.repeat(64);
const heads = [3, 70, 200].map((shard) => ({ shard, seq: SEGMENT_MAX_RECORDS - 1, hash: HASH }));

describe('unsealed', () => {
  it('asks for what is beyond the sealed part, and names the head where it is reached', () => {
    const state = { ...UNSEALED, shards: [{ shard: 3, seq: SEGMENT_MAX_RECORDS - 10, hash: HASH }] };
    expect(unsealed(state, heads.slice(0, 1))).toEqual([
      { shard: 3, from: SEGMENT_MAX_RECORDS - 9, count: 9, head: HASH },
    ]);
    expect(
      unsealed(
        { ...state, shards: [{ shard: 3, seq: SEGMENT_MAX_RECORDS - 1, hash: HASH }] },
        heads.slice(0, 1),
      ),
    ).toEqual([]);
  });

  it('names no head where one record is left over', () => {
    const head = { shard: 3, seq: SEGMENT_MAX_RECORDS + 1, hash: HASH };
    expect(unsealed(UNSEALED, [head])).toEqual([{ shard: 3, from: 1, count: SEGMENT_MAX_RECORDS }]);
    expect(unsealed(UNSEALED, [{ ...head, seq: SEGMENT_MAX_RECORDS }])).toEqual([
      { shard: 3, from: 1, count: SEGMENT_MAX_RECORDS, head: HASH },
    ]);
  });

  it.each([
    [0, [3, 70]],
    [4, [70, 200]],
    [70, [70, 200]],
    [71, [3, 200]],
    [201, [3, 70]],
    [260, [70, 200]],
  ])('of too much, segment %i begins at another shard', (segment, shards) => {
    const wanted = unsealed({ ...UNSEALED, segment }, heads);
    expect(wanted.map(({ shard }) => shard)).toEqual(shards);
    expect(wanted.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([1, SEGMENT_MAX_RECORDS - 1]);
    expect(wanted.filter(({ head }) => head === undefined)).toMatchObject([{ from: 1, count: 1 }]);
  });
});

describe('lostHeads', () => {
  const state = { ...UNSEALED, shards: [{ shard: 3, seq: 5, hash: HASH }] };

  it.each([
    ['cut', [{ shard: 3, seq: 2, hash: 'b'.repeat(64) }], { reason: 'truncated', shard: 3, seq: 3 }],
    ['gone', [], { reason: 'truncated', shard: 3, seq: 1 }],
    ['rewritten', [{ shard: 3, seq: 5, hash: 'b'.repeat(64) }], { reason: 'fork', shard: 3, seq: 5 }],
  ] as const)('tells of a chain that is %s, and from where on', (_how, found, told) => {
    expect(lostHeads(state, found)).toEqual([told]);
  });

  it('tells of none that stands where it was sealed, or has gone on', () => {
    expect(lostHeads(state, [{ shard: 3, seq: 5, hash: HASH }])).toEqual([]);
    expect(lostHeads(state, [{ shard: 3, seq: 6, hash: 'b'.repeat(64) }])).toEqual([]);
  });
});

describe('a segment', () => {
  const policy: SealPolicy = { origin: 'tokenward/111122223333/eu-west-1/dev', heartbeatMs: 300_000 };
  const composed = (read: Read, state = UNSEALED) => {
    const { segment, breaks } = compose(state, read, NOW, policy);
    if (segment === undefined) throw new Error('nothing was composed');
    return { segment, breaks };
  };

  it('has the hash of its bytes, and is the same when made again', () => {
    const read = readOf([3, 2], [70, 1]);
    const { segment } = composed(read);
    expect(segment.sha256).toBe(createHash('sha256').update(segment.body).digest('hex'));
    const { intent } = withIntent(UNSEALED, segment);
    const records = read.flatMap((part) => part.records);
    expect(recompose(UNSEALED, intent as SealIntent, records)).toEqual({ ok: true, value: segment });
    expect(recompose(UNSEALED, intent as SealIntent, records.toReversed())).toEqual({
      ok: false,
      error: { reason: 'rewritten' },
    });
  });

  it('moves the heads of its shards and leaves the others, by shard', () => {
    const first = sealed(UNSEALED, composed(readOf([3, 2], [200, 1])).segment);
    expect(first.shards).toEqual([chainOf(3, 2).head, chainOf(200, 1).head]);
    const more = chainOf(3, 1, chainOf(3, 2).head);
    const next = composed(
      [
        { wanted: { shard: 3, from: 3, count: 1, head: more.head.hash }, records: more.records },
        ...readOf([70, 4]),
      ],
      first,
    );
    expect(sealed(first, next.segment).shards).toEqual([
      more.head,
      chainOf(70, 4).head,
      chainOf(200, 1).head,
    ]);
  });

  it.each([
    ['nothing', 0],
    ['less', 2],
  ])('leaves a shard out of which %s comes, though its head is not known yet', (_what, count) => {
    const { records } = chainOf(3, 4);
    const short = { wanted: { shard: 3, from: 1, count: 4 }, records: records.slice(0, count) };
    const { segment, breaks } = composed([short, ...readOf([70, 1])]);
    expect(breaks).toEqual([{ reason: 'truncated', shard: 3, seq: count + 1 }]);
    expect(segment.header.ranges.map(({ shard }) => shard)).toEqual([70]);
  });

  it('says of a shard that came short first that it did, whatever is wrong with the rest', () => {
    const [edited] = chainOf(3, 1).records;
    const records = edited === undefined ? [] : [{ ...edited, reason: 'never happened' }];
    const { breaks } = composed([{ wanted: { shard: 3, from: 1, count: 4 }, records }, ...readOf([70, 1])]);
    expect(breaks).toEqual([{ reason: 'truncated', shard: 3, seq: 2 }]);
  });
});
