import { CONTRACT_MS } from '../evidence.ts';
import { type Fire, whoIn } from './seen.ts';

/**
 * T0-3: a secret read by a principal that it does not name. Refused, or by the break-glass role: an alert. A role of
 * ours is no stranger to be kept out; T0-6 speaks of it.
 */
export const unbound: Fire = (seen) => {
  const { obs, secret, contracts, exempt, binding } = seen;
  if (exempt || secret === undefined || obs.act.kind !== 'read-secret') return undefined;
  if (contracts.reads(secret, obs.credential, obs.principal) || contracts.isOurs(obs.principal))
    return undefined;
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `${whoIn(seen)} ${obs.refused ? 'tried to read' : 'read'} ${secret.secret}; it is none of its ${secret.readers.length} readers`,
    about: secret.secret,
    halfLifeMs: CONTRACT_MS,
    weak: obs.refused || binding?.breakGlass === true,
  };
};
