import { describe, expect, it } from 'vitest';
import type { Figure, Line } from './figure.ts';
import { judge, landable } from './judge.ts';
import { race, ratio } from './paired.ts';
import { run } from './run.ts';

const figure = (part: Partial<Figure> = {}): Figure => ({ name: 'line/a', value: 1, unit: '×', ...part });
const line = (measure: () => readonly Figure[]): Line => ({
  name: 'line',
  says: 'a line',
  measure: async () => measure(),
});
const quiet = (): void => {};

describe('judge', () => {
  it.each([
    ['below its limit', { limit: 1.1 }, 'kept'],
    ['at its limit', { limit: 1 }, 'kept'],
    ['above its limit', { limit: 0.999 }, 'missed'],
    ['above a limit of nothing', { limit: 0 }, 'missed'],
    ['without a limit', {}, 'told'],
    ['that is no number', { value: Number.NaN, limit: 1 }, 'missed'],
    ['that is no number, without a limit', { value: Number.NaN }, 'missed'],
    ['without end', { value: Number.POSITIVE_INFINITY }, 'missed'],
    ['below nothing', { value: -0.1, limit: 1 }, 'missed'],
  ] as const)('a figure %s', (_what, part, verdict) => {
    expect(judge([figure(part)], {})[0]?.verdict).toBe(verdict);
  });

  it('says how far it is from the last landed run', () => {
    const judged = judge([figure({ value: 1.2 }), figure({ name: 'line/b' })], { 'line/a': 1, 'line/c': 2 });
    expect(judged.map(({ change }) => change)).toEqual([expect.closeTo(0.2), undefined]);
  });

  it('misses a landed figure that its line no longer gives, in a whole run', () => {
    const landed = { 'line/a': 1, 'line/gone': 1, 'other/gone': 1 };
    const judged = judge([figure()], landed, ['line']);
    expect(judged.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['line/a', 'told'],
      ['line/gone', 'missed'],
    ]);
    expect(judge([figure()], landed)).toHaveLength(1);
  });

  it('takes no two figures of one name', () => {
    expect(() => judge([figure(), figure()], {})).toThrow(RangeError);
  });

  it('lands what is ours, to four digits', () => {
    const judged = judge([figure({ value: 1.234567 }), figure({ name: 'line/ms', local: true })], {});
    expect(landable(judged)).toEqual({ 'line/a': 1.235 });
  });
});

describe('a run', () => {
  it('is good where everything is kept or told', async () => {
    const { ok, text } = await run([line(() => [figure({ limit: 1 })])], 'full', {}, quiet);
    expect(ok).toBe(true);
    expect(text).toContain('1 figures, 1 with a limit, 0 missed');
  });

  it.each<[string, () => readonly Figure[]]>([
    ['a missed limit', () => [figure({ limit: 0.5 })]],
    ['no figure at all', () => []],
    ['a figure under the name of another line', () => [figure({ name: 'other/a' })]],
    [
      'a fault',
      () => {
        throw new Error('broken');
      },
    ],
  ])('is bad with %s, and goes on', async (_what, measure) => {
    const good: Line = { ...line(() => [figure({ name: 'good/a', limit: 1 })]), name: 'good' };
    const { ok, text, judged } = await run([line(measure), good], 'full', {}, quiet);
    expect(ok).toBe(false);
    expect(text).toMatch(/1 missed\nmissed: line\//);
    expect(judged.find(({ name }) => name === 'good/a')?.verdict).toBe('kept');
  });

  it('sees a slow variant of what it measures', async () => {
    const busy = (turns: number): { size: number; run: () => void } => ({
      size: 1,
      run() {
        let sum = 0;
        for (let turn = 0; turn < turns; turn++) sum += Math.sqrt(turn);
        if (sum < 0) throw new Error('never');
      },
    });
    const times = await race({ plain: busy(20_000), same: busy(20_000), slow: busy(60_000) }, 41, 10);
    const judged = judge(
      [
        figure({ ...ratio(times.same, times.plain), limit: 2 }),
        figure({ ...ratio(times.slow, times.plain), name: 'line/slow', limit: 2 }),
      ],
      {},
    );
    expect(judged.map(({ verdict }) => verdict)).toEqual(['kept', 'missed']);
  });
});
