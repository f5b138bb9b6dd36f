import { isTierZero, type SignalId } from '../detection/catalogue.ts';
import type { EpochMs } from '../records.ts';
import type { BreakerPolicy } from './ladder.ts';

/** One automatic suspension or revocation that wants to happen. */
export interface Candidate {
  readonly credential: string;
  readonly owner: string;
  readonly at: EpochMs;
  /** The evidence that weighs most. */
  readonly signal: SignalId;
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

/** How far back candidates count towards a common cause: a fleet that calls once an hour shares it over a day. */
const CAUSE_MS = 24 * 3_600_000;

/** A canary, and AWS's own word, are never held: no noise imitates them. */
const NEVER_HELD: readonly SignalId[] = ['T0-1', 'T0-7'];

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
    if (NEVER_HELD.includes(candidate.signal)) {
      acted.push(candidate);
      continue;
    }
    day.push(candidate);
    while ((day[0] as Candidate).at < candidate.at - CAUSE_MS) day.shift();
    const cause = commonCause(candidate, day, policy);
    const window = Math.floor(candidate.at / (policy.windowMinutes * 60_000));
    const scope = `${window} ${isTierZero(candidate.signal) ? candidate.signal : 'habits'}`;
    const owner = `${window} of ${candidate.owner}`;
    const limit = (active: number): number => Math.max(policy.least, Math.floor(policy.share * active));
    const over = (key: string, active: number): boolean => (spent.get(key) ?? 0) >= limit(active);
    if (cause !== '') held.push({ candidate, reason: 'common-cause', cause });
    else if (over(scope, census.active)) held.push({ candidate, reason: 'budget', cause });
    else if (candidate.owner !== '' && over(owner, census.activeOf(candidate.owner)))
      held.push({ candidate, reason: 'owner-budget', cause });
    else {
      acted.push(candidate);
      for (const key of [scope, owner]) spent.set(key, (spent.get(key) ?? 0) + 1);
    }
  }
  return { acted, held };
}

/** The network or client that more than the policy's share of a day's candidates have in common with this one. */
function commonCause(candidate: Candidate, day: readonly Candidate[], policy: BreakerPolicy): string {
  if (day.length < policy.causeLeast) return '';
  for (const shared of ['network', 'client'] as const) {
    const value = candidate[shared];
    if (value === '') continue;
    const alike = day.filter((other) => other[shared] === value).length;
    if (alike > policy.causeShare * day.length) return value;
  }
  return '';
}
