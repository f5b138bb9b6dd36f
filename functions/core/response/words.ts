import type { AuditEntry } from '../audit/entry.ts';
import { printable } from '../audit/printable.ts';
import { isTierZero } from '../detection/catalogue.ts';
import type { EventRecord } from '../records.ts';
import { type Finding, type FindingSignal, titleOf } from './finding.ts';
import type { Rung } from './ladder.ts';

/** A verdict as an on-call engineer reads it in ten seconds. */
export interface Words {
  readonly seen: string;
  readonly against: string;
  readonly sure: string;
  readonly done: string;
  readonly undo: string;
}

const AGAINST: Readonly<Partial<Record<FindingSignal, string>>> = {
  'T0-1': 'it is a canary, which nobody has a reason to touch',
  'T0-2': 'its time is over',
  'T0-3': 'its declared readers',
  'T0-4': 'its declared networks',
  'T0-5': 'the credential that minted it',
  'T0-6': 'what may be done to the watch over credentials',
  'T0-7': 'AWS’s own word',
  'T0-8': 'what a machine’s role is used by',
  'rotation-failed': 'its rotation schedule',
};

/** What was seen, against what, and how sure it is; what is done and how to undo it is for whoever decides. */
export function wordsOf(finding: Finding, done: string, undo: string): Words {
  return {
    seen: printable(finding.seen),
    against: AGAINST[finding.signal] ?? 'its own habits',
    sure: sureOf(finding),
    done,
    undo,
  };
}

function sureOf({ signal, weak, posterior }: Finding): string {
  if (signal === 'rotation-failed') return 'certain';
  if (!isTierZero(signal)) return `${(100 * Math.min(posterior, 0.999)).toFixed(1)} %, by habits alone`;
  return weak
    ? 'certain that it happened; worth a look, no proof of a theft'
    : 'certain: a promise was broken';
}

export const doneTo = (rung: Exclude<Rung, 'alert'>, tokenId: string): string => {
  switch (rung) {
    case 'suspend':
      return `${tokenId} is suspended.`;
    case 'reissue':
      return `Every version of ${tokenId} was revoked and a new one is being made; its consumers refetch.`;
    case 'revoke':
      return `${tokenId} was revoked for good.`;
  }
};

export const undoOf = (rung: Exclude<Rung, 'alert'>, tokenId: string): string => {
  switch (rung) {
    case 'suspend':
      return `tokenward release ${tokenId}`;
    case 'reissue':
      return 'it cannot be undone and need not be';
    case 'revoke':
      return 'it cannot be undone: declare a new id if it is still needed';
  }
};

/** What the end of a key or session leaves open (S9: no machine denies a role's sessions), in words; empty: nothing. */
export function sessionsLeft(sessions: readonly string[], most: number = Number.POSITIVE_INFINITY): string {
  if (sessions.length === 0) return '';
  const named = sessions.slice(0, most).join(', ');
  const more = sessions.length > most ? ` and ${sessions.length - most} more` : '';
  return ` Sessions of roles that it assumed go on until they end: ${named}${more}. To deny them is for a human with the break-glass role: docs/runbook.md.`;
}

/** Longer bodies are cut by chat services. */
const BODY_MOST = 1_800;

/** The page: five lines that a chat webhook shows as they are, then where to look. */
export function pageOf(
  finding: Finding,
  target: { readonly name: string; readonly owner: string; readonly what: string },
  words: Words,
  incidentId: string,
): NonNullable<EventRecord['left']>['page'] {
  const { signal, eventId, at } = finding;
  const body = [
    `Seen: ${words.seen}`,
    `Against: ${words.against}`,
    `Sure: ${words.sure}`,
    `Done: ${words.done}`,
    `Undo: ${words.undo}`,
    `Incident ${incidentId}; event ${eventId} of ${new Date(at).toISOString()}; owner ${target.owner || 'unknown'}.`,
  ].join('\n');
  return {
    key: `${signal}:${target.name}`,
    title: `${titleOf(signal)} on ${target.name}: ${target.what}`,
    body: body.slice(0, BODY_MOST),
    ...(target.owner === '' ? {} : { owner: target.owner }),
  };
}

const EVIDENCE_TOLD = 5;
const EVENTS_TOLD = 8;

/** The same verdict in data, for the audit record and the bus: what it was judged by, so that it can be judged again. */
export function detailsOf(finding: Finding): NonNullable<AuditEntry['details']> {
  const { signal, weak, who, evidence, posterior, profileHash, ruleSet } = finding;
  const events = [...new Set(evidence.flatMap(({ eventIds }) => eventIds))].slice(0, EVENTS_TOLD);
  return {
    signal,
    weak,
    by: who.credential,
    principal: who.principal,
    posterior: Number(posterior.toFixed(6)),
    evidence: evidence
      .slice(0, EVIDENCE_TOLD)
      .map((each) => `${each.signal} ${each.family} ${each.weight.toFixed(2)}: ${each.says}`),
    events,
    profileHash,
    ruleSet,
  };
}
