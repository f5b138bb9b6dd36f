import { FACTOR_MOST, type Growth, growthOf } from './growth.ts';
import { shapesOf } from './history.ts';
import { nested } from './hostile.ts';
import type { Target } from './target.ts';
import { grow, type Node, render, replaced, slotsOf } from './tree.ts';

/** What is said over and over, in place of a text. */
const TEXTS = [
  'a',
  ' ',
  ':',
  '/',
  '0.',
  '(',
  '"',
  '\\',
  '\u0000',
  '\u202e',
  '\ud800',
  'twd_dev_',
  'arn:aws:iam::1',
];

const raw = (json: string): Node => ({ kind: 'raw', json });
const times = (size: number, unit: string): string =>
  unit.repeat(Math.max(1, Math.floor(size / unit.length)));

type Pump = readonly [name: string, make: (size: number, node: Node) => Node];

/** Instead of what is there or behind it, to its end or before another: what searches backwards needs an end that differs. */
const pumpsOf = (unit: string): readonly Pump[] =>
  ['', '!'].flatMap((end) => [
    [`${JSON.stringify(unit)} ${end}`, (size) => ({ kind: 'string', text: times(size, unit) + end })],
    [
      `${JSON.stringify(unit)} behind it ${end}`,
      (size, node) => ({
        kind: 'string',
        text: (node.kind === 'string' ? node.text : '') + times(size, unit) + end,
      }),
    ],
  ]);

/** Ways to make one place of an event as large as one likes, by the kind of what is there. */
const PUMPS: Readonly<Record<Node['kind'], readonly Pump[]>> = {
  string: TEXTS.flatMap(pumpsOf),
  raw: [['digits', (size) => raw(`1${times(size, '0')}`)]],
  array: [
    ['elements', (size) => raw(`["a"${times(size, ',"a"')}]`)],
    ['empty objects', (size) => raw(`[{}${times(size, ',{}')}]`)],
  ],
  object: [
    ['keys', (size) => keysOf(size)],
    ['arrays in each other', (size) => raw(nested(Math.floor(size / 2), 'arrays'))],
  ],
  nested: [
    ['spaces', (size) => ({ kind: 'string', text: times(size, ' ') })],
    ['arrays in each other', (size) => ({ kind: 'string', text: nested(Math.floor(size / 2), 'arrays') })],
    ['quotes', (size) => ({ kind: 'string', text: times(size, '"') })],
    ['keys', (size) => ({ kind: 'string', text: render(keysOf(size)) })],
  ],
};

const keysOf = (size: number): Node =>
  raw(`{${Array.from({ length: Math.max(1, Math.floor(size / 10)) }, (_, at) => `"k${at}":0`).join()}}`);

/** The place of an event at which a byte costs the more the more there are of them. */
export interface Steepest extends Growth {
  readonly place: string;
  /** How many places and pumps were measured. */
  readonly measured: number;
}

/**
 * Grows every place of a target's events in turn, by every pump or by one in `share` of them, and says where time
 * grew most against size; stops where it is more than linear.
 */
export async function steepestOf(target: Target, share = 1, first = 0): Promise<Steepest> {
  let steepest: Steepest = { factor: 0, size: 0, place: '', measured: 0 };
  let measured = 0;
  let turn = Math.abs(first);
  for (const sample of shapesOf((await target.open()).samples)) {
    for (const [place, { node }] of slotsOf(grow(sample), () => {}).entries()) {
      const opened = await target.open();
      for (const [name, make] of PUMPS[node.kind]) {
        if (turn++ % share !== 0) continue;
        measured++;
        const growth = await growthOf((size) => {
          const text = replaced(sample, place, (here) => make(size, here));
          return () => opened.run(JSON.parse(text)).catch(() => {});
        });
        if (growth.factor > steepest.factor)
          steepest = { ...growth, place: `place ${place}: ${name}`, measured };
        if (growth.factor > FACTOR_MOST) return steepest;
      }
    }
  }
  return { ...steepest, measured };
}
