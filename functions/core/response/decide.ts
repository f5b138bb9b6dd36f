import { type Change, create, update } from '../change.ts';
import { isTierZero } from '../detection/catalogue.ts';
import { tokenSubject } from '../detection/registry-contracts.ts';
import type { EpochMs, EventRecord } from '../records.ts';
import { isLive } from '../token/due.ts';
import { beginReissue, type Order, revokeToken, suspend, type TokenFacts } from '../token/standing.ts';
import type { Candidate } from './breaker.ts';
import { type BreakerFacts, breakerOf, hold, isWaiting, spend } from './budget.ts';
import {
  ALERTS,
  alertKey,
  type CausedOrder,
  entry,
  eventOf,
  type OpenEvent,
  orderOf,
  TAKEN_UP_MS,
} from './event.ts';
import type { Finding } from './finding.ts';
import { type Guard, guardOf, overrideOf, type Rung, tableRung } from './ladder.ts';
import type { ResponsePolicy } from './policy.ts';
import { detailsOf, doneTo, pageOf, sessionsLeft, undoOf, type Words, wordsOf } from './words.ts';

/** What a response is decided from. */
export interface ResponseFacts extends TokenFacts {
  readonly breakers: BreakerFacts;
  /** The stranger was kept from the secret, as far as there was one. */
  readonly blocked: boolean;
  /** What was stored of this event: an intent at the most. */
  readonly event: EventRecord | undefined;
}

/** The conclusion about one target, and how to carry it out. */
export interface Verdict {
  readonly rung: Rung;
  readonly outcome: 'alerted' | 'done' | 'held' | 'observed';
  readonly words: Words;
  readonly incidentId: string;
  /** The same waits for a person already: nothing is to be stored or told of it. */
  readonly waits: boolean;
  /** What is stored of it, with the page and whatever else is left to do outside. */
  readonly event: OpenEvent;
  readonly change: Change;
}

/**
 * What would be done about a token by the tables alone, and what keeps the policy from it. `reissue` needs a secret,
 * and that whoever read it can read no more.
 */
export function wantedOf(
  finding: Finding,
  { token, blocked }: Pick<ResponseFacts, 'token' | 'blocked'>,
  policy: ResponsePolicy,
): { readonly rung: Rung; readonly guard: Guard | undefined } {
  const { signal, about, who } = finding;
  const subject = { credential: tokenSubject(token.tokenId), principal: token.fields.principal.arn };
  if (finding.weak || signal === 'rotation-failed') return { rung: 'alert', guard: undefined };
  const reader = about === 'secret' && policy.protectedPrincipals.includes(who.principal);
  const guard = guardOf(subject, policy) ?? (reader ? 'protected' : undefined);
  const rung =
    about === 'secret' && isTierZero(signal)
      ? (overrideOf(subject, policy)?.rungs?.[signal] ??
        policy.secrets[signal]?.[token.criticality] ??
        'alert')
      : tableRung(signal, { ...subject, kind: 'api-token' }, policy);
  if (rung !== 'reissue') return { rung, guard };
  if (token.secretArn === undefined) return { rung: 'revoke', guard };
  // Whoever can still read the secret would get the next value too.
  return { rung: about === 'secret' && !blocked ? 'suspend' : rung, guard };
}

/**
 * Decides one finding about a token. The event, the budgets, the verdict and the change of standing are one
 * transaction: n deliveries make one effect, and a crash leaves all of it or nothing (S8, S9).
 */
