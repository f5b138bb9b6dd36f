import type { AuditEntry } from '../audit/entry.ts';
import { printable } from '../audit/printable.ts';
import { type Change, create, update, type Write } from '../change.ts';
import type { AccessKey, KeyUser } from '../ports.ts';
import { RESPOND_TAG } from '../posture/protect.ts';
import { type Actor, type EpochMs, type QuarantineRecord, SCHEMA } from '../records.ts';
import { ok, type Result, refuse } from '../result.ts';
import type { Order } from '../token/standing.ts';

/** What a finding about an IAM user's access key asks for. */
export interface KeyOrder {
  readonly userArn: string;
  readonly accessKeyId: string;
  /** The event that it answers, and when that happened. */
  readonly account: string;
  readonly eventId: string;
  readonly seenAt: EpochMs;
  readonly at: EpochMs;
  readonly actor: Actor;
  readonly reason: string;
  readonly incidentId: string;
  readonly rung: QuarantineRecord['rung'];
  /** Sessions of roles assumed with the key, as the trail named them. */
  readonly sessions: readonly string[];
}

/** A user as just looked at. */
export interface UserSeen {
  readonly keys: readonly AccessKey[];
  readonly quarantined: boolean;
}

/** Longer than a queue keeps a message, so that a redriven one is still known (S8). */
const EVENT_KEPT_SECONDS = 15 * 24 * 3_600;
const SESSIONS_MOST = 32;
/** When the sweep takes up what its first hand left: no function runs that long. */
const LEFT_MS = 60_000;
/** When what is settled is looked at once more: after every container that could still be acting has ended. */
const REVIEW_MS = 5 * 60_000;
const LONGEST_MS = 6 * 3_600_000;
/** An event of before the user was quiet, delivered late, says nothing new. */
const MARGIN_MS = 5_000;

const USER = /^arn:aws[a-z-]*:iam::\d{12}:user\/[\u0021-\u007e]{1,576}$/;

/** Whether an ARN is an IAM user's: nobody else has access keys that could be ended. */
export const isUserArn = (arn: string): boolean => USER.test(arn);

/**
 * Why a finding about a key stays an alert; `undefined`: it is acted upon. Only users that their owner put into the
 * responder's hands are touched, by a tag whose value is this environment; a third party's key is nobody's user.
 */
export function onlyAlert(order: KeyOrder, user: KeyUser | undefined, env: string): string | undefined {
  if (!isUserArn(order.userArn))
    return order.userArn.includes(':role/')
      ? 'to deny a role’s sessions is for a human with the break-glass role: docs/runbook.md'
      : 'it is no access key of an IAM user: end it where it was issued';
  if (user === undefined) return `${order.userArn} is no user of this account`;
  if (user.tags[RESPOND_TAG] !== env) return `its user does not carry the tag ${RESPOND_TAG} = ${env}`;
  return undefined;
}

/** Under which a key's event is kept, beside the decision about it: one event may concern several credentials. */
export const keyEventId = ({ eventId, accessKeyId }: KeyOrder): string =>
  `${eventId}#${accessKeyId}#quarantine`;

/**
 * The intent: which keys will be ended, before any is. `standing`: that is under way, or the event is older than what
 * was settled last, a release among it. Else a user in quarantine is looked at again, and one given back begun anew.
 */
