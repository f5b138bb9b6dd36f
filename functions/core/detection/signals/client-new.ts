import { knows } from '../baseline.ts';
import { PRESENCE_MS } from '../evidence.ts';
import { type Fire, historyIn, novelty } from './seen.ts';

const MOST = 4;
const OUTSIDE_BINDING = 3;
const ATTACK_TOOL = 4;

/** B3: a client family that the credential never used, is not bound to, or that is made for attack. */
export const newClient: Fire = (seen) => {
  const { client } = seen.obs;
  if (client === '' || knows(seen.own, 'client', client)) return undefined;
  const promised = seen.binding?.clientFamily?.toLowerCase() ?? null;
  const breach = promised !== null && client !== promised && !client.startsWith(`${promised}/`);
  const attack = client.startsWith('attack:');
  const weight = Math.min(
    MOST,
    Math.max(novelty(seen, 'client', client, 0.7), breach ? OUTSIDE_BINDING : 0, attack ? ATTACK_TOOL : 0),
  );
  if (weight <= 0) return undefined;
  return {
    weight,
    says: breach
      ? `client ${client}, where ${promised} was promised`
      : `first client ${client} in ${historyIn(seen)}`,
    about: 'client',
    halfLifeMs: PRESENCE_MS,
  };
};
