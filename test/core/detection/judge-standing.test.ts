import { describe, expect, it } from 'vitest';
import { slotsAt } from '#core/detection/baseline.ts';
import { indexContracts, NO_CONTRACTS } from '#core/detection/contract.ts';
import { type Evidence, scoreOf } from '#core/detection/evidence.ts';
import {
  emptyGroup,
  type GroupState,
  type Inheritance,
  judgeObservation,
  type World,
  wantedRung,
} from '#core/detection/judge-group.ts';
import type { Observation } from '#core/detection/observation.ts';
import { NO_ATLAS, type Place } from '#core/detection/place.ts';
import type { Standing } from '#core/detection/standing.ts';
import { type LadderPolicy, REPLAY_LADDER } from '#core/response/ladder.ts';
import { DAY, HOUR, MINUTE, NOW } from '../builders.ts';
import { binding, contract, KEY, obs, read, SECRET_NAME, standing, USER } from './observations.ts';

const ROLE = 'arn:aws:iam::111122223333:role/orders';
const EVE = 'arn:aws:iam::111122223333:user/eve';
const STOLEN = { network: '198.51.100.9', client: 'aws-cli/linux/python' };
const HOME: Place = { asn: 'AS64500', country: 'DE', lat: 52.5, lon: 13.4 };
const AWAY: Place = { asn: 'AS64510', country: 'JP', lat: 35.7, lon: 139.7 };
const atlas = (ip: string): Place => (ip.startsWith('203.') ? HOME : AWAY);

const world = (part: Partial<World> = {}, policy: Partial<LadderPolicy> = {}): World => ({
  policy: { ...REPLAY_LADDER, ...policy },
  contracts: NO_CONTRACTS,
  atlas,
  ...part,
});
/** A session of the role. */
const session = (credential: string, part: Partial<Observation> = {}): Observation =>
  obs({ credential, kind: 'role-session', principal: ROLE, ...part });
/** A month of one call an hour of Ann's key. */
const MONTH = Array.from({ length: 720 }, (_, hour) =>
  obs({ at: NOW - (720 - hour) * HOUR, eventId: `old-${hour}` }),
);
const judge = (
  observations: readonly Observation[],
  by: World = world(),
  legacy?: Inheritance,
): GroupState => {
  const state = emptyGroup();
  for (const each of observations) judgeObservation(state, each, by, legacy);
  return state;
};
const of = (state: GroupState, credential = KEY): Standing => {
  const found = [...state.standings.values()].find((standing) => standing.credential === credential);
  if (found === undefined) throw new Error(`${credential} was not seen`);
  return found;
};
const signalsOf = (standing: Standing): readonly string[] =>
  [...standing.evidence.values()].map(({ signal }) => signal);

describe('whose habits', () => {
  it('a session without a peer group shares its role’s, and belongs to nobody', () => {
    const state = judge([session('ASIA1')]);
    expect(state.subjects.size).toBe(0);
    expect(state.peers.activity.slots).toBe(1);
    expect(of(state, 'ASIA1').owner).toBe('');
  });

  it('a key has its own, beside those of its group', () => {
    const state = judge([obs()]);
    expect([...state.subjects.keys()]).toEqual([KEY]);
    expect([state.subjects.get(KEY)?.activity.slots, state.peers.activity.slots]).toEqual([1, 1]);
  });
});

describe('where it was', () => {
  it.each(['', 'vpce-0a1b'])('%j is no address to look up', (network) => {
    const asked: string[] = [];
    const by = world({
      atlas: (ip) => {
        asked.push(ip);
        return HOME;
      },
    });
    judge([obs({ network }), obs({ network: '203.0.113.7', eventId: 'e2' })], by);
    expect(asked).toEqual(['203.0.113.7']);
  });
});

