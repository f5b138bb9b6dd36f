import { CONTRACT_MS } from '../evidence.ts';
import type { Fire } from './seen.ts';

/**
 * T0-4: used from outside the networks that were promised. Only an address or endpoint of the client's own counts;
 * a fact has no other. Refused: an alert.
 */
export const outside: Fire = ({ obs, binding, contracts }) => {
  if (binding === undefined || obs.network === '' || contracts.within(binding, obs.network)) return undefined;
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `${obs.api} from ${obs.network}, outside ${binding.networks.slice(0, 4).join(', ')}`,
    about: obs.network,
    halfLifeMs: CONTRACT_MS,
    weak: obs.refused,
  };
};
