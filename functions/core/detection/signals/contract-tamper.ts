import { knows } from '../baseline.ts';
import { CONTRACT_MS } from '../evidence.ts';
import { type Fire, type Seen, whoIn } from './seen.ts';

/**
 * T0-6: hands on what watches over credentials. Turning the watch off, or moving the labels or removing the
 * policy of a secret under contract, counts always; changing it only where the
 * credential never did so before, and as an alert, since deployments change it too. A role of ours in a session
 * that is none of ours is an alert.
 */
export const tamper: Fire = (seen) => {
  const { obs, own, exempt, binding, secret, contracts } = seen;
  if (!exempt && contracts.isOurs(obs.principal)) return disguised(seen);
  if (exempt || obs.act.kind !== 'tamper') return undefined;
  const { what, plane } = obs.act;
  const grave = obs.act.grave || secret !== undefined;
  if (!grave && knows(own, 'api', obs.api)) return undefined;
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `${whoIn(seen)} ${obs.refused ? 'tried and was refused: ' : ''}${what}`,
    about: `${plane} ${what}`,
    halfLifeMs: CONTRACT_MS,
    weak: !grave || obs.refused || binding?.breakGlass === true,
  };
};

const disguised = (seen: Seen): ReturnType<Fire> => ({
  weight: Number.POSITIVE_INFINITY,
  says: `somebody who is not our function used its role ${whoIn(seen)} for ${seen.obs.api}`,
  about: whoIn(seen),
  halfLifeMs: CONTRACT_MS,
  weak: true,
});
