import type { EpochMs } from '../records.ts';
import type { Rung } from '../response/ladder.ts';
import type { Evidence } from './evidence.ts';
import type { CredentialKind } from './fact.ts';

/** Where a credential was seen lately, for B4. */
export interface Sojourn {
  readonly at: EpochMs;
  readonly asn: string;
  readonly lat: number;
  readonly lon: number;
}

/** The highest rung that a credential has reached, and by what. */
export interface Reached {
  readonly rung: Rung;
  readonly at: EpochMs;
  readonly posterior: number;
  readonly evidence: readonly Evidence[];
  /** What was seen when it did, by which the breaker knows a common cause. */
  readonly network: string;
  readonly client: string;
}

/** What one credential is doing now, as far as signals ask; mutable, like the baseline beside it. */
export interface Standing {
  readonly credential: string;
  readonly kind: CredentialKind;
  readonly principal: string;
  readonly owner: string;
  readonly firstAt: EpochMs;
  readonly evidence: Map<string, Evidence>;
  /** Of the present hour. */
  secrets: ReadonlySet<string>;
  denied: ReadonlySet<string>;
  batchRegions: ReadonlySet<string>;
  /** A list of secrets that was new for the credential: when, and how heavy that novelty was. */
  listed: { readonly at: EpochMs; readonly weight: number } | undefined;
  readonly sojourns: Sojourn[];
  reached: Reached | undefined;
}

export const SOJOURNS_MOST = 8;

/** Values that an hour's set keeps; more than this many is as many. */
export const HOUR_SET_MOST = 256;

export const HOUR_MS = 3_600_000;

export const hourOf = (at: EpochMs): number => Math.floor(at / HOUR_MS);

const NONE: ReadonlySet<string> = new Set();

export const newStanding = (
  who: Pick<Standing, 'credential' | 'kind' | 'principal' | 'owner'>,
  at: EpochMs,
): Standing => ({
  ...who,
  firstAt: at,
  evidence: new Map(),
  secrets: NONE,
  denied: NONE,
  batchRegions: NONE,
  listed: undefined,
  sojourns: [],
  reached: undefined,
});
