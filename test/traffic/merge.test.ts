import fc from 'fast-check';
import { expect, it } from 'vitest';
import { merge } from './merge.ts';
import type { CloudTrailRecord } from './record.ts';
import type { Act } from './stage.ts';

const record = { eventName: 'Something' } as CloudTrailRecord;

function* act(times: readonly number[]): Act {
  for (const at of times) yield { at, record };
}

const timesOf = (acts: readonly (readonly number[])[], start: number, end: number): number[] =>
  [...merge(acts.map(act), start, end)].map(({ at }) => at);

it('joins acts in the order of time, within the bounds, and loses nothing', () => {
  const sorted = fc.array(fc.integer({ min: 0, max: 50 })).map((times) => times.sort((a, b) => a - b));
  fc.assert(
    fc.property(fc.array(sorted), (acts) => {
      const expected = acts.flat().filter((at) => at >= 10 && at < 40);
      expect(timesOf(acts, 10, 40)).toEqual(expected.sort((a, b) => a - b));
    }),
  );
});

it('refuses an act that goes back in time', () => {
  expect(() => timesOf([[1, 5, 4]], 0, 9)).toThrow('Something goes 1 ms back in time');
});
