import type { Baseline, Habit } from '../baseline.ts';
import { knows, singlesAt, slotsAt } from '../baseline.ts';
import type { Binding, Contracts, SecretContract } from '../contract.ts';
import type { Hit } from '../evidence.ts';
import type { Address } from '../network.ts';
import { noveltyWeight } from '../novelty.ts';
import type { Observation } from '../observation.ts';
import type { Place } from '../place.ts';
import type { Standing } from '../standing.ts';

/** All that a signal is judged from. Signals read it and never change it. */
export interface Seen {
  readonly obs: Observation;
  readonly address: Address;
  readonly place: Place | undefined;
  /** What is usual for the credential; of a role's session, for the role. */
  readonly own: Baseline;
  /** What is usual for those that do the same job; the same as `own` where there are none. */
  readonly peers: Baseline;
  readonly standing: Standing;
  readonly binding: Binding | undefined;
  readonly secret: SecretContract | undefined;
  readonly contracts: Contracts;
  readonly exempt: boolean;
}

/** A signal: pure, and silent for nearly everything. */
export type Fire = (seen: Seen) => Hit | undefined;

/** What a value already known to its peers is worth at most: a colleague's network is no stranger's. */
const PEER_CAP = 1;

/** How heavily a value speaks for an attack by being new to the credential; 0 where it is known or empty. */
export function novelty(seen: Seen, habit: Habit, value: string, pAttack: number): number {
  const { own, peers, obs } = seen;
  if (value === '' || knows(own, habit, value)) return 0;
  const weight = noveltyWeight(singlesAt(own, habit, obs.at), slotsAt(own, obs.at), pAttack);
  return knows(peers, habit, value) ? Math.min(PEER_CAP, weight) : weight;
}

/** Who acted, in words. */
export const whoIn = ({ obs }: Seen): string => obs.principal || obs.credential;

/** Against what a novelty is measured, in words. */
export const historyIn = ({ own }: Seen): string =>
  own.activity.slots === 1 ? '1 active spell' : `${own.activity.slots} active spells`;
