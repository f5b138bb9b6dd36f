import type { EpochMs } from '../records.ts';
import { type EvidenceFamily, FAMILIES, type SignalId } from './catalogue.ts';
import { remaining } from './decay.ts';

/** What a signal says when it fires. */
export interface Hit {
  /** Nats that it speaks for an attack. */
  readonly weight: number;
  /** What was seen, against what, in words. */
  readonly says: string;
  /** What tells this piece of evidence from others of the signal: the same once more adds nothing. */
  readonly about: string;
  readonly halfLifeMs: number;
  /** Worth an alert at most, whatever the policy's rung. */
  readonly weak?: boolean;
}

/** How long evidence of a sequence lasts, and of a network or a client; a broken contract lasts. */
export const SEQUENCE_MS: number = 30 * 60_000;
export const PRESENCE_MS: number = 24 * 3_600_000;
export const CONTRACT_MS: number = 30 * 24 * 3_600_000;

/** One piece of evidence as it is kept. */
export interface Evidence {
  readonly signal: SignalId;
  readonly family: EvidenceFamily;
  readonly weight: number;
  /** When it was first seen. */
  readonly since: EpochMs;
  /** When it was last seen; decay counts from then. */
  readonly at: EpochMs;
  readonly halfLifeMs: number;
  readonly weak: boolean;
  readonly says: string;
  readonly about: string;
  readonly eventIds: readonly string[];
}

const EVENT_IDS_MOST = 8;

/** The same piece of evidence once more: the heavier, the later, and both events' ids; no order matters. */
export function mergeEvidence(one: Evidence, other: Evidence): Evidence {
  const heavier = one.weight > other.weight || (one.weight === other.weight && one.says <= other.says);
  const eventIds = [...new Set([...one.eventIds, ...other.eventIds])].sort().slice(0, EVENT_IDS_MOST);
  return {
    ...(heavier ? one : other),
    since: Math.min(one.since, other.since),
    at: Math.max(one.at, other.at),
    eventIds,
  };
}

export type Caps = Readonly<Record<EvidenceFamily, number>>;

/** How sure, and by how many independent families. */
export interface Score {
  readonly logOdds: number;
  readonly posterior: number;
  /** Families that speak for an attack with at least one nat. */
  readonly families: number;
}

/** logit(prior) plus each family's capped sum of decayed weights, at a time. */
export function scoreOf(evidence: Iterable<Evidence>, now: EpochMs, prior: number, caps: Caps): Score {
  const sums = new Map<EvidenceFamily, number>();
  for (const { family, weight, at, halfLifeMs } of evidence) {
    sums.set(family, (sums.get(family) ?? 0) + weight * remaining(at, now, halfLifeMs));
  }
  let logOdds = Math.log(prior / (1 - prior));
  let families = 0;
  for (const family of FAMILIES) {
    const sum = Math.min(caps[family], sums.get(family) ?? 0);
    logOdds += sum;
    if (sum >= 1) families++;
  }
  return { logOdds, posterior: 1 / (1 + Math.exp(-logOdds)), families };
}
