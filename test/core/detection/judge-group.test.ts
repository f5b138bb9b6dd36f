import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignalId } from '#core/detection/catalogue.ts';
import { indexContracts, NO_CONTRACTS } from '#core/detection/contract.ts';
import { type Evidence, mergeEvidence, scoreOf } from '#core/detection/evidence.ts';
import {
  emptyGroup,
  type GroupState,
  groupOf,
  type Inheritance,
  judgeObservation,
  type World,
} from '#core/detection/judge-group.ts';
import {
  compareObservations,
  foldObservations,
  type Observation,
  observationKey,
  observationOf,
} from '#core/detection/observation.ts';
import { NO_ATLAS, type Place } from '#core/detection/place.ts';
import { inherited } from '#core/detection/signals/contract-lineage.ts';
import type { Standing } from '#core/detection/standing.ts';
import { ruleSetOf, sentenceOf, verdictOf } from '#core/detection/verdict.ts';
import { DEFAULT_LADDER, REPLAY_LADDER } from '#core/response/ladder.ts';
import { DAY, HOUR, MINUTE, NOW } from '../builders.ts';
import { binding, contract, KEY, obs, read, SECRET, SECRET_NAME, USER } from './observations.ts';

const HOME: Place = { asn: 'AS64500', country: 'DE', lat: 52.5, lon: 13.4 };
const AWAY: Place = { asn: 'AS64510', country: 'JP', lat: 35.7, lon: 139.7 };
const atlas = (ip: string): Place | undefined => (ip.startsWith('203.') ? HOME : AWAY);

const world = (part: Partial<World> = {}): World => ({
  policy: REPLAY_LADDER,
  contracts: NO_CONTRACTS,
  atlas,
  ...part,
});

function judged(observations: readonly Observation[], by: World = world(), legacy?: Inheritance): GroupState {
  const state = emptyGroup();
  for (const each of [...observations].sort(compareObservations)) judgeObservation(state, each, by, legacy);
  return state;
}

const of = (state: GroupState, credential = KEY): Standing => {
  const found = [...state.standings.values()].find((standing) => standing.credential === credential);
  if (found === undefined) throw new Error(`${credential} was not seen`);
  return found;
};

const ROLE = 'arn:aws:iam::111122223333:role/orders';
const OTHER = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:prices-AbCdEf';

const rung = (state: GroupState, credential = KEY): string => of(state, credential).reached?.rung ?? 'none';
const signals = (state: GroupState): readonly SignalId[] =>
  of(state).reached?.evidence.map(({ signal }) => signal) ?? [];

/** A month of one call an hour. */
const MONTH = Array.from({ length: 720 }, (_, hour) =>
  obs({ at: NOW - (720 - hour) * HOUR, eventId: `old-${hour}` }),
);

const STOLEN = { network: '198.51.100.9', client: 'aws-cli/linux/python' };

describe('a key and its habits', () => {
  it('reaches nothing by doing what it always did', () => {
    expect(rung(judged([...MONTH, obs()]))).toBe('none');
    expect(rung(judged([obs(STOLEN)]))).toBe('none');
  });

  it('is never suspended for its network alone, but when the client is new too', () => {
    expect(rung(judged([...MONTH, obs({ network: STOLEN.network })]))).not.toBe('suspend');
    const state = judged([...MONTH, obs(STOLEN)]);
    expect(rung(state)).toBe('suspend');
    expect(signals(state)).toEqual(expect.arrayContaining(['B1', 'B3']));
    expect(of(state).reached).toMatchObject({ network: 'AS64510', client: 'aws-cli/linux/python', at: NOW });
  });

  it('is never suspended by habits where tier 1 is alert-only, as it ships', () => {
    expect(rung(judged([...MONTH, obs(STOLEN)], world({ policy: DEFAULT_LADDER })))).toBe('alert');
  });

  it('learns nothing while it stands above alert', () => {
    const later = Array.from({ length: 48 }, (_, index) =>
      obs({ ...STOLEN, at: NOW + index * 10 * MINUTE, eventId: `thief-${index}` }),
    );
    const state = judged([...MONTH, ...later]);
    expect([...(state.subjects.get(KEY)?.habits.country.keys() ?? [])]).toEqual(['DE']);
  });

  it('forgets evidence that has decayed', () => {
    const state = judged([
      ...MONTH,
      obs({ api: 'sqs:ListQueues' }),
      obs({ at: NOW + 3 * DAY, eventId: 'later' }),
    ]);
    expect([...of(state).evidence.values()].some(({ about }) => about === 'sqs:ListQueues')).toBe(false);
  });

  it('works without a geo file, and keeps the rung that it has reached', () => {
    const state = judged(
      [...MONTH, obs(STOLEN), obs({ at: NOW + 9 * DAY, eventId: 'later' })],
      world({ atlas: NO_ATLAS }),
    );
    expect(signals(state)).toContain('B1');
    expect(rung(state)).toBe('alert');
    expect(of(state).reached?.at).toBe(NOW);
  });
});

