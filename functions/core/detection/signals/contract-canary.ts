import { CONTRACT_MS } from '../evidence.ts';
import type { Fire } from './seen.ts';

/** T0-1: anything a canary key does, and anything done with a canary secret, success or failure. */
export const canary: Fire = ({ obs, binding, secret, exempt }) => {
  if (exempt) return undefined;
  const touched =
    binding?.canary === true ? obs.credential : secret?.canary === true ? secret.secret : undefined;
  if (touched === undefined) return undefined;
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `${obs.api} touched the canary ${touched}, which nobody has a reason to`,
    about: touched,
    halfLifeMs: CONTRACT_MS,
  };
};
