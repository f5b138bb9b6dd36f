import type { EpochMs } from '../records.ts';
import type { Inheritance, World } from './judge-group.ts';
import { compareObservations, type Observation } from './observation.ts';
import type { Place } from './place.ts';
import { inherited } from './signals/contract-lineage.ts';
import type { Reached } from './standing.ts';

/** A thief may mint before the evidence is complete. */
const BEFORE_MS = 2 * 3_600_000;

/**
 * What a credential inherits from the one that minted it (T0-5); `undefined` where its parent is no suspect, or became
 * one much later.
 */
export function legacyOf(
  mint: Observation,
  reached: Reached | undefined,
  { policy, atlas }: Pick<World, 'policy' | 'atlas'>,
): Inheritance | undefined {
  if (reached === undefined || mint.last < reached.at - BEFORE_MS) return undefined;
  const place: Place | undefined =
    mint.network === '' || mint.network.startsWith('vpce-') ? undefined : atlas(mint.network);
  const hit = inherited(mint.credential, reached, mint, place);
  return {
    at: Math.max(mint.at, reached.at),
    // The engine caps it at as much, and JSON has no infinity.
    hit: { ...hit, weight: Math.min(hit.weight, policy.contractWeight) },
    eventId: mint.eventId,
  };
}

/** Whether a fact shows another credential come into being. */
export const isMint = ({ act, refused }: Pick<Observation, 'act' | 'refused'>): boolean =>
  act.kind === 'mint' && act.minted !== '' && !refused;

/** How many of a credential's mints are kept. */
const MINTS_MOST = 64;

/** A role's session lasts twelve hours at the most (STS AssumeRole, DurationSeconds). */
const ROLE_SESSION_MS = 12 * 3_600_000;

/**
 * What a credential minted, with one more of it: each once, in order of time. Where there are too many, the earliest of
 * those whose target is named again goes first: what a human denies are roles, not single sessions of them.
 */
export function withMint(mints: readonly Observation[], mint: Observation): readonly Observation[] {
  if (mints.some((known) => mintedIn(known) === mintedIn(mint))) return mints;
  const all = [...mints, mint].sort(compareObservations);
  if (all.length <= MINTS_MOST) return all;
  const repeated = all.findIndex((one, at) =>
    all.slice(at + 1).some((other) => targetIn(other) === targetIn(one)),
  );
  return all.toSpliced(Math.max(0, repeated), 1);
}

/** The access key id that came of a mint; empty where none did. */
export const mintedIn = ({ act }: Pick<Observation, 'act'>): string =>
  act.kind === 'mint' ? act.minted : '';

const targetIn = ({ act }: Observation): string => (act.kind === 'mint' ? `${act.how} ${act.target}` : '');

/** A role's session that came of a mint and may still be open, as a human looks for it; `undefined`: none. */
export const openSession = ({ act, last }: Observation, now: EpochMs): string | undefined =>
  act.kind === 'mint' && act.how === 'role' && last > now - ROLE_SESSION_MS
    ? `${act.target} (${act.minted})`
    : undefined;