describe('a search', () => {
  it('sees secrets listed for the first time, then read', () => {
    const list = obs({ api: 'secretsmanager:ListSecrets', eventId: 'list' });
    const reads = Array.from({ length: 30 }, (_, index) =>
      read(`s${index}`, { at: NOW + index * 1_000, eventId: `read-${index}` }),
    );
    const state = judged([...MONTH, list, ...reads]);
    expect(signals(state)).toEqual(expect.arrayContaining(['B5', 'B8', 'B10']));
  });

  it('takes secrets listed, as ever, for nothing', () => {
    const usual = MONTH.map((each) => ({ ...each, api: 'secretsmanager:ListSecrets' }));
    expect(of(judged([...usual, obs({ api: 'secretsmanager:ListSecrets' })])).listed).toBeUndefined();
  });

  it('suspends on habits by their own threshold, whatever that of an alert', () => {
    const policy = { ...REPLAY_LADDER, alertAt: 0.999999 };
    expect(rung(judged([...MONTH, obs(STOLEN)], world({ policy })))).toBe('suspend');
  });

  it('remembers the places it was in lately', () => {
    const wandering = (ip: string): Place => ({ asn: `AS-${ip}`, lat: 1, lon: 1 });
    const moves = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10].map((place, index) =>
      obs({ network: `198.51.${place}.1`, at: NOW + index * HOUR, eventId: `m-${index}` }),
    );
    expect(of(judged(moves, world({ atlas: wandering }))).sojourns.map(({ asn }) => asn)).toEqual(
      [3, 4, 5, 6, 7, 8, 9, 10].map((place) => `AS-198.51.${place}.1`),
    );
  });

  it('counts a batch by filter and what is refused in the hour', () => {
    const batch = obs({
      api: 'secretsmanager:BatchGetSecretValue',
      act: { kind: 'read-batch', negated: true },
    });
    const denied = Array.from({ length: 300 }, (_, index) =>
      obs({ api: `x:${index}`, refused: true, at: NOW + index, eventId: `d-${index}` }),
    );
    const state = judged([...MONTH, batch, ...denied]);
    expect([of(state).batchRegions.size, of(state).denied.size]).toEqual([1, 256]);
    expect([...of(state).evidence.values()].map(({ signal }) => signal)).toContain('B7');
    expect(of(state).evidence.size).toBeLessThanOrEqual(32);
    const own = state.subjects.get(KEY);
    expect(own?.habits.api.has('secretsmanager:BatchGetSecretValue by filter')).toBe(true);
  });

  it('does not count secrets that are the credential’s own', () => {
    const contracts = indexContracts([], [contract()], []);
    const state = judged(
      [read(), read('other', { eventId: 'e2' }), obs({ refused: true, eventId: 'e3' })],
      world({ contracts }),
    );
    expect([...of(state).secrets]).toEqual(['other']);
    const undeclared = indexContracts([], [contract({ readers: [] })], []);
    expect(of(judged([read()], world({ contracts: undeclared }))).secrets.size).toBe(1);
  });
});

