import { isTierZero, type SignalId } from '../detection/catalogue.ts';
import type { EpochMs } from '../records.ts';
import type { BreakerPolicy } from './ladder.ts';

/** One automatic suspension or revocation that wants to happen. */
export interface Candidate {
  readonly credential: string;
  readonly owner: string;
  readonly at: EpochMs;
  /** The evidence that weighs most. */
  readonly signal: SignalId | 'rotation-failed';
  /** Network operator or prefix, and client family, that it was seen with; empty: not known. */
  readonly network: string;
  readonly client: string;
}

/** Why a candidate waits for a human; it is never dropped. */
export type HoldReason = 'budget' | 'owner-budget' | 'common-cause';

export interface Held {
  readonly candidate: Candidate;
  readonly reason: HoldReason;
  /** Of a common cause: what the candidates share. */
  readonly cause: string;
}

export interface BreakerOutcome {
  readonly acted: readonly Candidate[];
  readonly held: readonly Held[];
}

/** Whom budgets are measured by. */
export interface Census {
  readonly active: number;
  readonly activeOf: (owner: string) => number;
}

/** How many actions one scope may take in a window. */
export interface Budget {
  readonly scope: string;
  readonly limit: number;
  readonly reason: Exclude<HoldReason, 'common-cause'>;
}

/** What candidates may have in common. */
export type Shared = Pick<Candidate, 'network' | 'client'>;

/** How far back candidates count towards a common cause: a fleet that calls once an hour shares it over a day. */
export const CAUSE_MS: number = 24 * 3_600_000;

/** A canary, and AWS's own word, are never held: no noise imitates them. */
const NEVER_HELD: readonly Candidate['signal'][] = ['T0-1', 'T0-7'];

export const isNeverHeld = (signal: Candidate['signal']): boolean => NEVER_HELD.includes(signal);

/** When the window of a time began. */
export const windowStart = (at: EpochMs, { windowMinutes }: Pick<BreakerPolicy, 'windowMinutes'>): EpochMs =>
  at - (at % (windowMinutes * 60_000));

/** What an action draws on: each tier 0 signal a budget of its own, habits one together, and its owner's. */
export function budgetsOf(candidate: Candidate, census: Census, policy: BreakerPolicy): readonly Budget[] {
  const { signal, owner } = candidate;
  const limit = (active: number): number => Math.max(policy.least, Math.floor(policy.share * active));
  const scope = `signal:${isTierZero(signal) ? signal : 'habits'}`;
  const all: Budget = { scope, limit: limit(census.active), reason: 'budget' };
  if (owner === '') return [all];
  return [all, { scope: `owner:${owner}`, limit: limit(census.activeOf(owner)), reason: 'owner-budget' }];
}

/** Why a candidate is held; `undefined`: it may go on. `day`: a day's candidates, itself among them. */
export function holdOf(
  candidate: Shared,
  day: readonly Shared[],
  budgets: readonly (Budget & { readonly taken: number })[],
  policy: BreakerPolicy,
): Pick<Held, 'reason' | 'cause'> | undefined {
  const cause = commonCause(candidate, day, policy);
  if (cause !== '') return { reason: 'common-cause', cause };
  const spent = budgets.find(({ taken, limit }) => taken >= limit);
  return spent === undefined ? undefined : { reason: spent.reason, cause: '' };
}

/**
 * Lets automatic actions through up to their budgets and holds the rest (S9). It holds, it never zeroes: a thief
 * with a hundred keys from one network is a common cause too. Each tier 0 signal has a budget of its own, which
 * cheap noise of another cannot spend. Candidates come in the order of time.
 */
export function applyBreaker(
  candidates: readonly Candidate[],
  census: Census,
  policy: BreakerPolicy,
): BreakerOutcome {
  const acted: Candidate[] = [];
  const held: Held[] = [];
  const spent = new Map<string, number>();
  const day: Candidate[] = [];
  for (const candidate of candidates) {
    if (isNeverHeld(candidate.signal)) {
      acted.push(candidate);
      continue;
    }
    day.push(candidate);
    while ((day[0] as Candidate).at < candidate.at - CAUSE_MS) day.shift();
    const window = windowStart(candidate.at, policy);
    const budgets = budgetsOf(candidate, census, policy).map((budget) => {
      const key = `${window} ${budget.scope}`;
      return { ...budget, key, taken: spent.get(key) ?? 0 };
    });
    const hold = holdOf(candidate, day, budgets, policy);
    if (hold !== undefined) {
      held.push({ candidate, ...hold });
      continue;
    }
    acted.push(candidate);
    for (const { key, taken } of budgets) spent.set(key, taken + 1);
  }
  return { acted, held };
}

/** The network or client that more than the policy's share of a day's candidates have in common with this one. */
function commonCause(candidate: Shared, day: readonly Shared[], policy: BreakerPolicy): string {
  if (day.length < policy.causeLeast) return '';
  for (const shared of ['network', 'client'] as const) {
    const value = candidate[shared];
    if (value === '') continue;
    const alike = day.filter((other) => other[shared] === value).length;
    if (alike > policy.causeShare * day.length) return value;
  }
  return '';
}
