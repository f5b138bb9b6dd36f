import type { AuditEntry } from '../audit/entry.ts';
import { printable } from '../audit/printable.ts';
import { type Change, create, update, type Write } from '../change.ts';
import type { Finding } from '../detection/finding.ts';
import type { Sighting } from '../detection/sighting.ts';
import {
  type Actor,
  type BreakerRecord,
  type EpochMs,
  type EventRecord,
  type IncidentRecord,
  SCHEMA,
} from '../records.ts';
import { beginReissue, type Order, revokeToken, suspend, type TokenFacts } from '../token/standing.ts';
import type { ResponsePolicy, Rung } from './policy.ts';

/** The responder's name in the audit log. */
export const RESPONDER: Actor = { kind: 'system', id: 'respond' };

/** Longer than a queue keeps a message, so that a redriven one is still known (S8). */
const EVENT_KEPT_SECONDS = 15 * 24 * 3_600;
const HELD_MOST = 64;
const HELD_PAGE_MS = 15 * 60_000;

/** What a response is decided from. */
export interface ResponseFacts extends TokenFacts {
  readonly breakers: readonly {
    readonly scope: string;
    readonly limit: number;
    readonly read: BreakerRecord | undefined;
  }[];
  readonly incident: IncidentRecord | undefined;
  /** The stranger was kept from the secret, as far as there was one. */
  readonly blocked: boolean;
}

/** The conclusion about one token, and how to carry it out. */
export interface Verdict {
  readonly rung: Rung;
  readonly outcome: 'alerted' | 'done' | 'held' | 'observed';
  /** For the on-call engineer: seen, done, how to undo. */
  readonly sentence: string;
  readonly incidentId: string;
  readonly change: Change;
}

/** What the responder does always has a sighting behind it. */
type CausedOrder = Order & { readonly cause: string };

/**
 * An alert of one kind about one token is told once a window: every container of the authorizer sees a thief for
 * the first time, and a page for each would bury the next one. The uses themselves are counted in the profile.
 */
export const alertKey = (finding: Finding, tokenId: string, now: EpochMs, policy: ResponsePolicy): string =>
  `${finding.signal}:${tokenId}:${windowStart(now, policy)}`;

/** Under which alerts that were told are kept, beside the accounts of other events. */
export const ALERTS = 'alerts';

/** Under which incident a response to a sighting is filed: the same for every delivery of it. */
export const incidentOf = (sighting: Sighting): string =>
  `auto:${sighting.eventId}`.replace(/[^A-Za-z0-9._:-]/g, '-').slice(0, 64);

/** In which window an action counts. */
export const windowStart = (now: EpochMs, policy: ResponsePolicy): EpochMs => {
  const length = policy.budget.windowMinutes * 60_000;
  return now - (now % length);
};

/** The budgets an action draws on; a canary's are its own and cannot be exhausted by noise (detection.md, breaker c). */
export function scopesOf(
  finding: Finding,
  owner: string,
  policy: ResponsePolicy,
): readonly { scope: string; limit: number }[] {
  if (finding.signal === 'canary-use') return [];
  return [
    { scope: `signal:${finding.signal}`, limit: policy.budget.perSignal },
    { scope: `owner:${owner}`, limit: policy.budget.perOwner },
  ];
}

/** The incident that collects what one window's breaker held. */
export const heldIncidentId = (now: EpochMs, policy: ResponsePolicy): string =>
  `held:${windowStart(now, policy)}`;

/**
 * Decides one sighting's gravest finding. The event, the budgets, the verdict and the change of standing are one
 * transaction: n deliveries make one effect, and a crash leaves all of it or nothing (S8, S9).
 */
export function decideResponse(
  sighting: Sighting,
  finding: Finding,
  facts: ResponseFacts,
  policy: ResponsePolicy,
  now: EpochMs,
): Verdict {
  const { token } = facts;
  const seen = printable(finding.seen);
  const incidentId = incidentOf(sighting);
  const order: CausedOrder = {
    at: now,
    actor: RESPONDER,
    reason: seen,
    incidentId,
    cause: sighting.eventId,
  };
  const wanted = wantedRung(finding, facts, policy);
  const event = create(eventOf(sighting, finding, wanted, now));
  const told = create({
    ...eventOf(sighting, finding, 'alert', now),
    account: ALERTS,
    eventId: alertKey(finding, token.tokenId, now, policy),
  });
  const verdict = (
    rung: Rung,
    outcome: Verdict['outcome'],
    sentence: string,
    change?: Partial<Change>,
  ): Verdict => ({
    rung,
    outcome,
    sentence: `${seen}. ${sentence}`,
    incidentId,
    change: {
      writes: [event, ...(outcome === 'alerted' ? [told] : []), ...(change?.writes ?? [])],
      audit: [decided(order, token.tokenId, finding, rung, outcome), ...(change?.audit ?? [])],
      feed: change?.feed ?? [],
    },
  });
  if (wanted === 'alert') return verdict('alert', 'alerted', 'Nothing was done automatically.');
  if (policy.mode === 'observe')
    return verdict(wanted, 'observed', `In enforce mode it would be: ${wanted}.`);
  const standing = changeOf(wanted, facts, order);
  if (!standing.ok) return verdict('alert', 'alerted', `Nothing was left to do: ${standing.error.reason}.`);
  if (facts.breakers.some(({ limit, read }) => (read?.taken ?? 0) >= limit)) {
    return verdict(wanted, 'held', 'The budget of automatic actions is spent: this one is held for you.', {
      writes: [
        hold(sighting, finding, wanted, facts, policy, now),
        ...facts.breakers.map((breaker) => spend(breaker, 'held', policy, now)),
      ],
      audit: [
        {
          ...entry('response.held', order, token.tokenId),
          details: { rung: wanted, signal: finding.signal },
        },
      ],
    });
  }
  return verdict(wanted, 'done', doneSentence(wanted, token.tokenId), {
    writes: [
      ...standing.value.writes,
      ...facts.breakers.map((breaker) => spend(breaker, 'taken', policy, now)),
    ],
    audit: standing.value.audit,
    feed: standing.value.feed,
  });
}

