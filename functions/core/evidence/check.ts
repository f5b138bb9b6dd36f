import type { EpochMs } from '../records.ts';
import type { FactName, Facts } from './facts.ts';

/** What a collector concluded. `unseen`: nothing could be concluded, which is never a pass. */
export interface Outcome {
  readonly result: 'holds' | 'fails' | 'unseen';
  /** One sentence with its figures. */
  readonly says: string;
  /** For comparison with other runs. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** One question that a collector answers from facts alone. */
export interface Check<F extends FactName = FactName> {
  /** `<collector>.<question>`. */
  readonly id: string;
  readonly asks: string;
  readonly fact: F;
  /** NIST SP 800-53A: EXAMINE looks at what is there, TEST exercises it. */
  readonly method: 'EXAMINE' | 'TEST';
  /** The provider whose own part the answer rests on; evidence made on an emulator cannot show it. */
  readonly inherits?: 'AWS KMS' | 'S3 Object Lock';
  readonly judge: (value: Extract<Facts[F], { readonly seen: true }>['value'], facts: Facts) => Outcome;
}

/** A check as it came out. */
export interface Observation {
  readonly check: string;
  readonly asks: string;
  readonly method: Check['method'];
  readonly fact: FactName;
  readonly source: string;
  readonly collectedAt: EpochMs;
  /** From then on it is no evidence any more. */
  readonly expiresAt: EpochMs;
  readonly environment: 'emulated' | 'aws';
  readonly outcome: Outcome;
}

/** How long an observation is taken for evidence: the report runs daily, and one may be missed. */
const EVIDENCE_VALID_MS: number = 48 * 3_600_000;

export const holds = (says: string, figures?: Outcome['figures']): Outcome => ({
  result: 'holds',
  says,
  ...(figures === undefined ? {} : { figures }),
});
export const fails = (says: string, figures?: Outcome['figures']): Outcome => ({
  result: 'fails',
  says,
  ...(figures === undefined ? {} : { figures }),
});
export const unseen = (says: string): Outcome => ({ result: 'unseen', says });

/** Holds where nothing is left that should not be; otherwise names the first few. */
export function none(wrong: readonly string[], ifNone: string, what: string): Outcome {
  const figures = { wrong: wrong.length };
  if (wrong.length === 0) return holds(ifNone, figures);
  const more = wrong.length > 3 ? ` and ${wrong.length - 3} more` : '';
  return fails(`${what}: ${wrong.slice(0, 3).join(', ')}${more}`, figures);
}

/** Nothing was there to judge: absence of evidence is never a pass. */
export const missing = (what: string): Outcome => fails(`no ${what} was found`);

/** Types a check by the fact it judges, and forgets the type in the list of all. */
export const check = <F extends FactName>(one: Check<F>): Check => one as unknown as Check;

/** Answers one check. Evidence of an emulator cannot show what is inherited from AWS. */
export function observe(one: Check, facts: Facts): Observation {
  const fact = facts[one.fact];
  const judged = fact.seen ? one.judge(fact.value as never, facts) : unseen(`cannot see: ${fact.reason}`);
  const outcome =
    facts.environment.emulated && one.inherits !== undefined && judged.result === 'holds'
      ? unseen(`made on an emulator, which shows nothing of ${one.inherits}. ${judged.says}`)
      : judged;
  return {
    check: one.id,
    asks: one.asks,
    method: one.method,
    fact: one.fact,
    source: fact.source,
    collectedAt: fact.seen ? fact.at : facts.now,
    expiresAt: facts.now + EVIDENCE_VALID_MS,
    environment: facts.environment.emulated ? 'emulated' : 'aws',
    outcome,
  };
}
