import { describe, expect, it } from 'vitest';
import { SIGNAL_IDS, type SignalId } from '#core/detection/catalogue.ts';
import { CREDENTIAL_KINDS, type CredentialKind } from '#core/detection/fact.ts';
import { applyBreaker, type Candidate, type HoldReason } from '#core/response/breaker.ts';
import {
  DEFAULT_LADDER,
  higherRung,
  type LadderPolicy,
  REPLAY_LADDER,
  RUNG_ORDER,
  rungOf,
} from '#core/response/ladder.ts';
import { DAY, MINUTE, NOW } from '../builders.ts';

const KEY = 'AKIAEXAMPLE000000001';
const USER = 'arn:aws:iam::111122223333:user/ann';

describe('rungOf', () => {
  const rung = (
    signal: SignalId,
    part: Partial<LadderPolicy> = {},
    kind: CredentialKind = 'iam-access-key',
  ): string => rungOf(signal, { credential: KEY, kind, principal: USER }, { ...REPLAY_LADDER, ...part });
  it.each<[string, string, ...Parameters<typeof rung>]>([
    ['a canary', 'revoke', 'T0-1'],
    ['a canary, as shipped', 'revoke', 'T0-1', DEFAULT_LADDER],
    ['AWS’s mark', 'revoke', 'T0-7'],
    ['an unbound reader', 'suspend', 'T0-3'],
    ['an own token outside its network', 'reissue', 'T0-4', {}, 'api-token'],
    ['a habit, opted in', 'suspend', 'B1'],
    ['a habit, as shipped', 'alert', 'B1', DEFAULT_LADDER],
    ['observing', 'alert', 'T0-1', { mode: 'observe' }],
    ['killed', 'alert', 'T0-1', { killSwitch: true }],
    ['protected', 'alert', 'T0-1', { protectedPrincipals: [USER] }],
    ['an override', 'alert', 'T0-3', { overrides: { [KEY]: { rungs: { 'T0-3': 'alert' } } } }],
    [
      'an override of its principal',
      'alert',
      'T0-3',
      { overrides: { [USER]: { rungs: { 'T0-3': 'alert' } } } },
    ],
    ['protected by its own name', 'alert', 'T0-1', { protectedPrincipals: [KEY] }],
    ['another’s override', 'suspend', 'T0-3', { overrides: { x: { rungs: { 'T0-3': 'alert' } } } }],
    [
      'an override of another signal',
      'suspend',
      'T0-3',
      { overrides: { [KEY]: { rungs: { B1: 'alert' } } } },
    ],
    ['an override of the mode', 'alert', 'T0-3', { overrides: { [KEY]: { mode: 'observe' } } }],
    [
      'an override of observing',
      'suspend',
      'T0-3',
      { mode: 'observe', overrides: { [KEY]: { mode: 'enforce' } } },
    ],
  ])('%s: %s', (_what, expected, ...asked) => {
    expect(rung(...asked)).toBe(expected);
  });

  it('ships enforcing contracts, and telling of habits', () => {
    const { rungs, ...rest } = DEFAULT_LADDER;
    expect(rest).toEqual({
      mode: 'enforce',
      killSwitch: false,
      tierOne: 'alert',
      prior: 0.002,
      caps: { network: 7, client: 4, api: 5, volume: 6, contract: 12 },
      alertAt: 0.5,
      suspendAt: 0.95,
      suspendFamilies: 2,
      contractWeight: 12,
      weakWeight: 3,
      overrides: {},
      protectedPrincipals: [],
      breaker: { windowMinutes: 15, least: 3, share: 0.05, causeShare: 0.6, causeLeast: 4 },
    });
    expect(REPLAY_LADDER).toEqual({ ...DEFAULT_LADDER, tierOne: 'act' });
    expect(RUNG_ORDER).toEqual(['alert', 'suspend', 'reissue', 'revoke']);
    const all = Object.fromEntries(CREDENTIAL_KINDS.map((kind) => [kind, 'suspend']));
    const grave = Object.fromEntries(CREDENTIAL_KINDS.map((kind) => [kind, 'revoke']));
    const ownToken = { ...all, 'api-token': 'reissue' };
    expect(rungs).toEqual({
      ...Object.fromEntries(SIGNAL_IDS.map((signal) => [signal, all])),
      'T0-1': grave,
      'T0-3': { ...ownToken, http: 'reissue' },
      'T0-4': ownToken,
      'T0-7': grave,
    });
  });

  it('has a rung for every signal and issuer', () => {
    for (const row of Object.values(DEFAULT_LADDER.rungs)) {
      for (const kind of CREDENTIAL_KINDS) expect(RUNG_ORDER).toContain(row[kind]);
    }
    expect(higherRung('suspend', 'revoke')).toBe('revoke');
    expect(higherRung('revoke', 'alert')).toBe('revoke');
  });
});

