import { CONTRACT_MS } from '../evidence.ts';
import type { Fire } from './seen.ts';

/** T0-7: AWS found the key in public and marked its user. Never held, never muted. */
export const exposed: Fire = ({ obs }) =>
  obs.act.kind === 'exposed'
    ? {
        weight: Number.POSITIVE_INFINITY,
        says: `AWS marked ${obs.principal} as exposed by ${obs.act.mark}`,
        about: obs.principal,
        halfLifeMs: CONTRACT_MS,
      }
    : undefined;
