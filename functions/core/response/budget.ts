import { create, update, type Write } from '../change.ts';
import { digestOf } from '../detection/baseline.ts';
import { type BreakerRecord, type EpochMs, type IncidentRecord, SCHEMA } from '../records.ts';
import {
  type Budget,
  budgetsOf,
  CAUSE_MS,
  type Candidate,
  type Held,
  holdOf,
  isNeverHeld,
  windowStart,
} from './breaker.ts';
import type { ResponsePolicy } from './policy.ts';

/** What the breaker has durably counted, as read beside the other facts of a decision. */
export interface BreakerFacts {
  readonly budgets: readonly (Budget & { readonly read: BreakerRecord | undefined })[];
  /** The last day's candidates. */
  readonly day: BreakerRecord | undefined;
  /** Where this window's held actions are filed, the first with room takes one: see {@link heldIncidentIds}. */
  readonly incidents: readonly {
    readonly incidentId: string;
    readonly read: IncidentRecord | undefined;
  }[];
}

const HELD_MOST = 64;
const DAY_MOST = 64;
const HELD_PAGE_MS = 15 * 60_000;
const BREAKER_KEPT_SECONDS = 7 * 24 * 3_600;

/** Under which scope a day's candidates are kept; the window of it is none. */
export const CAUSE_SCOPE = 'cause';

/** The budgets that an action draws on: none for what is never held. */
export const scopesOf = (candidate: Candidate, policy: ResponsePolicy): readonly Budget[] =>
  isNeverHeld(candidate.signal)
    ? []
    : // How many are an owner's is not known here: the least that a budget allows.
      budgetsOf(candidate, { active: policy.active, activeOf: () => 0 }, policy.breaker);

/**
 * The incidents that collect what one window's breaker held of a target: the window's own, and, once that is full or
 * settled, one of so many more that all active credentials fit. However often a target is named, it waits in one place,
 * and noise opens no incident for each event.
 */
export function heldIncidentIds(target: string, now: EpochMs, policy: ResponsePolicy): readonly string[] {
  const window = `held:${windowStart(now, policy.breaker)}`;
  // Twice as many as would do if they filled evenly.
  const parts = Math.max(1, Math.ceil((2 * policy.active) / HELD_MOST));
  return [window, `${window}:${Number.parseInt(digestOf(target).slice(1), 36) % parts}`];
}

/** Why an action is held, by what was counted durably; `undefined`: it may go on. */
export function breakerOf(
  candidate: Candidate,
  facts: BreakerFacts,
  policy: ResponsePolicy,
): Pick<Held, 'reason' | 'cause'> | undefined {
  if (isNeverHeld(candidate.signal)) return undefined;
  const budgets = facts.budgets.map(({ read, ...budget }) => ({ ...budget, taken: read?.taken ?? 0 }));
  return holdOf(candidate, dayWith(candidate, facts), budgets, policy.breaker);
}

type Day = NonNullable<BreakerRecord['day']>;

/** A day's candidates, each credential once: one that is stolen again and again is no common cause. */
function dayWith({ credential, at, network, client }: Candidate, { day }: BreakerFacts): Day {
  const others = (day?.day ?? []).filter(
    (other) => other.credential !== credential && other.at >= at - CAUSE_MS,
  );
  return [...others, { credential, at, network, client }].slice(-DAY_MOST);
}

/** Counts an action, in the transaction that takes or holds it (S9). */
export function spend(
  candidate: Candidate,
  facts: BreakerFacts,
  what: 'taken' | 'held',
  policy: ResponsePolicy,
): readonly Write[] {
  if (isNeverHeld(candidate.signal)) return [];
  const start = windowStart(candidate.at, policy.breaker);
  const counted = facts.budgets.map(({ scope, read }) => counting(read, scope, start, what, candidate.at));
  const { at } = candidate;
  const day = { ...counting(facts.day, CAUSE_SCOPE, 0, what, at), day: dayWith(candidate, facts) };
  const written = (read: BreakerRecord | undefined, next: BreakerRecord): Write =>
    read === undefined ? create(next) : update(read, next);
  return [
    ...counted.map((next, index) => written(facts.budgets[index]?.read, next)),
    written(facts.day, day),
  ];
}

function counting(
  read: BreakerRecord | undefined,
  scope: string,
  start: EpochMs,
  what: 'taken' | 'held',
  at: EpochMs,
): BreakerRecord {
  const from: BreakerRecord = read ?? {
    schema: SCHEMA,
    kind: 'breaker',
    rev: 0,
    scope,
    windowStart: start,
    taken: 0,
    held: 0,
    ttlSeconds: 0,
  };
  return { ...from, [what]: from[what] + 1, ttlSeconds: Math.floor(at / 1000) + BREAKER_KEPT_SECONDS };
}

/**
 * Whether the same waits for a person already: however often it is asked for, it is held once and paged once, and then
 * with its incident.
 */
export const isWaiting = (
  { tokenId, signal, rung }: IncidentRecord['held'][number],
  incidents: BreakerFacts['incidents'],
): boolean =>
  incidents.some(
    ({ read }) =>
      read?.state === 'pending' &&
      read.held.some((other) => other.tokenId === tokenId && other.signal === signal && other.rung === rung),
  );

/** Puts an action into a pending incident of the window, which pages until somebody applies or drops it. */
export function hold(
  item: IncidentRecord['held'][number],
  incidents: BreakerFacts['incidents'],
  policy: ResponsePolicy,
  now: EpochMs,
): { readonly write: Write; readonly incidentId: string } {
  for (const { incidentId, read } of incidents) {
    if (read === undefined) return { incidentId, write: create(opened(incidentId, item, now)) };
    const others = read.held.filter((other) => other.tokenId !== item.tokenId);
    if (read.state === 'pending' && others.length < HELD_MOST)
      return { incidentId, write: update(read, { ...read, held: [...others, item] }) };
  }
  const suffix = digestOf(`${item.eventId} ${item.tokenId}`).slice(1);
  const incidentId = `held:${windowStart(now, policy.breaker)}:${suffix}`;
  return { incidentId, write: create(opened(incidentId, item, now)) };
}

const opened = (incidentId: string, item: IncidentRecord['held'][number], now: EpochMs): IncidentRecord => ({
  schema: SCHEMA,
  kind: 'incident',
  rev: 0,
  incidentId,
  state: 'pending',
  openedAt: now,
  reason: 'automatic actions exceeded their budget, or had one cause',
  held: [item],
  dueAt: now + HELD_PAGE_MS,
});