describe('what is counted', () => {
  it('is not a secret that the credential always reads', () => {
    const before = MONTH.slice(-48).map((each) => ({ ...read('mine'), at: each.at, last: each.at }));
    const state = judge([...before, read('mine'), read('foreign', { eventId: 'e2' })]);
    expect([...of(state).secrets]).toEqual(['foreign']);
  });

  it('counts for each session of an hour, when the hour is over', () => {
    const state = judge([
      session('ASIA1', { act: { kind: 'read-secret', secret: 'a', versionId: '' } }),
      session('ASIA2', { act: { kind: 'read-secret', secret: 'b', versionId: '' }, at: NOW + 1 }),
      session('ASIA2', { act: { kind: 'read-secret', secret: 'c', versionId: '' }, at: NOW + 2 }),
    ]);
    expect(of(state, 'ASIA2').secrets.size).toBe(2);
    expect(state.peers.secrets.hours).toBe(0);
    judgeObservation(state, session('ASIA1', { at: NOW + HOUR }), world());
    expect([of(state, 'ASIA1').secrets.size, of(state, 'ASIA2').secrets.size]).toEqual([0, 0]);
    expect(state.peers.secrets.hours).toBeGreaterThan(0);
    expect(state.peers.secrets.events / state.peers.secrets.hours).toBeCloseTo(1.5, 6);
  });

  it('is forgotten where the hour was suspect', () => {
    const state = judge([...MONTH, obs(STOLEN), read('foreign', { ...STOLEN, at: NOW + 1, eventId: 'e2' })]);
    const before = state.subjects.get(KEY)?.secrets.hours;
    judgeObservation(state, obs({ ...STOLEN, at: NOW + HOUR, eventId: 'e3' }), world());
    expect(of(state).secrets.size).toBe(0);
    expect(state.subjects.get(KEY)?.secrets.hours).toBe(before);
  });
});

describe('what is learnt', () => {
  const nearly = (): World =>
    world({ contracts: indexContracts([], [contract({ readers: [EVE] })], []), atlas: NO_ATLAS });

  it('is nothing that broke a contract, however little that weighs', () => {
    const state = judge([read(SECRET_NAME, { refused: true })], nearly());
    expect(signalsOf(of(state))).toContain('T0-3');
    expect(state.subjects.get(KEY)?.activity.slots).toBe(0);
  });

  it('is nothing once it is as likely as an alert, that very likelihood included', () => {
    const even = scoreOf([], NOW, 0.3, REPLAY_LADDER.caps).posterior;
    const at = (alertAt: number): GroupState => judge([obs()], world({}, { prior: 0.3, alertAt }));
    expect(at(even).subjects.get(KEY)?.activity.slots).toBe(0);
    expect(of(at(even)).reached?.rung).toBe('alert');
    expect(at(even + 1e-9).subjects.get(KEY)?.activity.slots).toBe(1);
    expect(of(at(even + 1e-9)).reached).toBeUndefined();
  });

  it('counts an hour as suspect at that very likelihood too', () => {
    const even = scoreOf([], NOW, 0.3, REPLAY_LADDER.caps).posterior;
    const hours = (alertAt: number): number | undefined =>
      judge([obs(), obs({ at: NOW + HOUR })], world({}, { prior: 0.3, alertAt })).subjects.get(KEY)?.secrets
        .hours;
    expect(hours(even)).toBe(0);
    expect(hours(even + 1e-9)).toBeGreaterThan(0);
  });

  it('comes to the same twice', () => {
    const once = judge([session('ASIA1')]);
    const twice = judge([session('ASIA1'), session('ASIA1')]);
    expect(slotsAt(twice.peers, NOW)).toBe(slotsAt(once.peers, NOW));
  });
});

const piece = (part: Partial<Evidence> = {}): Evidence => ({
  signal: 'B1',
  family: 'network',
  weight: 3,
  since: NOW,
  at: NOW,
  halfLifeMs: DAY,
  weak: false,
  says: '',
  about: '',
  eventIds: [],
  ...part,
});

