import { knows, slotsAt } from '../baseline.ts';
import { CONTRACT_MS } from '../evidence.ts';
import type { Fire, Seen } from './seen.ts';

const DESKTOP = /\/(?:macos|windows)(?:\/|$)|^browser/;

/** Fewer active spells than this say nothing about what a role's hosts are. */
const ENOUGH_SLOTS = 6;

/**
 * T0-8: the session of an instance or a function, used by a tool for attack or from a desktop system. Windows
 * instances are real: a family that the role had before does not count, and without a history it is an alert.
 */
export const machine: Fire = (seen) => {
  const { obs, own } = seen;
  if (obs.kind !== 'role-session' || !ofMachine(seen)) return undefined;
  const attack = obs.client.startsWith('attack:');
  if (!attack && (!DESKTOP.test(obs.client) || knows(own, 'client', obs.client))) return undefined;
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `a session of a machine's role, used by ${obs.client}`,
    about: obs.client,
    halfLifeMs: CONTRACT_MS,
    weak: !attack && slotsAt(own, obs.at) < ENOUGH_SLOTS,
  };
};

/** Delivered to an instance, or of a role whose every client so far was a function. */
function ofMachine({ obs, own }: Seen): boolean {
  if (obs.delivery !== '') return true;
  const clients = [...own.habits.client.keys()];
  return clients.length > 0 && clients.every((client) => client.includes('/lambda'));
}
