import * as z from 'zod/mini';
import { jsonIn } from '../json.ts';
import { ok, type Result, refuse } from '../result.ts';
import {
  type Baseline,
  digestOf,
  emptyBaseline,
  GAP_BUCKETS,
  HABITS,
  type Habit,
  type Rate,
  type Trait,
} from './baseline.ts';

/** Version of the stored form; another one is refused, never guessed. */
const FORM = 1;

/** DynamoDB items this small cost one write unit for each KB; four are the most. */
export const BASELINE_MOST_BYTES = 4_096;

/** Habits whose values are long or many are kept as digests; the others stay readable, for the verdict's words. */
const DIGESTED: readonly Habit[] = ['ip', 'vpce', 'api', 'secret'];

/** Longer values of the readable habits are digested too. */
const VALUE_MOST = 24;

const SEPARATOR = ' ';

/**
 * A baseline as text of at most 4 KB: the same habits give the same text whatever their order of arrival, so that
 * its hash names a snapshot. Numbers in base 36, slots relative to the first active one.
 */
export function serialise(baseline: Baseline): string {
  const { activity } = baseline;
  const traits = (habit: Habit): string =>
    [...baseline.habits[habit]]
      .map(([value, trait]) => `${storedKey(habit, value)}${SEPARATOR}${traitText(trait, activity.first)}`)
      .sort()
      .join(';');
  return JSON.stringify({
    f: FORM,
    v: baseline.version,
    a: traitText(activity, 0),
    w: short(baseline.weight),
    s: rateOut(baseline.secrets),
    d: rateOut(baseline.denials),
    g: baseline.gaps.map(short),
    h: HABITS.map(traits),
  });
}

const storedKey = (habit: Habit, value: string): string =>
  value.startsWith('#')
    ? value
    : DIGESTED.includes(habit) || value.length > VALUE_MOST || /[; ]/.test(value)
      ? digestOf(value)
      : value;

const traitText = (trait: Trait, origin: number): string =>
  [trait.first - origin, trait.last - trait.first, trait.slots, trait.recent >>> 0]
    .map((number) => number.toString(36))
    .join(SEPARATOR);

/** Seven significant digits are more than any weight needs. */
const short = (value: number): number => Number(value.toPrecision(7));

const rateOut = ({ events, hours, most }: Rate): readonly number[] => [events, hours, most].map(short);

const RATE = z.tuple([z.number(), z.number(), z.number()]);

const STORED = z.object({
  f: z.literal(FORM),
  v: z.int(),
  a: z.string(),
  w: z.number(),
  s: RATE,
  d: RATE,
  g: z.array(z.number()).check(z.length(GAP_BUCKETS)),
  h: z.array(z.string()).check(z.length(HABITS.length)),
});

/** Reads a stored baseline back; the refusal names what is wrong with it. */
export function parseBaseline(text: string): Result<Baseline, string> {
  const read = STORED.safeParse(jsonIn(text));
  if (!read.success) {
    const [{ path }] = read.error.issues as [z.core.$ZodIssue];
    return refuse(path.join('.') || 'form');
  }
  const { v, a, w, s, d, g, h } = read.data;
  const activity = readTrait(a.split(SEPARATOR), 0);
  if (activity === undefined) return refuse('a');
  const baseline: Baseline = {
    ...emptyBaseline(),
    version: v,
    activity,
    weight: w,
    secrets: rateIn(s),
    denials: rateIn(d),
    gaps: g,
  };
  for (const [index, habit] of HABITS.entries()) {
    for (const part of (h[index] as string).split(';').filter((each) => each !== '')) {
      const [value, ...numbers] = part.split(SEPARATOR) as [string, ...string[]];
      const trait = readTrait(numbers, activity.first);
      if (trait === undefined) return refuse(`h.${habit}`);
      baseline.habits[habit].set(value, trait);
    }
  }
  return ok(baseline);
}

function readTrait(parts: readonly string[], origin: number): Trait | undefined {
  const [first = Number.NaN, length = Number.NaN, slots = Number.NaN, recent = Number.NaN] = parts.map(
    (part) => Number.parseInt(part, 36),
  );
  const trait = { first: first + origin, last: first + origin + length, slots, recent: recent | 0 };
  return [first, length, slots, recent].some(Number.isNaN) ? undefined : trait;
}

const rateIn = ([events, hours, most]: readonly [number, number, number]): Rate => ({ events, hours, most });