describe('contracts', () => {
  const canarySecret = indexContracts([], [contract({ canary: true })], []);
  it('revokes for a canary, and shows why in words and in data', () => {
    const by = world({ contracts: canarySecret });
    const state = judged([read()], by);
    const own = state.subjects.get(KEY) ?? state.peers;
    const verdict = verdictOf(of(state), own, ruleSetOf(by.policy));
    expect(verdict).toMatchObject({
      credential: KEY,
      kind: 'iam-access-key',
      principal: USER,
      rung: 'revoke',
      firstAt: NOW,
      at: NOW,
      evidence: [{ signal: 'T0-1', family: 'contract', eventIds: ['event-1'], weight: 12 }],
    });
    expect(verdict?.profileHash).toMatch(/^[0-9a-f]{64}$/);
    if (verdict === undefined) throw new Error('no verdict');
    expect(sentenceOf(verdict, false)).toBe(
      `${KEY} of ${USER}: canary touched: secretsmanager:GetSecretValue touched the canary ${SECRET}, which nobody has a reason to. 99.7 % sure. It would be revoked for good.`,
    );
    expect(sentenceOf({ ...verdict, rung: 'suspend', principal: '' }, true)).toContain(
      'of unknown: canary touched: secretsmanager:GetSecretValue touched the canary',
    );
    expect(sentenceOf({ ...verdict, rung: 'suspend' }, true)).toContain('Undo: tokenward release.');
    const five = Array.from({ length: 5 }, () => verdict.evidence[0] as Evidence);
    expect(sentenceOf({ ...verdict, evidence: five }, true)).toContain('(and 2 more)');
  });

  it('is an alert, and no more, for a contract nearly broken', () => {
    const contracts = indexContracts(
      [],
      [contract({ readers: [ROLE] }), contract({ secret: OTHER, canary: true })],
      [],
    );
    const tried = read(SECRET_NAME, { refused: true });
    expect(rung(judged([tried], world({ contracts })))).toBe('alert');
    const touched = read('111122223333/eu-west-1/prices', { eventId: 'e2' });
    expect(rung(judged([tried, touched], world({ contracts })))).toBe('revoke');
  });

  it('judges what KMS unwrapped', () => {
    const versions = [{ versionId: 'v1', currentFrom: 0, retiredAt: NOW - DAY, graceUntil: null }];
    const contracts = indexContracts([], [contract({ versions })], []);
    const decrypt = obs({ act: { kind: 'decrypt', secret: SECRET_NAME, versionId: 'v1' } });
    expect(rung(judged([decrypt], world({ contracts })))).toBe('suspend');
  });

  it('has no verdict on what reached nothing', () => {
    const state = judged([obs()]);
    expect(verdictOf(of(state), state.peers, 'x')).toBeUndefined();
  });

  it('suspends the keys of a user whom AWS marked, those seen later too', () => {
    const mark = obs({
      credential: USER,
      network: '',
      client: '',
      act: { kind: 'exposed', mark: 'AWSCompromisedKeyQuarantineV3' },
    });
    const other = obs({ credential: 'AKIAEXAMPLE000000002', at: NOW + HOUR, eventId: 'e2' });
    const session = obs({
      credential: 'ASIAEXAMPLE000000001',
      kind: 'role-session',
      at: NOW + HOUR,
      eventId: 'e3',
    });
    const earlier = obs({
      credential: 'ASIAEXAMPLE000000002',
      kind: 'role-session',
      at: NOW - HOUR,
      eventId: 'e4',
    });
    const state = judged([obs({ at: NOW - HOUR, eventId: 'e0' }), earlier, mark, other, session]);
    expect([rung(state), rung(state, 'AKIAEXAMPLE000000002')]).toEqual(['revoke', 'revoke']);
    expect(of(state).reached).toMatchObject({ at: NOW, network: '', client: '' });
    expect([rung(state, 'ASIAEXAMPLE000000001'), rung(state, 'ASIAEXAMPLE000000002')]).toEqual([
      'none',
      'none',
    ]);
  });

  it('inherits from what minted it', () => {
    const reached = {
      rung: 'suspend',
      at: NOW,
      posterior: 0.99,
      evidence: [],
      network: '',
      client: '',
    } as const;
    const legacy = {
      at: NOW + HOUR,
      hit: inherited('AKIAPARENT', reached, obs({ network: '', client: '' }), undefined),
      eventId: 'mint',
    };
    const state = judged([obs()], world(), legacy);
    expect(rung(state)).toBe('suspend');
    expect(of(state).reached?.at).toBe(NOW + HOUR);
  });
});

describe('a call whose authentication failed', () => {
  const claim = obs({ ...STOLEN, refused: true, act: { kind: 'claimed' } });
  it('proves nothing of a key, and nothing is learnt from it', () => {
    const state = judged([...MONTH, claim]);
    expect([rung(state), of(state).denied.size]).toEqual(['none', 0]);
    expect(state.subjects.get(KEY)?.habits.country.has('JP')).toBe(false);
  });
  it('is a canary touched all the same', () => {
    const contracts = indexContracts([binding({ canary: true })], [], []);
    expect(rung(judged([claim], world({ contracts })))).toBe('revoke');
  });
});

describe('groups', () => {
  const peers = [1, 2].map((index) =>
    binding({ credential: `AKIAEXAMPLE00000000${index}`, peerGroup: 'orders', owner: `team-${index}` }),
  );
  it('are a principal’s, a peer group’s, or a credential’s own', () => {
    const contracts = indexContracts(peers, [], []);
    expect(groupOf(obs(), contracts)).toBe('peers orders');
    expect(groupOf(obs({ credential: 'AKIAX' }), contracts)).toBe(USER);
    expect(groupOf(obs({ credential: 'AKIAX', principal: '' }), contracts)).toBe('AKIAX');
  });

  it('let a member learn what its peers do', () => {
    const contracts = indexContracts(peers, [], []);
    const second = 'AKIAEXAMPLE000000002';
    const colleague = MONTH.map((each) => ({ ...each, ...STOLEN, credential: second }));
    const state = judged([...MONTH, ...colleague, obs(STOLEN)], world({ contracts }));
    expect(rung(state)).toBe('none');
    expect(of(state, second).owner).toBe('team-2');
  });

  it('give the sessions of a role in a peer group their role’s habits', () => {
    const contracts = indexContracts([binding({ credential: ROLE, peerGroup: 'orders' })], [], []);
    const session = obs({ credential: 'ASIAEXAMPLE000000001', kind: 'role-session', principal: ROLE });
    expect([...judged([session], world({ contracts })).subjects.keys()]).toEqual([ROLE]);
  });
});

