import { knows } from '../baseline.ts';
import { PRESENCE_MS } from '../evidence.ts';
import { type Fire, whoIn } from './seen.ts';

const NEW = 3;
const USUAL = 0.5;

/** B11: privilege or a foothold gained, and not refused. An administrator who always does so is worth little. */
export const privilege: Fire = (seen) => {
  const { obs, own } = seen;
  if (obs.refused) return undefined;
  const what =
    obs.act.kind === 'privilege'
      ? obs.act.what
      : obs.act.kind === 'mint' && obs.act.how === 'access-key'
        ? `made an access key${obs.act.target === '' ? '' : ` of ${obs.act.target}`}`
        : undefined;
  if (what === undefined) return undefined;
  return {
    weight: knows(own, 'api', obs.api) ? USUAL : NEW,
    says: `${whoIn(seen)} ${what}`,
    about: what,
    halfLifeMs: PRESENCE_MS,
  };
};