export function decideResponse(
  finding: Finding,
  facts: ResponseFacts,
  policy: ResponsePolicy,
  now: EpochMs,
): Verdict {
  const { token } = facts;
  const { tokenId } = token;
  const order = orderOf(finding, now);
  const { rung: wanted, guard } = wantedOf(finding, facts, policy);
  const verdict = (
    rung: Rung,
    outcome: Verdict['outcome'],
    done: string,
    more: Partial<Concluded> = {},
  ): Verdict =>
    verdictOf(finding, { name: tokenId, owner: token.owner, tokenId }, facts.event, policy, {
      rung,
      outcome,
      order,
      done,
      ...more,
    });
  if (wanted === 'alert') return verdict('alert', 'alerted', NOTHING_DONE);
  if (guard === 'protected') return verdict('alert', 'alerted', 'Nothing: it is protected.');
  if (guard !== undefined) return verdict(wanted, 'observed', `Nothing (${guard}); else: ${wanted}.`);
  if (hasEnded(finding, facts)) return verdict('alert', 'alerted', 'Nothing was left to do: it has ended.');
  const standing = changeOf(wanted, facts, order);
  if (!standing.ok) return verdict('alert', 'alerted', `Nothing was left to do: ${standing.error.reason}.`);
  const candidate = candidateOf(finding, token, now);
  const held = breakerOf(candidate, facts.breakers, policy);
  if (held !== undefined) {
    const item = {
      tokenId,
      signal: finding.signal,
      eventId: finding.eventId,
      rung: wanted,
      why: held.reason,
    };
    const incident = hold(item, facts.breakers.incidents, policy, now);
    return verdict(wanted, 'held', `Held for you (${held.reason}): ${wanted}.`, {
      undo: `tokenward incident apply ${incident.incidentId}, or drop`,
      // An intent of its own is to be closed: somebody was kept out for it.
      waits: facts.event === undefined && isWaiting(item, facts.breakers.incidents),
      writes: [incident.write, ...spend(candidate, facts.breakers, 'held', policy)],
      audit: [
        {
          ...entry('response.held', { ...order, incidentId: incident.incidentId }, tokenId),
          details: { rung: wanted, signal: finding.signal, why: held.reason, shared: held.cause },
        },
      ],
    });
  }
  return verdict(wanted, 'done', doneTo(wanted, tokenId), {
    ...standing.value,
    undo: undoOf(wanted, tokenId),
    writes: [...standing.value.writes, ...spend(candidate, facts.breakers, 'taken', policy)],
  });
}

/** Where a credential comes from, and what it left behind. */
export interface Lineage {
  /** The credential that minted it, and whose that is. */
  readonly mintedBy?: string;
  /** Sessions of roles that were assumed with it, or with what it minted, and may still be open. */
  readonly sessions: readonly string[];
}

/** How many sessions a verdict names; the page about its user names all. */
const SESSIONS_NAMED = 5;

/** What a response about an IAM credential is decided from. */
export interface CredentialFacts {
  readonly breakers: BreakerFacts;
  /** Why its user is not ours to act upon, as IAM shows it; absent: it is. */
  readonly onlyAlert?: string;
  /** Absent: nothing is known of it. */
  readonly lineage?: Lineage;
  /** The key that would be ended, and whose it is. */
  readonly key?: OpenEvent['left']['key'];
}

/** What the ladder wants of an IAM credential, before anybody asks whether it may be acted upon. */
export function wantedOfCredential({ weak, signal, who }: Finding, policy: ResponsePolicy): Rung {
  if (weak || signal === 'rotation-failed' || guardOf(who, policy) !== undefined) return 'alert';
  const rung = tableRung(signal, who, policy);
  // What is ended of a user is its keys: there is no secret to put new ones into.
  return rung === 'reissue' ? 'suspend' : rung;
}

/**
 * What is concluded about an IAM credential: the keys of its user end where the ladder says so, the user is in our
 * hands and the budget has room; else a human is told. Sessions of roles wait for a human in any case.
 */
export function decideCredential(
  finding: Finding,
  facts: CredentialFacts,
  policy: ResponsePolicy,
  now: EpochMs,
): Verdict {
  const { who, signal, eventId } = finding;
  const order = orderOf(finding, now);
  const wanted = wantedOfCredential(finding, policy);
  const target = { name: who.credential, owner: '', tokenId: undefined };
  const verdict = (outcome: Verdict['outcome'], done: string, more: Partial<Concluded> = {}): Verdict =>
    verdictOf(finding, target, undefined, policy, { rung: wanted, outcome, order, done, ...more });
  if (wanted === 'alert') return verdict('alerted', NOTHING_DONE);
  const { mintedBy, sessions = [] } = facts.lineage ?? {};
  const minted = mintedBy === undefined ? '' : ` It was minted by ${mintedBy}.`;
  const left = `${minted}${sessionsLeft(sessions, SESSIONS_NAMED)}`;
  if (facts.onlyAlert !== undefined)
    return verdict('alerted', `${NOTHING_DONE} It calls for: ${wanted}; ${facts.onlyAlert}.${left}`);
  const candidate = keyCandidateOf(finding, now);
  const held = breakerOf(candidate, facts.breakers, policy);
  if (held !== undefined) {
    const item = { tokenId: who.principal, signal, eventId, rung: wanted, why: held.reason };
    const incident = hold(item, facts.breakers.incidents, policy, now);
    return verdict('held', `Held for you (${held.reason}): ${wanted}.${left}`, {
      undo: `tokenward incident apply ${incident.incidentId}, or drop`,
      waits: isWaiting(item, facts.breakers.incidents),
      writes: [incident.write, ...spend(candidate, facts.breakers, 'held', policy)],
      audit: [
        {
          ...entry('response.held', { ...order, incidentId: incident.incidentId }, undefined),
          details: { user: who.principal, rung: wanted, signal, why: held.reason, shared: held.cause },
        },
      ],
    });
  }
  const done = `${who.principal} is put in quarantine: its keys end, its sessions are denied.${left}`;
  return verdict('done', done, {
    undo:
      wanted === 'suspend'
        ? `tokenward release --user ${who.principal}`
        : 'it stays so: make new keys for what used these',
    writes: spend(candidate, facts.breakers, 'taken', policy),
    ...(facts.key === undefined ? {} : { key: facts.key }),
  });
}

