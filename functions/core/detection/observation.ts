import type { EpochMs } from '../records.ts';
import { slotOf } from './decay.ts';
import type { Act, Fact } from './fact.ts';

/**
 * Everything alike that one credential did within ten minutes, as one. `at` is its earliest moment, `last` its
 * latest; `eventId` belongs to the earliest. Folding facts into observations is a minimum, a maximum and a union:
 * order and repetition change nothing, and a burst of a thousand calls is judged once.
 */
export interface Observation extends Fact {
  readonly at: EpochMs;
  readonly last: EpochMs;
}

/** Under which key facts fold together. */
export function observationKey(fact: Fact): string {
  return `${fact.credential}\n${fact.principal}\n${slotOf(fact.at)}\n${fact.api}\n${fact.network}\n${fact.client}\n${fact.region}\n${fact.session}\n${fact.refused ? 1 : 0}${actKey(fact.act)}`;
}

function actKey(act: Act): string {
  switch (act.kind) {
    case 'plain':
      return '';
    case 'claimed':
      return '\nclaimed';
    case 'read-secret':
    case 'decrypt':
      return `\n${act.kind}\n${act.secret}\n${act.versionId}`;
    case 'mint':
      return `\n${act.kind}\n${act.minted}\n${act.target}`;
    case 'read-batch':
      return `\n${act.kind}\n${act.negated}`;
    case 'presented':
      return `\n${act.kind}\n${act.keyId}\n${act.reason}`;
    case 'tamper':
      return `\n${act.kind}\n${act.what}\n${act.secret ?? ''}`;
    case 'privilege':
      return `\n${act.kind}\n${act.what}`;
    case 'exposed':
      return `\n${act.kind}\n${act.mark}`;
  }
}

export const observationOf = (fact: Fact): Observation => ({ ...fact, last: fact.at });

/** Two observations under one key as one. */
export function foldObservations(one: Observation, other: Observation): Observation {
  const first = one.at < other.at || (one.at === other.at && one.eventId <= other.eventId) ? one : other;
  return { ...first, last: Math.max(one.last, other.last) };
}

/** The order in which observations are judged: by time, then by what they are, never by arrival. */
export function compareObservations(one: Observation, other: Observation): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.eventId !== other.eventId) return one.eventId < other.eventId ? -1 : 1;
  const [a, b] = [observationKey(one), observationKey(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}
