import * as z from 'zod/mini';
import type { AuditEntry } from '../audit/entry.ts';
import { printable } from '../audit/printable.ts';
import { type Change, update } from '../change.ts';
import type { IncidentRecord } from '../records.ts';
import { ok, type Result, refuse } from '../result.ts';
import { freeText } from '../text.ts';
import type { Order } from '../token/standing.ts';
import type { BadRequest, OrderAction } from './orders.ts';

/** What a responder decides about what the breaker held. */
export interface IncidentOrder {
  readonly action: 'apply' | 'drop';
  readonly incident: string;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly noWait: boolean;
  /** How many held actions the caller believes are concerned. */
  readonly expectCount?: number;
}

export type HeldItem = IncidentRecord['held'][number];

const BODY = z.strictObject({
  action: z.enum(['apply', 'drop']),
  incident: z.string().check(z.regex(/^[A-Za-z0-9._:-]{1,64}$/)),
  reason: freeText(512),
  dryRun: z.optional(z.boolean()),
  noWait: z.optional(z.boolean()),
  expectCount: z.optional(z.int().check(z.minimum(0), z.maximum(100))),
});

const FIXES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    action: 'apply or drop',
    incident: 'the id of a pending incident, as its page and `tokenward incident list` name it',
    reason: '1 to 512 characters that say why; of a token name the keyId alone',
    expectCount: 'the number of held actions that you mean',
  }),
);

/** Whether an order is about an incident and not about a token. */
export const isIncidentOrder = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, 'incident');

/** Parses an order about an incident; the refusal names the first field that is wrong and how to mend it. */
export function parseIncidentOrder(body: unknown): Result<IncidentOrder, BadRequest> {
  const read = BODY.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues as [z.core.$ZodIssue];
    const field = String(issue.path[0] ?? 'body');
    const fix = FIXES.get(field) ?? 'send a JSON object with action, incident and reason, and nothing else';
    return refuse({ field, problem: printable(issue.message), fix });
  }
  const { dryRun = false, noWait = false, expectCount, ...order } = read.data;
  return ok({ ...order, dryRun, noWait, ...(expectCount === undefined ? {} : { expectCount }) });
}

/** The order that a held action comes to. */
export const actionOf = ({ rung }: HeldItem): OrderAction =>
  rung === 'suspend' || rung === 'revoke' ? rung : 'reissue';

/** What an order would do to an incident, in sentences a responder reads before saying yes. */
export const planOfIncident = (
  action: IncidentOrder['action'],
  { held }: IncidentRecord,
): readonly string[] =>
  held.map(({ tokenId, rung, signal, eventId, why = 'budget' }) =>
    action === 'apply'
      ? `${tokenId}: ${rung}, for ${signal} (event ${eventId}; held: ${why}).`
      : `${tokenId}: nothing is done; ${rung} for ${signal} (event ${eventId}) is dropped.`,
  );

/**
 * One held action, done and taken out of its incident in one transaction, so that a repeat after a crash does what
 * is left and nothing twice. `standing`: what it changes of the token; a refusal means that nothing was left to do.
 */
export function applyHeld(
  incident: IncidentRecord,
  item: HeldItem,
  standing: Result<Change, { readonly reason: string }>,
  order: Order,
): Change {
  const held = incident.held.filter(({ tokenId }) => tokenId !== item.tokenId);
  const { dueAt: _, ...settled } = incident;
  const next: IncidentRecord =
    held.length === 0 ? { ...settled, held, state: 'applied' } : { ...incident, held };
  const { tokenId, rung, signal } = item;
  const outcome = standing.ok ? 'applied' : standing.error.reason;
  const said: AuditEntry = {
    ...entryOf('incident.applied', order),
    tokenId,
    details: { rung, signal, outcome, left: held.length },
  };
  const changed = standing.ok ? standing.value : { writes: [], audit: [], feed: [] };
  return {
    writes: [update(incident, next), ...changed.writes],
    audit: [said, ...changed.audit],
    feed: changed.feed,
  };
}

/** Everything that an incident holds is not done, and pages no more. */
export function dropIncident(incident: IncidentRecord, order: Order): Change {
  const { dueAt: _, ...settled } = incident;
  const tokens = incident.held.map(({ tokenId }) => tokenId);
  return {
    writes: [update(incident, { ...settled, state: 'dropped' })],
    audit: [{ ...entryOf('incident.dropped', order), details: { tokens } }],
    feed: [],
  };
}

const entryOf = (action: AuditEntry['action'], order: Order): AuditEntry => ({ action, ...order });