describe('the evidence of a credential', () => {
  it('stays over the hour while it weighs anything', () => {
    const state = judge([...MONTH, obs(STOLEN), obs({ at: NOW + HOUR, eventId: 'e2' })]);
    expect(signalsOf(of(state))).toEqual(expect.arrayContaining(['B1', 'B3']));
  });

  it('is forgotten after the hour in which it comes to less than a fiftieth of a nat', () => {
    const state = judge([obs()]);
    const { evidence } = of(state);
    for (const [about, weight] of [
      ['kept', 0.04],
      ['lost', 0.0399],
    ] as const)
      evidence.set(about, piece({ about, weight, halfLifeMs: HOUR }));
    judgeObservation(state, obs({ at: NOW + HOUR, eventId: 'e2' }), world());
    expect([...evidence.keys()]).toEqual(['kept']);
  });

  it('is one piece for the same thing again, since the first time, with every event', () => {
    const later = obs({ ...STOLEN, at: NOW + 5 * MINUTE, eventId: 'event-2' });
    const piece = [...of(judge([...MONTH, obs(STOLEN), later])).evidence.values()].find(
      ({ signal }) => signal === 'B1',
    );
    expect(piece).toMatchObject({ since: NOW, at: NOW + 5 * MINUTE, eventIds: ['event-1', 'event-2'] });
  });

  it('is thirty-two pieces at the most, the lightest gone first', () => {
    const kinds = Array.from({ length: 40 }, (_, n) =>
      obs({ api: `svc:Op${n}`, at: NOW + n, eventId: `k-${n}` }),
    );
    const [heavy, ...light] = [obs({ api: 'iam:CreateUser', eventId: 'k-x' }), ...kinds];
    const at = (count: number): Standing =>
      of(judge([...MONTH, heavy as Observation, ...light.slice(0, count)]));
    expect([at(31).evidence.size, at(32).evidence.size, at(40).evidence.size]).toEqual([32, 32, 32]);
    expect([...at(40).evidence.values()].some(({ about }) => about === 'iam:CreateUser')).toBe(true);
    expect([...at(40).evidence.values()].some(({ about }) => about === 'svc:Op0')).toBe(false);
  });

  it('of AWS’s mark is for the keys of that user alone', () => {
    const contracts = indexContracts(
      [KEY, 'AKIAEVE'].map((credential) => binding({ credential, peerGroup: 'team' })),
      [],
      [],
    );
    const mark = obs({ credential: USER, network: '', act: { kind: 'exposed', mark: 'x' }, eventId: 'mark' });
    const eve = obs({ credential: 'AKIAEVE', principal: EVE, eventId: 'e2' });
    const ann = session('ASIAANN', { principal: USER, eventId: 'e3' });
    const state = judge([obs(), eve, ann, mark], world({ contracts }));
    expect([of(state), of(state, 'AKIAEVE'), of(state, 'ASIAANN')].map(signalsOf)).toEqual([
      ['T0-7'],
      [],
      [],
    ]);
  });
});

