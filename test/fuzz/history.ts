import fc from 'fast-check';
import { type Edit, edited, type Kind, kindsBy } from './edits.ts';
import type { Target } from './target.ts';
import { Violation, watch } from './watch.ts';

/** One input as data: which sample, and what is done to it. */
export type Recipe = readonly [sample: number, edits: readonly Edit[]];

const INPUTS_MOST = 64;
const EDITS_MOST = 4;

const number = (most: number): fc.Arbitrary<number> => fc.noBias(fc.nat(most));
const edit: fc.Arbitrary<Edit> = fc.tuple(number(0xffff), number(0xffff), number(0xffff), number(0xffff));

/** Inputs that one world meets in a row: some as their sender made them, most with up to four edits. */
export const histories: fc.Arbitrary<readonly Recipe[]> = fc.array(
  fc.tuple(number(0xffff), fc.array(edit, { maxLength: EDITS_MOST, size: 'max' })),
  { minLength: 1, maxLength: INPUTS_MOST, size: 'max' },
);

/** What a run has met: inputs, edits by kind, outcomes by name. */
export interface Tally {
  inputs: number;
  /** Texts that Lambda itself would refuse, since they are no JSON. */
  unparsable: number;
  bytes: number;
  readonly kinds: Map<string, number>;
  readonly outcomes: Map<string, number>;
}

export const newTally = (): Tally => ({
  inputs: 0,
  unparsable: 0,
  bytes: 0,
  kinds: new Map(),
  outcomes: new Map(),
});

const more = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/** Delivers texts to a fresh world, one after the other. @throws Violation at the first property that does not hold. */
export async function live(target: Target, texts: readonly string[], tally: Tally): Promise<void> {
  const opened = await target.open();
  const watched = watch(opened, target.most);
  for (const text of texts) {
    let event: unknown;
    try {
      event = JSON.parse(text);
    } catch {
      tally.unparsable++;
      continue;
    }
    tally.inputs++;
    tally.bytes += text.length;
    const heard = await watched.hear(event, text);
    const outcome = opened.judge(heard);
    if (outcome.refused && heard.changed) {
      throw new Violation('state', `something changed with an input that was refused: ${outcome.name}`);
    }
    more(tally.outcomes, outcome.name);
  }
  watched.end();
}

/** What a target starts from: the same in every world of it. */
export interface Start {
  readonly samples: readonly unknown[];
  readonly tokens: readonly string[];
  readonly kinds: readonly Kind[];
  readonly editsMost: number;
}

export async function startOf(target: Target): Promise<Start> {
  const { samples, tokens } = await target.open();
  return {
    samples,
    tokens: [...tokens],
    kinds: kindsBy(target.kinds),
    editsMost: target.editsMost ?? EDITS_MOST,
  };
}

/** The texts that recipes make of a target's samples. */
export function textsOf(
  start: Start,
  recipes: readonly Recipe[],
  met?: Map<string, number>,
): readonly string[] {
  const { samples, kinds, editsMost } = start;
  return recipes.map(([sample, edits]) => {
    const few = edits.slice(0, editsMost);
    const { text, applied } = edited(samples[sample % samples.length], few, kinds, start);
    if (met !== undefined) for (const kind of applied) more(met, kind);
    return text;
  });
}

/** One sample of each shape: those with the same keys meet the same parser, and what is large need meet it but once. */
export function shapesOf(samples: readonly unknown[]): readonly unknown[] {
  const shapes = new Map<string, unknown>();
  for (const sample of samples) {
    const shape = typeof sample === 'object' && sample !== null ? Object.keys(sample).join() : typeof sample;
    if (!shapes.has(shape)) shapes.set(shape, sample);
  }
  return [...shapes.values()];
}
