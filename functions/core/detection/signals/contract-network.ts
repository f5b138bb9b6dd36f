import type { Binding } from '../contract.ts';
import { CONTRACT_MS } from '../evidence.ts';
import type { Fire, Seen } from './seen.ts';

/**
 * T0-4: used from outside the networks that were promised. Only an address or endpoint of the client's own counts;
 * a fact has no other. Refused: an alert. What our own verifier refused for its network is the token's value in
 * strange hands: that counts whole.
 */
export const outside: Fire = (seen) => {
  const { obs, contracts } = seen;
  const bound = placeOf(seen);
  if (bound === undefined || obs.network === '') return undefined;
  const presented = obs.act.kind === 'presented' && obs.act.reason === 'network';
  if (!presented && contracts.within(bound, obs.network)) return undefined;
  const what = presented ? `the genuine token ${obs.credential} presented` : obs.api;
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `${what} from ${obs.network}, outside ${bound.networks.slice(0, 4).join(', ')}`,
    about: obs.network,
    halfLifeMs: CONTRACT_MS,
    weak: obs.refused && !presented,
  };
};

/** Of a secret that says from where, its readers' reads are held to that; all else to the credential's binding. */
function placeOf({ obs, secret, binding, contracts }: Seen): Binding | undefined {
  if (obs.act.kind !== 'read-secret' || secret?.readFrom === undefined) return binding;
  return contracts.reads(secret, obs.credential, obs.principal) ? secret.readFrom : undefined;
}
