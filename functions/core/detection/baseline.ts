import type { EpochMs } from '../records.ts';
import { SLOT_MS, slotOf, slotStart, weightAt } from './decay.ts';

/** What habits are kept of; each a bounded set, exact until it is full. */
export const HABITS = [
  'ip',
  'prefix',
  'asn',
  'country',
  'vpce',
  'region',
  'client',
  'api',
  'secret',
  'hours',
] as const;

export type Habit = (typeof HABITS)[number];

/** How many values a habit keeps; the one seen longest ago leaves. Together they fit 4 KB, serialised. */
export const MOST: Readonly<Record<Habit, number>> = {
  ip: 16,
  prefix: 16,
  asn: 10,
  country: 8,
  vpce: 6,
  region: 8,
  client: 8,
  api: 32,
  secret: 16,
  hours: 42,
};

/** One value of a habit. Slots count from the landmark of `decay.ts`. */
export interface Trait {
  first: number;
  last: number;
  /** In how many slots it was seen. */
  slots: number;
  /** Which of the 32 slots up to `last`: bit 0 is `last` itself. */
  recent: number;
}

/** How often something is counted in an hour of activity: decayed sums, and the most in one hour, decayed too. */
export interface Rate {
  events: number;
  hours: number;
  most: number;
}

export const GAP_BUCKETS = 12;

/**
 * What is usual for one credential, principal or peer group. Mutable, and owned by whoever judges: ten million
 * events cannot afford a copy each. Every update is a maximum, a minimum, a union or a sum of forward-decayed
 * weights over slots, each slot once: the order of events within the last 32 slots (5 h 20 min), and how often each
 * is delivered, changes nothing.
 */
export interface Baseline {
  /** Optimistic lock of the stored item. */
  version: number;
  readonly activity: Trait;
  /** Forward-decayed number of active slots. */
  weight: number;
  readonly habits: Readonly<Record<Habit, Map<string, Trait>>>;
  readonly secrets: Rate;
  readonly denials: Rate;
  /** How many pauses lasted 2^n hours or more and less than 2^(n+1); forward-decayed. */
  readonly gaps: number[];
}

export function emptyBaseline(): Baseline {
  return {
    version: 0,
    activity: { first: 0, last: 0, slots: 0, recent: 0 },
    weight: 0,
    habits: Object.fromEntries(
      HABITS.map((habit) => [habit, new Map<string, Trait>()]),
    ) as Baseline['habits'],
    secrets: { events: 0, hours: 0, most: 0 },
    denials: { events: 0, hours: 0, most: 0 },
    gaps: new Array<number>(GAP_BUCKETS).fill(0),
  };
}

/** Marks a slot in a trait; whether it counts as one not seen before. */
function mark(trait: Trait, slot: number): boolean {
  if (trait.slots === 0) {
    trait.first = slot;
    trait.last = slot;
    trait.slots = 1;
    trait.recent = 1;
    return true;
  }
  const ahead = slot - trait.last;
  if (ahead > 0) {
    trait.recent = ahead < 32 ? (trait.recent << ahead) | 1 : 1;
    trait.last = slot;
    trait.slots++;
    return true;
  }
  if (slot < trait.first) trait.first = slot;
  if (ahead <= -32 || (trait.recent >>> -ahead) % 2 === 1) return false;
  trait.recent |= 1 << -ahead;
  trait.slots++;
  return true;
}

/** One more time that a credential was active. */
export function learnActivity(baseline: Baseline, at: EpochMs): void {
  const slot = slotOf(at);
  const before = baseline.activity.slots === 0 ? slot : baseline.activity.last;
  if (!mark(baseline.activity, slot)) return;
  baseline.weight += weightAt(at);
  const bucket = gapBucket((slot - before) * SLOT_MS);
  if (bucket >= 0) baseline.gaps[bucket] = (baseline.gaps[bucket] as number) + weightAt(at);
}

/** Which bucket a pause falls into; −1 for less than an hour. */
export const gapBucket = (ms: number): number =>
  ms < 3_600_000 ? -1 : Math.min(GAP_BUCKETS - 1, Math.floor(Math.log2(ms / 3_600_000)));

/** One more time that a value was seen. Nothing is learnt of an empty one. */
export function learnValue(baseline: Baseline, habit: Habit, value: string, at: EpochMs): void {
  if (value === '') return;
  const known = baseline.habits[habit];
  const key = keyOf(known, value);
  const trait = known.get(key);
  if (trait !== undefined) {
    mark(trait, slotOf(at));
    return;
  }
  const fresh: Trait = { first: 0, last: 0, slots: 0, recent: 0 };
  mark(fresh, slotOf(at));
  known.set(key, fresh);
  if (known.size > MOST[habit]) known.delete(stalest(known));
}

/** The value seen longest ago; of several, the first by name, so that arrival does not decide. */
function stalest(known: ReadonlyMap<string, Trait>): string {
  let oldest = '';
  let last = Number.POSITIVE_INFINITY;
  for (const [value, trait] of known) {
    if (trait.last < last || (trait.last === last && value < oldest)) {
      oldest = value;
      last = trait.last;
    }
  }
  return oldest;
}

/** Whether a value was seen before. */
export const knows = (baseline: Baseline, habit: Habit, value: string): boolean =>
  baseline.habits[habit].has(keyOf(baseline.habits[habit], value));

/** The slot in which a value was first seen; `undefined` where it is not known. */
export const firstSlotOf = (baseline: Baseline, habit: Habit, value: string): number | undefined =>
  baseline.habits[habit].get(keyOf(baseline.habits[habit], value))?.first;

/** Under which key a value stands: its own, or its digest where the baseline was read back from storage. */
function keyOf(known: ReadonlyMap<string, Trait>, value: string): string {
  if (known.has(value)) return value;
  const digest = digestOf(value);
  return known.has(digest) ? digest : value;
}

/** Stands for a long value in storage: 53 bits of it, FNV-1a twice; not for security. */
export function digestOf(value: string): string {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return `#${((low >>> 0) + (high & 0xfffff) * 2 ** 32).toString(36)}`;
}

/** Decayed number of active slots, as of a time. */
export const slotsAt = (baseline: Baseline, now: EpochMs): number => baseline.weight / weightAt(now);

/** Decayed number of a habit's values that were seen in one slot only. */
export function singlesAt(baseline: Baseline, habit: Habit, now: EpochMs): number {
  let singles = 0;
  for (const trait of baseline.habits[habit].values()) {
    if (trait.slots === 1) singles += Math.min(1, weightAt(slotStart(trait.last)) / weightAt(now));
  }
  return singles;
}

/** The share of one's pauses, decayed and smoothed, that lasted at least as long. */
export function gapShare(baseline: Baseline, ms: number): number {
  const bucket = gapBucket(ms);
  const unit = weightAt(slotStart(baseline.activity.last));
  let all = 0;
  let longer = 0;
  baseline.gaps.forEach((count, at) => {
    all += count / unit;
    if (at >= bucket) longer += count / unit;
  });
  return (longer + 0.5) / (all + 1);
}

/** An hour of activity in which something was counted. */
export function learnRate(rate: Rate, count: number, at: EpochMs): void {
  const weight = weightAt(at);
  rate.events += count * weight;
  rate.hours += weight;
  rate.most = Math.max(rate.most, count * weight);
}

/** A rate's sums as of a time. */
export const rateAt = (rate: Rate, now: EpochMs): Readonly<Rate> => {
  const weight = weightAt(now);
  return { events: rate.events / weight, hours: rate.hours / weight, most: rate.most / weight };
};
