import { describe, expect, it } from 'vitest';
import { unsealed } from '#core/seal/decide.ts';
import { SEGMENT_MAX_RECORDS } from '#core/seal/segment.ts';
import { UNSEALED } from '#core/seal/state.ts';

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

  it.each([
    [0, [3, 70]],
    [4, [70, 200]],
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