export function beginQuarantine(
  order: KeyOrder,
  read: QuarantineRecord | undefined,
  seen: UserSeen,
): Result<Change, { reason: 'standing' }> {
  const late = read?.settledAt !== undefined && order.seenAt <= read.settledAt + MARGIN_MS;
  if (read?.state === 'blocking' || late) return refuse({ reason: 'standing' });
  const held = read?.state === 'quiet';
  const active = activeIds(seen);
  // What is being given back, or was a moment ago, may not show yet: it is ours to give back the next time too.
  const unsettled = read !== undefined && (read.state !== 'released' || read.dueAt !== undefined);
  const before: QuarantineRecord = read ?? {
    schema: SCHEMA,
    kind: 'quarantine',
    rev: 0,
    userArn: order.userArn,
    state: 'blocking',
    rung: order.rung,
    incidentId: order.incidentId,
    reason: '',
    openedAt: order.at,
    keyIds: [],
    attachedBefore: false,
    sessions: [],
    attempts: 0,
  };
  const next: QuarantineRecord = {
    ...before,
    state: 'blocking',
    rung: order.rung === 'revoke' || (held && before.rung === 'revoke') ? 'revoke' : 'suspend',
    incidentId: order.incidentId,
    reason: printable(order.reason),
    openedAt: order.at,
    keyIds: unsettled ? union(before.keyIds, active) : active,
    attachedBefore: unsettled ? before.attachedBefore : seen.quarantined,
    sessions: union(held ? before.sessions : [], order.sessions).slice(0, SESSIONS_MOST),
    attempts: 0,
    dueAt: order.at + LEFT_MS,
  };
  const event: Write = create({
    schema: SCHEMA,
    kind: 'event',
    rev: 0,
    account: order.account,
    eventId: keyEventId(order),
    at: order.at,
    outcome: `quarantine:${next.rung}`,
    ttlSeconds: Math.floor(order.at / 1000) + EVENT_KEPT_SECONDS,
  });
  const write: Write = read === undefined ? create(next) : update(read, next);
  const action = held ? 'quarantine.reopened' : 'quarantine.begun';
  const { at, actor, reason, incidentId, eventId } = order;
  const entry: AuditEntry = { action, at, actor, reason: printable(reason), incidentId, cause: eventId };
  return ok({
    writes: [event, write],
    audit: [{ ...entry, details: { ...detailsOf(next), accessKeyId: order.accessKeyId, rung: next.rung } }],
    feed: [],
  });
}

/**
 * The intent of what the breaker held, once a human applies it: due at once, for the sweep to begin. Which keys it is
 * about shows when the sweep first looks; each is written down before it is ended.
 */
export function beginHeld(
  item: { readonly tokenId: string; readonly rung: string; readonly eventId: string },
  read: QuarantineRecord | undefined,
  order: Order,
): Result<Change, { reason: 'standing' }> {
  const { at, actor, reason, incidentId } = order;
  const begun = beginQuarantine(
    {
      userArn: item.tokenId,
      accessKeyId: 'any',
      account: item.tokenId.split(':')[4] as string,
      eventId: item.eventId,
      seenAt: at,
      at,
      actor,
      reason,
      incidentId,
      rung: item.rung === 'revoke' ? 'revoke' : 'suspend',
      sessions: [],
    },
    read,
    { keys: [], quarantined: false },
  );
  if (!begun.ok) return begun;
  const [event, write] = begun.value.writes as readonly [Write, Write & { readonly kind: 'put' }];
  return ok({
    ...begun.value,
    writes: [event, { ...write, record: { ...write.record, dueAt: at } as QuarantineRecord }],
  });
}

/** What is to be done next about a user that is being blocked. */
export type BlockStep =
  /** Keys that were minted or made active meanwhile: into the intent first. */
  | { readonly do: 'extend'; readonly keyIds: readonly string[] }
  /** The policy first: it ends what temporary credentials can do, and the keys cannot take it off once Inactive. */
  | { readonly do: 'act'; readonly attach: boolean; readonly deactivate: readonly string[] }
  | { readonly do: 'nothing' };

export function nextBlock(record: QuarantineRecord, seen: UserSeen): BlockStep {
  const active = activeIds(seen);
  const unknown = active.filter((id) => !record.keyIds.includes(id));
  if (unknown.length > 0) return { do: 'extend', keyIds: unknown };
  if (seen.quarantined && active.length === 0) return { do: 'nothing' };
  return { do: 'act', attach: !seen.quarantined, deactivate: active };
}

/** Keys that turned up while the user was being blocked. */
export function extend(record: QuarantineRecord, keyIds: readonly string[], step: Step): Change {
  const next = { ...record, keyIds: union(record.keyIds, keyIds) };
  return changed(record, next, 'quarantine.extended', step, { added: [...keyIds] });
}

/** With sessions of roles that its keys assumed, as far as there is room; what changes nothing is what was read. */
export function withSessions(record: QuarantineRecord, sessions: readonly string[]): QuarantineRecord {
  const all = union(record.sessions, sessions).slice(0, SESSIONS_MOST);
  return all.length === record.sessions.length ? record : { ...record, sessions: all };
}

