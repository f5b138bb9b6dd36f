import { PRESENCE_MS } from '../evidence.ts';
import { type Fire, historyIn, novelty } from './seen.ts';

const MOST = 2.5;
const OUTSIDE_BINDING = 2;

/** B2: a region that the credential never called; outside its binding it weighs even without a history. */
export const newRegion: Fire = (seen) => {
  const { region } = seen.obs;
  const declared = seen.binding?.regions ?? [];
  const breach = declared.length > 0 && region !== '' && region !== 'us-east-1' && !declared.includes(region);
  const fresh = novelty(seen, 'region', region, 0.4);
  const weight = Math.min(MOST, Math.max(fresh, breach ? OUTSIDE_BINDING : 0));
  if (weight <= 0) return undefined;
  return {
    weight,
    says: breach ? `region ${region}, outside its binding` : `first region ${region} in ${historyIn(seen)}`,
    about: region,
    halfLifeMs: PRESENCE_MS,
  };
};
