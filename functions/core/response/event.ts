import type { AuditEntry } from '../audit/entry.ts';
import { printable } from '../audit/printable.ts';
import { type Change, create, update } from '../change.ts';
import { type Actor, type EpochMs, type EventRecord, SCHEMA } from '../records.ts';
import type { Order } from '../token/standing.ts';
import { windowStart } from './breaker.ts';
import type { Finding } from './finding.ts';
import type { KeyOrder } from './key-orders.ts';
import type { ResponsePolicy } from './policy.ts';

/** The responder's name in the audit log. */
export const RESPONDER: Actor = { kind: 'system', id: 'respond' };

/** Longer than a queue keeps a message, so that a redriven one is still known (S8). */
const EVENT_KEPT_SECONDS = 15 * 24 * 3_600;

/** What the responder does always has an event behind it. */
export type CausedOrder = Order & { readonly cause: string };

/** Under which alerts that were told are kept, beside the accounts of other events. */
export const ALERTS = 'alerts';

/** Under which incident a response to an event is filed: the same for every delivery of it. */
export const incidentOf = (eventId: string): string =>
  `auto:${eventId}`.replace(/[^A-Za-z0-9._:-]/g, '-').slice(0, 64);

/** What an event led to is kept for each target: a batch names twenty secrets. */
export const eventIdOf = ({ eventId }: Pick<Finding, 'eventId'>, target: string): string =>
  `${eventId}#${target}`;

/**
 * What is about to be done outside before anything is decided: a stranger is kept from a secret. It is on record
 * first, so that what a crash leaves is known to be ours.
 */
export function intendBlock(finding: Finding, tokenId: string, secretArn: string, now: EpochMs): Change {
  const event = eventOf(finding, tokenId, `${finding.signal}:block`, now);
  return {
    writes: [create({ ...event, state: 'intended' })],
    audit: [
      {
        ...entry('response.intended', orderOf(finding, now), tokenId),
        details: { action: 'block reader', reader: finding.who.principal, secretArn },
      },
    ],
    feed: [],
  };
}

/** A decision this old and still open is taken up by whoever finds it: Lambda has ended the run that made it. */
export const TAKEN_UP_MS = 60_000;

/** A decision whose outside is not known to be done: nothing may have been done about it, and nobody told. */
export type OpenEvent = EventRecord & { readonly left: NonNullable<EventRecord['left']> };

export const isOpen = (event: EventRecord | undefined): event is OpenEvent =>
  event?.state === 'decided' && event.left !== undefined;

/** The order on an IAM user's keys that an open decision calls for; `undefined`: it is about no such key. */
export function keyOrderLeft({ account, at, left }: OpenEvent): KeyOrder | undefined {
  if (left.key === undefined) return undefined;
  const { cause, rung, seen, seenAt, key } = left;
  return {
    ...key,
    account,
    eventId: cause,
    seenAt,
    at,
    actor: RESPONDER,
    reason: seen,
    incidentId: incidentOf(cause),
    rung: rung === 'revoke' ? 'revoke' : 'suspend',
    // Looked for when the quarantine begins.
    sessions: [],
  };
}

/** How a decision ended outside: what the vault did, and that a human was paged. `undefined`: it is closed already. */
export function complete(
  event: EventRecord | undefined,
  outcome: { readonly vault: string; readonly at: EpochMs },
): Change | undefined {
  if (!isOpen(event)) return undefined;
  const { state: _state, left, dueAt: _dueAt, ...answered } = event;
  const { rung, outcome: decided, cause, tokenId } = left;
  return {
    writes: [update(event, answered)],
    audit: [
      {
        action: 'response.completed',
        at: outcome.at,
        actor: RESPONDER,
        incidentId: incidentOf(cause),
        cause,
        ...(tokenId === undefined ? {} : { tokenId }),
        details: { rung, outcome: decided, vault: outcome.vault, paged: true },
      },
    ],
    feed: [],
  };
}

/**
 * An alert of one kind about one target is told once a window: every container of the authorizer sees a thief for
 * the first time, and a page for each would bury the next one. The uses themselves are counted in the profile.
 */
export function alertKey(finding: Finding, target: string, now: EpochMs, policy: ResponsePolicy): string {
  return `${finding.signal}:${target}:${windowStart(now, policy.breaker)}`;
}

/** What is kept of an event about one target. */
export const eventOf = (finding: Finding, target: string, outcome: string, at: EpochMs): EventRecord => ({
  schema: SCHEMA,
  kind: 'event',
  rev: 0,
  account: finding.account,
  eventId: eventIdOf(finding, target),
  at,
  outcome,
  ttlSeconds: Math.floor(at / 1000) + EVENT_KEPT_SECONDS,
});

/** An order of the responder's, because of a finding. */
export const orderOf = (finding: Finding, at: EpochMs): CausedOrder => ({
  at,
  actor: RESPONDER,
  reason: printable(finding.seen),
  incidentId: incidentOf(finding.eventId),
  cause: finding.eventId,
});

/** An audit record of what is done because of an event. */
export const entry = (
  action: AuditEntry['action'],
  { at, actor, reason, incidentId, cause }: CausedOrder,
  tokenId: string | undefined,
): AuditEntry => ({
  action,
  at,
  actor,
  reason,
  incidentId,
  cause,
  ...(tokenId === undefined ? {} : { tokenId }),
});
