import { type Baseline, emptyBaseline } from '#core/detection/baseline.ts';
import { type Binding, type Contracts, NO_CONTRACTS, type SecretContract } from '#core/detection/contract.ts';
import { learn } from '#core/detection/learn.ts';
import { addressOf } from '#core/detection/network.ts';
import type { Observation } from '#core/detection/observation.ts';
import type { Place } from '#core/detection/place.ts';
import type { Seen } from '#core/detection/signals/seen.ts';
import { newStanding, type Standing } from '#core/detection/standing.ts';
import { DAY, HOUR, NOW } from '../builders.ts';

export const KEY = 'AKIAEXAMPLE000000001';
export const USER = 'arn:aws:iam::111122223333:user/ann';
export const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf';
export const SECRET_NAME = '111122223333/eu-west-1/orders';

/** One plain call of Ann's key from her network. */
export const obs = (part: Partial<Observation> = {}): Observation => ({
  eventId: 'event-1',
  at: NOW,
  last: part.at ?? NOW,
  account: '111122223333',
  region: 'eu-west-1',
  api: 's3:GetObject',
  credential: KEY,
  kind: 'iam-access-key',
  principal: USER,
  session: '',
  delivery: '',
  network: '203.0.113.7',
  client: 'boto3/linux/python',
  refused: false,
  act: { kind: 'plain' },
  ...part,
});

export const read = (secret: string = SECRET_NAME, part: Partial<Observation> = {}): Observation =>
  obs({
    api: 'secretsmanager:GetSecretValue',
    act: { kind: 'read-secret', secret, versionId: '' },
    ...part,
  });

export const binding = (part: Partial<Binding> = {}): Binding => ({
  credential: KEY,
  principal: USER,
  owner: 'orders-team',
  secrets: [],
  networks: [],
  regions: [],
  clientFamily: null,
  criticality: 'standard',
  canary: false,
  peerGroup: '',
  breakGlass: false,
  ...part,
});

export const contract = (part: Partial<SecretContract> = {}): SecretContract => ({
  secret: SECRET,
  readers: [USER],
  canary: false,
  owner: 'orders-team',
  currentVersion: 'v2',
  versions: [],
  ...part,
});

/** Habits of a credential that did the same thing every hour for some days before now. */
export function habits(days: number, part: Partial<Observation> = {}, place?: Place): Baseline {
  const baseline = emptyBaseline();
  for (let at = NOW - days * DAY; at < NOW; at += HOUR) {
    const one = obs({ ...part, at });
    learn(baseline, one, addressOf(one.network, place));
  }
  return baseline;
}

/** What a signal sees; without habits and promises unless they are given. */
export function seen(
  observation: Observation,
  part: Partial<Omit<Seen, 'obs' | 'contracts'>> & { readonly contracts?: Contracts } = {},
): Seen {
  const own = part.own ?? emptyBaseline();
  return {
    obs: observation,
    address: addressOf(observation.network, part.place),
    place: undefined,
    own,
    peers: own,
    standing: standing(observation),
    binding: undefined,
    secret: undefined,
    contracts: NO_CONTRACTS,
    exempt: false,
    ...part,
  };
}

export const standing = (observation: Observation = obs()): Standing =>
  newStanding({ ...observation, owner: '' }, observation.at);

/** One observation taken into habits. */
export function learnOne(baseline: Baseline, part: Partial<Observation>, place?: Place): void {
  const one = obs(part);
  learn(baseline, one, addressOf(one.network, place));
}
