import type { ResponsePolicy } from '../../response/policy.ts';
import type { DeployedSettings } from '../facts.ts';

/** The lowest NIST baseline that holds the control; `-`: none does. */
export type Baseline = 'L' | 'M' | 'H' | '-';

/** Whose work it is. */
export type Responsibility = 'tokenward' | 'aws' | 'organisation';

/**
 * What is claimed. `partial`: some of it, and the reason says what is missing. `inherited`: AWS does it. `not-claimed`:
 * it could be, and is not. Only `implemented` and `inherited` can be found satisfied.
 */
export type Status =
  | 'implemented'
  | 'partial'
  | 'inherited'
  | 'not-applicable'
  | 'organisation'
  | 'not-claimed';

/** An organisation-defined parameter with the value that the code works with. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
}

/** One control of SP 800-53 Rev 5, in our words. */
export interface Control {
  /** `AC-2(3)`. */
  readonly id: string;
  readonly title: string;
  readonly baseline: Baseline;
  readonly requirement: string;
  readonly statement: string;
  readonly responsibility: readonly Responsibility[];
  readonly status: Status;
  /** Demanded unless `implemented`. */
  readonly reason?: string;
  /** Where a setting makes it `implemented`. */
  readonly implementedWhen?: (settings: DeployedSettings) => boolean;
  /** Read from the code that uses them. No owner has signed any: they are proposed. */
  readonly parameters?: (settings: DeployedSettings) => readonly Parameter[];
  /** Files of this repository. */
  readonly code: readonly string[];
  readonly tests: readonly string[];
  /** Ids of checks; all must hold. */
  readonly evidence: readonly string[];
}

/** What is claimed under these settings. */
export const statusOf = (control: Control, settings: DeployedSettings): Status =>
  control.implementedWhen?.(settings) === true ? 'implemented' : control.status;

/** The id as OSCAL has it: `AC-2(3)` → `ac-2.3`. */
export const oscalId = (id: string): string => id.toLowerCase().replace('(', '.').replace(')', '');

/** A span as people say it. */
export function spanOf(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const;
  const [name, size] = units.find(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1];
  const count = ms / size;
  return name === 'ms' ? `${count} ms` : `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** The breaker’s budget as people say it; `infra/tokens.ts` may say another. */
export const budgetOf = ({ breaker }: ResponsePolicy): string =>
  `the larger of ${breaker.least} and ${breaker.share * 100} % of the active credentials in ${breaker.windowMinutes} minutes, unless infra/tokens.ts says otherwise`;