/** What wants to be done about an IAM credential, as the breaker counts it: whose a user is, is not known here. */
export const keyCandidateOf = (
  { signal, network, client, who }: Pick<Finding, 'signal' | 'network' | 'client' | 'who'>,
  at: EpochMs,
): Candidate => ({ credential: who.credential, owner: '', at, signal, network, client });

/** What wants to be done about a token, as the breaker counts it. */
export const candidateOf = (
  { signal, network, client }: Finding,
  { tokenId, owner }: Pick<TokenFacts['token'], 'tokenId' | 'owner'>,
  at: EpochMs,
): Candidate => ({ credential: tokenSubject(tokenId), owner, at, signal, network, client });

const NOTHING_DONE = 'Nothing was done automatically.';

/** An old version that is refused already: told, and no reason to end its successor too. A canary has no successor. */
const hasEnded = ({ keyId, signal }: Finding, { versions }: TokenFacts): boolean =>
  keyId !== undefined &&
  signal !== 'T0-1' &&
  !versions.some((version) => version.keyId === keyId && isLive(version.state));

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

interface Concluded extends Partial<Change> {
  readonly rung: Rung;
  readonly outcome: Verdict['outcome'];
  readonly order: CausedOrder;
  readonly done: string;
  readonly undo?: string;
  readonly key?: OpenEvent['left']['key'];
  readonly waits?: boolean;
}

function verdictOf(
  finding: Finding,
  target: { readonly name: string; readonly owner: string; readonly tokenId: string | undefined },
  event: EventRecord | undefined,
  policy: ResponsePolicy,
  concluded: Concluded,
): Verdict {
  const {
    rung,
    outcome,
    order,
    done,
    undo = 'nothing to undo',
    writes = [],
    audit = [],
    feed = [],
    key,
    waits = false,
  } = concluded;
  const words = wordsOf(finding, done, undo);
  const what = outcome === 'done' ? rung : outcome;
  const page = pageOf(finding, { ...target, what }, words, order.incidentId);
  const told = eventOf(finding, target.name, `${finding.signal}:${rung}:${outcome}`, order.at);
  const next: OpenEvent = {
    ...told,
    state: 'decided',
    left: {
      rung,
      outcome,
      cause: finding.eventId,
      signal: finding.signal,
      seen: words.seen,
      seenAt: finding.at,
      ...(target.tokenId === undefined ? {} : { tokenId: target.tokenId }),
      ...(key === undefined ? {} : { key }),
      page,
    },
    dueAt: order.at + TAKEN_UP_MS,
  };
  const once = { ...told, account: ALERTS, eventId: alertKey(finding, target.name, order.at, policy) };
  return {
    rung,
    outcome,
    words,
    incidentId: order.incidentId,
    waits,
    event: next,
    change: {
      writes: [
        event === undefined ? create(next) : update(event, next),
        ...(outcome === 'alerted' ? [create(once)] : []),
        ...writes,
      ],
      audit: [
        {
          ...entry('response.decided', order, target.tokenId),
          details: { ...detailsOf(finding), rung, outcome, done, undo, owner: target.owner },
        },
        ...audit,
      ],
      feed,
    },
  };
}