/** The outcome: nothing of the user works. It is looked at once more. */
export function foundQuiet(record: QuarantineRecord, step: Step): Change {
  const next: QuarantineRecord = {
    ...record,
    state: 'quiet',
    attempts: 0,
    settledAt: step.at,
    dueAt: step.at + REVIEW_MS,
  };
  return changed(record, next, 'quarantine.quiet', step);
}

/** It is not known to be quiet: tried again after a minute, doubling to six hours, for ever (L6). */
export function foundUnquiet(record: QuarantineRecord, why: string, step: Step): Change {
  const wait = Math.min(LONGEST_MS, LEFT_MS * 2 ** record.attempts);
  const next = { ...record, attempts: record.attempts + 1, dueAt: step.at + wait };
  return changed(record, next, 'quarantine.unquiet', step, { attempts: next.attempts, why });
}

/** What the second look at a quiet user finds: it stays, or what somebody undid is done again. */
export function review(record: QuarantineRecord, seen: UserSeen, step: Step): Change {
  if (nextBlock(record, seen).do === 'nothing')
    return changed(record, rested(record), 'quarantine.confirmed', step);
  const next: QuarantineRecord = { ...record, state: 'blocking', dueAt: step.at + LEFT_MS };
  return changed(record, next, 'quarantine.reopened', step);
}

/** Why a user is not given back. */
export type ReleaseRefusal =
  | { readonly reason: 'user-not-quarantined' }
  | { readonly reason: 'user-revoked' };

/** The intent to give a user back what was taken; carried on by the sweep where its first hand is gone. */
export function beginRelease(
  record: QuarantineRecord | undefined,
  order: Order,
): Result<Change, ReleaseRefusal> {
  if (record === undefined || record.state === 'released') return refuse({ reason: 'user-not-quarantined' });
  if (record.rung === 'revoke') return refuse({ reason: 'user-revoked' });
  const next: QuarantineRecord = { ...record, state: 'releasing', attempts: 0, dueAt: order.at + LEFT_MS };
  const { at, actor, reason, incidentId, cause } = order;
  return ok({
    writes: [update(record, next)],
    audit: [
      {
        action: 'quarantine.releasing',
        at,
        actor,
        reason,
        incidentId,
        ...(cause === undefined ? {} : { cause }),
        details: detailsOf(next),
      },
    ],
    feed: [],
  });
}

/** The outcome of a release. Looked at once more: a container that was still blocking may have come after it. */
export function released(record: QuarantineRecord, step: Step): Change {
  const next: QuarantineRecord = {
    ...record,
    state: 'released',
    settledAt: step.at,
    dueAt: step.at + REVIEW_MS,
  };
  return changed(record, next, 'quarantine.released', step);
}

/** The second look at a user that was given back has been taken. */
export const confirmReleased = (record: QuarantineRecord, step: Step): Change =>
  changed(record, rested(record), 'quarantine.confirmed', step);

/** Who acts, and when. */
export interface Step {
  readonly at: EpochMs;
  readonly actor: Actor;
}

const activeIds = ({ keys }: UserSeen): readonly string[] =>
  keys.flatMap(({ accessKeyId, status }) => (status === 'Active' ? [accessKeyId] : [])).sort();

const union = (one: readonly string[], other: readonly string[]): readonly string[] => [
  ...new Set([...one, ...other]),
];

function rested(record: QuarantineRecord): QuarantineRecord {
  const { dueAt: _, ...rest } = record;
  return rest;
}

const detailsOf = ({ userArn, keyIds, sessions }: QuarantineRecord): NonNullable<AuditEntry['details']> => ({
  userArn,
  keyIds,
  ...(sessions.length === 0 ? {} : { sessions }),
});

function changed(
  read: QuarantineRecord,
  next: QuarantineRecord,
  action: AuditEntry['action'],
  { at, actor }: Step,
  details: NonNullable<AuditEntry['details']> = {},
): Change {
  return {
    writes: [update(read, next)],
    audit: [{ action, at, actor, incidentId: read.incidentId, details: { ...detailsOf(next), ...details } }],
    feed: [],
  };
}