describe('verdicts do not depend on delivery', () => {
  it('folds the same observations into the same one', () => {
    expect(observationOf(obs())).toEqual(obs());
    const early = obs({ at: NOW, last: NOW });
    const late = obs({ at: NOW + 1, last: NOW + 1, eventId: 'event-0' });
    const same = obs({ at: NOW, last: NOW + 5, eventId: 'event-2' });
    expect(foldObservations(early, late)).toEqual(foldObservations(late, early));
    expect(foldObservations(early, same)).toEqual({ ...early, last: NOW + 5 });
    expect(foldObservations(same, early)).toEqual({ ...early, last: NOW + 5 });
  });

  it('tells different acts apart', () => {
    const acts: readonly Observation['act'][] = [
      { kind: 'plain' },
      { kind: 'read-secret', secret: 'a', versionId: '' },
      { kind: 'read-secret', secret: 'a', versionId: 'v' },
      { kind: 'decrypt', secret: 'a', versionId: '' },
      { kind: 'mint', how: 'role', minted: 'k', target: '' },
      { kind: 'read-batch', negated: true },
      { kind: 'read-batch', negated: false },
      { kind: 'claimed' },
      { kind: 'tamper', plane: 'trail', what: 'x', grave: true },
      { kind: 'tamper', plane: 'trail', what: 'x', grave: true, secret: 's' },
      { kind: 'privilege', what: 'x' },
      { kind: 'exposed', mark: 'x' },
    ];
    const keys = [...acts.map((act) => obs({ act })), obs({ refused: true })].map(observationKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('orders what happened at once by what it is', () => {
    const [a, b] = [obs({ api: 'a' }), obs({ api: 'b' })];
    expect([compareObservations(a, b), compareObservations(b, a), compareObservations(a, a)]).toEqual([
      -1, 1, 0,
    ]);
    expect(compareObservations(obs({ eventId: 'a' }), obs({ eventId: 'b' }))).toBe(-1);
    expect(compareObservations(obs({ eventId: 'b' }), obs({ eventId: 'a' }))).toBe(1);
  });

  it('merges evidence in any order', () => {
    const arbitrary = fc.record({
      weight: fc.integer({ min: 1, max: 3 }),
      at: fc.integer({ min: 0, max: 5 }),
      says: fc.constantFrom('a', 'b'),
      id: fc.constantFrom('1', '2', '3'),
    });
    const evidence = ({
      weight,
      at,
      says,
      id,
    }: {
      weight: number;
      at: number;
      says: string;
      id: string;
    }): Evidence => ({
      signal: 'B1',
      family: 'network',
      weight,
      since: at,
      at,
      halfLifeMs: 1,
      weak: false,
      says,
      about: 'x',
      eventIds: [id],
    });
    fc.assert(
      fc.property(arbitrary, arbitrary, arbitrary, (a, b, c) => {
        const [x, y, z] = [evidence(a), evidence(b), evidence(c)];
        expect(mergeEvidence(x, y)).toEqual(mergeEvidence(y, x));
        expect(mergeEvidence(mergeEvidence(x, y), z)).toEqual(mergeEvidence(x, mergeEvidence(y, z)));
      }),
    );
  });
});

it('caps what one family says', () => {
  const piece = (weight: number): Evidence => ({
    signal: 'B1',
    family: 'network',
    weight,
    since: NOW,
    at: NOW,
    halfLifeMs: HOUR,
    weak: false,
    says: '',
    about: '',
    eventIds: [],
  });
  const caps = DEFAULT_LADDER.caps;
  const at = (evidence: readonly Evidence[], now = NOW): number =>
    scoreOf(evidence, now, 0.001, caps).logOdds;
  expect(at([piece(99)])).toBe(at([piece(caps.network)]));
  expect(at([piece(2)], NOW + HOUR) - at([])).toBeCloseTo(1, 9);
  expect(at([piece(2)], NOW - HOUR)).toBe(at([piece(2)]));
  expect(scoreOf([piece(0.5)], NOW, 0.001, caps).families).toBe(0);
});
