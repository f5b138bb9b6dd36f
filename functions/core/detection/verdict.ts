import { hash } from 'node:crypto';
import type { EpochMs } from '../records.ts';
import type { LadderPolicy, Rung } from '../response/ladder.ts';
import type { Baseline } from './baseline.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Evidence } from './evidence.ts';
import type { CredentialKind } from './fact.ts';
import { serialise } from './serialise.ts';
import type { Standing } from './standing.ts';

/** Which rules judged: raised with every change to a signal, a weight or the engine. */
const RULES = 1;

/** What was concluded about one credential: enough to be read in ten seconds, and to be judged again. */
export interface CredentialVerdict {
  readonly credential: string;
  readonly kind: CredentialKind;
  readonly principal: string;
  readonly owner: string;
  readonly rung: Rung;
  readonly posterior: number;
  /** The first piece of evidence that carried it. */
  readonly firstAt: EpochMs;
  /** When it reached its rung. */
  readonly at: EpochMs;
  readonly evidence: readonly Evidence[];
  readonly network: string;
  readonly client: string;
  /** SHA-256 of the serialised habits that it was compared with. */
  readonly profileHash: string;
  /** Rules and policy that judged it. */
  readonly ruleSet: string;
}

/** Which rules and policy judge: the same name means the same judgement. */
export const ruleSetOf = (policy: LadderPolicy): string =>
  `${RULES}-${hash('sha256', JSON.stringify(policy)).slice(0, 12)}`;

/** The verdict on a credential; `undefined` where it reached no rung. */
export function verdictOf(standing: Standing, own: Baseline, ruleSet: string): CredentialVerdict | undefined {
  const { credential, kind, principal, owner, reached } = standing;
  if (reached === undefined) return undefined;
  return {
    credential,
    kind,
    principal,
    owner,
    ...reached,
    firstAt: Math.min(...reached.evidence.map(({ since }) => since)),
    profileHash: hash('sha256', serialise(own)),
    ruleSet,
  };
}

const DONE: Readonly<Record<Rung, string>> = {
  alert: 'Nothing was done.',
  suspend: 'It is suspended.',
  reissue: 'Every version ended and a new one is being made.',
  revoke: 'It was revoked for good.',
};

const WOULD: Readonly<Record<Rung, string>> = {
  alert: 'It would be an alert.',
  suspend: 'It would be suspended.',
  reissue: 'It would be ended and made anew.',
  revoke: 'It would be revoked for good.',
};

const UNDO: Readonly<Record<Rung, string>> = {
  alert: '',
  suspend: ' Undo: tokenward release.',
  reissue: ' Consumers refetch; nothing to undo.',
  revoke: ' It cannot be undone: issue a new one.',
};

const SAID_MOST = 3;

/** The verdict in words: what was seen, against what, how sure, what was (or would be) done, how to undo it. */
export function sentenceOf(verdict: CredentialVerdict, done: boolean): string {
  const { evidence, rung, posterior } = verdict;
  const said = evidence.slice(0, SAID_MOST).map(({ signal, says }) => `${CATALOGUE[signal].title}: ${says}`);
  const more = evidence.length > SAID_MOST ? ` (and ${evidence.length - SAID_MOST} more)` : '';
  const sure = `${(100 * Math.min(posterior, 0.999)).toFixed(1)} % sure`;
  const act = done ? `${DONE[rung]}${UNDO[rung]}` : WOULD[rung];
  return `${verdict.credential} of ${verdict.principal || 'unknown'}: ${said.join('; ')}${more}. ${sure}. ${act}`;
}
