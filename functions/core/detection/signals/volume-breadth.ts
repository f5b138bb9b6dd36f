import { rateAt } from '../baseline.ts';
import { surprise } from '../counts.ts';
import { SEQUENCE_MS } from '../evidence.ts';
import type { Fire } from './seen.ts';

const FEWEST = 5;
const MOST = 6;

/**
 * B5: many distinct secrets in one hour that are not the credential's own. A Terraform refresh does that too, again
 * and again: only more than its own most, with a quarter to spare, is a surprise.
 */
export const breadth: Fire = ({ obs, own, standing }) => {
  const count = standing.secrets.size;
  if (obs.act.kind !== 'read-secret' || count < FEWEST) return undefined;
  const rate = rateAt(own.secrets, obs.at);
  if (count <= rate.most * 1.25 + 2) return undefined;
  return {
    weight: Math.min(MOST, surprise(count, rate.events, rate.hours)),
    says: `${count} secrets not its own within an hour, at most ${Math.round(rate.most)} before`,
    about: 'secrets',
    halfLifeMs: SEQUENCE_MS,
  };
};