describe('the rung that is reached', () => {
  const at = (minutes: number, part: Partial<Observation> = {}): Observation =>
    obs({ at: NOW + minutes * MINUTE, eventId: `m-${minutes}`, ...part });

  it('is never taken back, nor what it rests on, by less evidence', () => {
    const state = judge([...MONTH, obs(STOLEN)]);
    const { reached } = of(state);
    expect(reached?.rung).toBe('suspend');
    judgeObservation(state, at(3 * 24 * 60), world());
    expect(of(state).reached).toBe(reached);
    // Two days later the network alone is worth an alert again.
    judgeObservation(state, at(5 * 24 * 60, { network: STOLEN.network }), world());
    expect(of(state).reached).toBe(reached);
  });

  it('is not taken back by what is more likely and milder', () => {
    const state = judge([...MONTH, obs(STOLEN)]);
    const { reached } = of(state);
    judgeObservation(state, at(1, STOLEN), world({}, { suspendAt: 1.1, prior: 0.9 }));
    expect(of(state).reached).toBe(reached);
  });

  it('rises with the evidence, from then on and for that cause', () => {
    const state = judge(MONTH);
    const by = world({}, { prior: 0.9 });
    judgeObservation(state, at(0, { network: STOLEN.network }), by);
    expect(of(state).reached).toMatchObject({ rung: 'alert', at: NOW, client: 'boto3/linux/python' });
    judgeObservation(state, at(1, STOLEN), by);
    expect(of(state).reached).toMatchObject({ rung: 'suspend', at: NOW + MINUTE, client: STOLEN.client });
  });

  it('stays as it is on the same evidence, and grows on more, since when and where it began', () => {
    const state = judge([...MONTH, obs(STOLEN)]);
    const first = of(state).reached;
    judgeObservation(state, at(0, { ...STOLEN, eventId: 'again' }), world());
    expect(of(state).reached).toBe(first);
    const more = at(1, { ...STOLEN, api: 'iam:CreateUser', network: '192.0.2.1' });
    judgeObservation(state, more, world());
    const grown = of(state).reached;
    expect(grown).toMatchObject({ rung: 'suspend', at: NOW, network: 'AS64510', client: STOLEN.client });
    expect(grown?.posterior).toBeGreaterThan(first?.posterior as number);
    expect(grown?.evidence.map(({ about }) => about)).toContain('iam:CreateUser');
  });

  it('is told with its evidence, the heaviest first, then by name, the negligible left out', () => {
    const hit = { weight: 0.001, says: 'x', about: 'parent', halfLifeMs: DAY };
    const legacy = { at: NOW, hit, eventId: 'mint' };
    expect(of(judge([obs()], world(), legacy)).reached).toMatchObject({ rung: 'suspend', evidence: [] });
    const state = judge([
      ...MONTH,
      obs({ ...STOLEN, api: 'svc:OpB' }),
      obs({ ...STOLEN, api: 'svc:OpA', eventId: 'e2' }),
      obs({ ...STOLEN, api: 'iam:CreateUser', eventId: 'e3' }),
    ]);
    const evidence = of(state).reached?.evidence ?? [];
    const weights = evidence.map(({ weight }) => weight);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    expect(evidence.map(({ about }) => about).slice(-2)).toEqual(['svc:OpA', 'svc:OpB']);
  });

  it('rests on nothing lighter than a hundredth of a nat', () => {
    const state = judge([obs()]);
    const { evidence } = of(state);
    evidence.set('a', piece({ about: 'a', weight: 0.01 }));
    evidence.set('b', piece({ about: 'b', weight: 0.0099 }));
    const hit = { weight: Number.POSITIVE_INFINITY, says: 'x', about: 'parent', halfLifeMs: DAY };
    judgeObservation(state, obs(), world(), { at: NOW, hit, eventId: 'mint' });
    expect(of(state).reached?.evidence.map(({ about }) => about)).toEqual(['parent', 'a']);
  });

  const canaryElsewhere = (): World =>
    world({
      contracts: indexContracts([binding({ canary: true, networks: ['192.0.2.0/24'] })], [], []),
    });

  it('is the highest that any broken contract calls for', () => {
    const state = judge([obs()], canaryElsewhere());
    expect(signalsOf(of(state))).toEqual(['T0-1', 'T0-4']);
    expect(of(state).reached?.rung).toBe('revoke');
  });

  it('of a contract is not lowered by habits, and needs none', () => {
    const both = judge([...MONTH, obs(STOLEN)], canaryElsewhere());
    expect(of(both).reached?.rung).toBe('revoke');
    const strict = { ...canaryElsewhere(), policy: { ...REPLAY_LADDER, suspendFamilies: 1 } };
    expect(of(judge([obs()], strict)).reached?.rung).toBe('revoke');
  });

  /** After a month of the usual, judged by another policy. */
  const then = (last: Observation, policy: Partial<LadderPolicy>): Standing['reached'] => {
    const state = judge(MONTH);
    judgeObservation(state, last, world({}, policy));
    return of(state).reached;
  };
  const row = (rung: 'suspend' | 'revoke') => REPLAY_LADDER.rungs[rung === 'revoke' ? 'T0-1' : 'T0-2'];

  it.each<['B1' | 'B3', Partial<Observation>, string]>([
    ['B1', STOLEN, 'revoke'],
    ['B3', STOLEN, 'suspend'],
    ['B3', { ...STOLEN, network: '203.0.113.99' }, 'revoke'],
    ['B1', { ...STOLEN, network: '203.0.113.99' }, 'suspend'],
  ])('by habits is that of the heaviest one: where %s revokes, after %j: %s', (revokes, part, rung) => {
    const rungs = {
      ...REPLAY_LADDER.rungs,
      B1: row('suspend'),
      B3: row('suspend'),
      [revokes]: row('revoke'),
    };
    expect(then(obs(part), { rungs, prior: 0.9 })?.rung).toBe(rung);
  });

  const sure = { logOdds: 9, posterior: 0.999, families: 2 };
  const wanted = (...pieces: readonly Evidence[]): string | undefined => {
    const rungs = { ...REPLAY_LADDER.rungs, B1: row('suspend'), B3: row('revoke') };
    const evidence = new Map(pieces.map((each) => [`${each.signal} ${each.about}`, each]));
    return wantedRung({ ...standing(), evidence }, sure, { ...REPLAY_LADDER, rungs });
  };

  it('by habits that weigh the same is that of the first one', () => {
    const [one, other] = [piece(), piece({ signal: 'B3', family: 'client' })];
    expect([wanted(one, other), wanted(other, one)]).toEqual(['suspend', 'revoke']);
  });

  it('of a contract stands above a milder one by habits', () => {
    const canary = piece({ signal: 'T0-1', family: 'contract', weight: 12 });
    expect([wanted(canary, piece()), wanted(piece(), canary)]).toEqual(['revoke', 'revoke']);
  });

  it('by habits needs its likelihood, that very one, and two families', () => {
    const sure = then(obs(STOLEN), {})?.posterior as number;
    expect(then(obs(STOLEN), { suspendAt: sure })?.rung).toBe('suspend');
    expect(then(obs(STOLEN), { suspendAt: sure + 1e-9 })?.rung).toBe('alert');
    const alone = then(obs({ network: STOLEN.network }), { prior: 0.9 });
    expect(alone?.posterior).toBeGreaterThan(REPLAY_LADDER.suspendAt);
    expect(alone?.rung).toBe('alert');
  });
});