function wantedRung(finding: Finding, facts: ResponseFacts, policy: ResponsePolicy): Rung {
  const { token } = facts;
  if (policy.protectedTokens.includes(token.tokenId)) return 'alert';
  const rung = policy.rungs[finding.signal][token.criticality];
  if (rung !== 'reissue') return rung;
  if (token.secretArn === undefined) return 'revoke';
  // Whoever can still read the secret would get the next value too.
  if (finding.signal === 'unbound-reader' && !facts.blocked) return 'suspend';
  return rung;
}

function changeOf(rung: Exclude<Rung, 'alert'>, facts: TokenFacts, order: Order): ReturnType<typeof suspend> {
  switch (rung) {
    case 'suspend':
      return suspend(facts, order);
    case 'reissue':
      return beginReissue(facts, order);
    case 'revoke':
      return revokeToken(facts, order);
  }
}

function doneSentence(rung: Exclude<Rung, 'alert'>, tokenId: string): string {
  switch (rung) {
    case 'suspend':
      return `${tokenId} is suspended. Undo: tokenward release ${tokenId}.`;
    case 'reissue':
      return `Every version of ${tokenId} was revoked and a new one is being made; its consumers refetch. It cannot be undone and need not be.`;
    case 'revoke':
      return `${tokenId} was revoked for good. Declare a new id if it is still needed.`;
  }
}

function eventOf(sighting: Sighting, finding: Finding, rung: Rung, now: EpochMs): EventRecord {
  return {
    schema: SCHEMA,
    kind: 'event',
    rev: 0,
    account: sighting.account,
    eventId: sighting.eventId,
    at: now,
    outcome: `${finding.signal}:${rung}`,
    ttlSeconds: Math.floor(now / 1000) + EVENT_KEPT_SECONDS,
  };
}

function spend(
  breaker: ResponseFacts['breakers'][number],
  what: 'taken' | 'held',
  policy: ResponsePolicy,
  now: EpochMs,
): Write {
  const start = windowStart(now, policy);
  if (breaker.read !== undefined) {
    return update(breaker.read, { ...breaker.read, [what]: breaker.read[what] + 1 });
  }
  return create({
    schema: SCHEMA,
    kind: 'breaker',
    rev: 0,
    scope: breaker.scope,
    windowStart: start,
    taken: what === 'taken' ? 1 : 0,
    held: what === 'held' ? 1 : 0,
    ttlSeconds: Math.floor(start / 1000) + 7 * 24 * 3_600,
  });
}

function hold(
  sighting: Sighting,
  finding: Finding,
  rung: Rung,
  facts: ResponseFacts,
  policy: ResponsePolicy,
  now: EpochMs,
): Write {
  const item = { tokenId: facts.token.tokenId, signal: finding.signal, eventId: sighting.eventId, rung };
  const { incident } = facts;
  if (incident?.state === 'pending' && incident.held.length < HELD_MOST) {
    const held = [...incident.held.filter((other) => other.tokenId !== item.tokenId), item];
    return update(incident, { ...incident, held });
  }
  // A full or settled incident takes no more: what comes after it is filed on its own, and pages like it.
  const windowIncident = heldIncidentId(now, policy);
  return create({
    schema: SCHEMA,
    kind: 'incident',
    rev: 0,
    incidentId: incident === undefined ? windowIncident : `${windowIncident}:${incidentOf(sighting)}`,
    state: 'pending',
    openedAt: now,
    reason: 'automatic actions exceeded their budget',
    held: [item],
    dueAt: now + HELD_PAGE_MS,
  });
}

function decided(
  order: CausedOrder,
  tokenId: string,
  finding: Finding,
  rung: Rung,
  outcome: Verdict['outcome'],
): AuditEntry {
  return { ...entry('response.decided', order, tokenId), details: { signal: finding.signal, rung, outcome } };
}

function entry(action: AuditEntry['action'], order: CausedOrder, tokenId: string): AuditEntry {
  const { at, actor, reason, incidentId, cause } = order;
  return { action, at, actor, reason, incidentId, cause, tokenId };
}
