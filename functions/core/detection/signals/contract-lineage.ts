import { CONTRACT_MS, type Hit } from '../evidence.ts';
import { addressOf } from '../network.ts';
import type { Observation } from '../observation.ts';
import type { Place } from '../place.ts';
import type { Reached } from '../standing.ts';

/**
 * T0-5: what a suspect minted is as suspect as it was: the thief's next credential. A parent that was only worth an
 * alert makes its child worth one; so does a mint from another network or client than those that made it a suspect,
 * since the owner of a stolen key goes on working.
 */
export function inherited(
  parent: string,
  reached: Reached,
  mint: Observation,
  place: Place | undefined,
): Hit {
  const { asn, prefix, vpce } = addressOf(mint.network, place);
  const alike = (asn || prefix || vpce) === reached.network && mint.client === reached.client;
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `minted by ${parent} through ${mint.api}, which had reached ${reached.rung}`,
    about: parent,
    halfLifeMs: CONTRACT_MS,
    weak: reached.rung === 'alert' || !alike,
  };
}
