import { CONTRACT_MS } from '../evidence.ts';
import { type Fire, type Seen, whoIn } from './seen.ts';

/**
 * T0-3: a secret read by a principal that it does not name. Refused, or by the break-glass role: an alert. So is a
 * service that reads for itself, or another account: whom to keep out is not known, nor whether a declared reader of
 * that account is behind it. A role of ours is no stranger to be kept out; T0-6 speaks of it.
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
    weak: obs.refused || binding?.breakGlass === true || isNameless(obs),
  };
};

const isNameless = ({ kind, principal }: Seen['obs']): boolean =>
  kind === 'secret-reader' && !principal.startsWith('arn:');
