import { SEQUENCE_MS } from '../evidence.ts';
import { type Fire, novelty } from './seen.ts';

const MOST = 3;
const WHO_AM_I = 1.5;
const WHO_AM_I_API = 'sts:GetCallerIdentity';

/**
 * B8: the order in which a thief goes about it: first asks whose key this is, or lists secrets as the credential
 * never did and then reads one.
 */
export const order: Fire = (seen) => {
  const { obs, standing } = seen;
  if (obs.api === WHO_AM_I_API && standing.firstAt === obs.at) {
    const weight = Math.min(WHO_AM_I, novelty(seen, 'api', obs.api, 0.6));
    if (weight <= 0) return undefined;
    return {
      weight,
      says: 'its first call asked whose credential it is, which its principal never did',
      about: 'first',
      halfLifeMs: SEQUENCE_MS,
    };
  }
  if (obs.act.kind !== 'read-secret' && obs.act.kind !== 'read-batch') return undefined;
  if (standing.listed === undefined || obs.at - standing.listed.at > SEQUENCE_MS) return undefined;
  return {
    weight: Math.min(MOST, standing.listed.weight),
    says: 'listed secrets for the first time, then read one',
    about: 'list then read',
    halfLifeMs: SEQUENCE_MS,
  };
};
