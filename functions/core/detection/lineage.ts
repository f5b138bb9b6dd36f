import type { Inheritance, World } from './judge-group.ts';
import type { Observation } from './observation.ts';
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