describe('the circuit breaker', () => {
  const candidate = (index: number, part: Partial<Candidate> = {}): Candidate => ({
    credential: `key-${index}`,
    owner: `team-${index}`,
    at: NOW + index,
    signal: 'T0-3',
    network: `AS${index}`,
    client: `client-${index}`,
    ...part,
  });
  const many = (
    count: number,
    part: (index: number) => Partial<Candidate> = () => ({}),
  ): readonly Candidate[] => Array.from({ length: count }, (_, index) => candidate(index, part(index)));
  const outcome = (
    candidates: readonly Candidate[],
    active = 40,
  ): readonly [number, readonly HoldReason[]] => {
    const { acted, held } = applyBreaker(
      candidates,
      { active, activeOf: (owner) => (owner === 'big' ? 200 : 1) },
      DEFAULT_LADDER.breaker,
    );
    expect(new Set([...acted, ...held.map((each) => each.candidate)])).toEqual(new Set(candidates));
    return [acted.length, [...new Set(held.map(({ reason }) => reason))]];
  };

  it.each<[string, readonly Candidate[], number, number, readonly HoldReason[]]>([
    ['three of a few', many(3), 40, 3, []],
    ['a fourth', many(4), 40, 3, ['budget']],
    ['five in a hundred of two thousand', many(150), 2_000, 100, ['budget']],
    ['the next window', many(6, (index) => ({ at: NOW + index * 8 * MINUTE })), 40, 6, []],
    [
      'other signals, each its budget',
      many(6, (index) => ({ signal: index % 2 === 0 ? 'T0-3' : 'T0-4' })),
      40,
      6,
      [],
    ],
    [
      'habits, one budget together',
      many(6, (index) => ({ signal: index % 2 === 0 ? 'B1' : 'B5' })),
      40,
      3,
      ['budget'],
    ],
    ['canaries, never held', many(50, () => ({ signal: 'T0-1', network: 'AS1' })), 40, 50, []],
    ['AWS’s mark, never held', many(50, () => ({ signal: 'T0-7', network: 'AS1' })), 40, 50, []],
    ['one owner’s', many(20, () => ({ owner: 'one' })), 2_000, 3, ['owner-budget']],
    ['a large owner’s', many(20, () => ({ owner: 'big' })), 2_000, 10, ['owner-budget']],
    ['nobody’s', many(20, () => ({ owner: '' })), 2_000, 20, []],
    ['one network', many(20, () => ({ network: 'AS1' })), 2_000, 3, ['common-cause']],
    ['one client', many(20, () => ({ client: 'x', network: '' })), 2_000, 3, ['common-cause']],
    [
      'one network over a day',
      many(20, (index) => ({ network: 'AS1', at: NOW + index * 60 * MINUTE })),
      2_000,
      3,
      ['common-cause'],
    ],
    [
      'one network over weeks',
      many(20, (index) => ({ network: 'AS1', at: NOW + index * 600 * MINUTE })),
      2_000,
      20,
      [],
    ],
    [
      'one network, the first of it a day before',
      [0, 1, 2, 3].map((index) => candidate(index, { network: 'AS1', at: NOW + (index === 0 ? 0 : DAY) })),
      2_000,
      3,
      ['common-cause'],
    ],
    [
      'one network, the first of it longer before',
      [0, 1, 2, 3].map((index) => candidate(index, { network: 'AS1', at: NOW + (index === 0 ? -1 : DAY) })),
      2_000,
      4,
      [],
    ],
    [
      'three of five from one network, which is just the share',
      many(5, (index) => (index < 2 ? {} : { network: 'one' })),
      2_000,
      5,
      [],
    ],
    ['nothing known in common', many(20, () => ({ network: '', client: '' })), 2_000, 20, []],
  ])('%s', (_what, candidates, active, acted, reasons) => {
    expect(outcome(candidates, active)).toEqual([acted, reasons]);
  });

  it('names the common cause', () => {
    const { held } = applyBreaker(
      many(5, () => ({ network: 'AS1' })),
      { active: 9, activeOf: () => 9 },
      DEFAULT_LADDER.breaker,
    );
    expect(held.map(({ cause }) => cause)).toEqual(['AS1', 'AS1']);
  });
});
