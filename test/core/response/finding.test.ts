import { describe, expect, it } from 'vitest';
import type { SignalId } from '#core/detection/catalogue.ts';
import type { Evidence } from '#core/detection/evidence.ts';
import type { Judgement } from '#core/detection/memory.ts';
import { findingOf, targetsOf, titleOf, troubleOf } from '#core/response/finding.ts';
import { finding, NOW } from '../builders.ts';
import { obs, read } from '../detection/observations.ts';

const [PROTOTYPE] = finding().evidence;
const told = (signal: SignalId, weight = 12, weak = false): Evidence => ({
  ...(PROTOTYPE as Evidence),
  signal,
  weight,
  weak,
  says: `${signal} was seen`,
});
const judgement = (part: Partial<Judgement> = {}): Judgement => ({
  fact: read(),
  told: [],
  evidence: [],
  posterior: 0.4,
  habitual: undefined,
  profileHash: 'a1b2',
  ...part,
});
const CONTEXT = { account: '111122223333', ruleSet: '1-x' };

describe('targetsOf', () => {
  const both = [told('T0-3'), told('B5')];
  it.each<[string, Partial<Judgement>, boolean, readonly (readonly [string, readonly string[]])[]]>([
    ['a use of a token', { fact: obs({ kind: 'api-token' }) }, true, [['use', ['T0-3', 'B5']]]],
    [
      'a read of our secret by a session',
      { fact: read(undefined, { kind: 'role-session' }) },
      true,
      [
        ['secret', ['T0-3']],
        ['credential', ['B5']],
      ],
    ],
    [
      'a read of our secret with an access key',
      { fact: read(undefined, { kind: 'iam-access-key' }) },
      true,
      [
        ['secret', ['T0-3']],
        ['credential', ['T0-3', 'B5']],
      ],
    ],
    [
      'a refused one',
      { fact: read(undefined, { kind: 'iam-access-key' }), told: [told('T0-3', 3, true), told('B5')] },
      true,
      [
        ['secret', ['T0-3']],
        ['credential', ['B5']],
      ],
    ],
    [
      'a read of another secret',
      {},
      false,
      [
        ['secret', []],
        ['credential', ['T0-3', 'B5']],
      ],
    ],
  ])('%s', (_what, part, ours, expected) => {
    const targets = targetsOf(judgement({ told: both, ...part }), ours);
    expect(targets.map(({ about, told: of }) => [about, of.map(({ signal }) => signal)])).toEqual(expected);
  });
});

describe('findingOf', () => {
  const lead = (all: readonly Evidence[], part: Partial<Judgement> = {}): unknown => {
    const made = findingOf(judgement({ told: all, ...part }), { about: 'secret', told: all }, CONTEXT);
    return made && [made.signal, made.weak];
  };

  it.each<[string, readonly Evidence[], Partial<Judgement>, unknown]>([
    ['nothing', [], {}, undefined],
    ['a habit that proves nothing', [told('B1')], {}, undefined],
    [
      'habits worth an alert, by the heaviest',
      [told('B1', 2), told('B5', 4)],
      { habitual: 'alert' },
      ['B5', true],
    ],
    ['habits worth more', [told('B1')], { habitual: 'suspend' }, ['B1', false]],
    ['a contract before habits', [told('B1'), told('T0-3')], { habitual: 'suspend' }, ['T0-3', false]],
    ['the gravest of two contracts', [told('T0-4'), told('T0-1')], {}, ['T0-1', false]],
    ['what is whole before what is weak', [told('T0-2', 3, true), told('T0-4')], {}, ['T0-4', false]],
    ['a weak one alone', [told('T0-3', 3, true)], {}, ['T0-3', true]],
  ])('%s', (_what, all, part, expected) => {
    expect(lead(all, part)).toEqual(expected);
  });

  it('says who, from where, and against what it was judged', () => {
    const fact = read(undefined, { network: '203.0.113.7', eventId: 'event-9' });
    const made = findingOf(
      judgement({ fact, evidence: [told('T0-3')] }),
      { about: 'secret', told: [told('T0-3')] },
      CONTEXT,
    );
    expect(made).toStrictEqual({
      ...CONTEXT,
      eventId: 'event-9',
      at: NOW,
      signal: 'T0-3',
      weak: false,
      about: 'secret',
      who: { credential: fact.credential, principal: fact.principal, kind: fact.kind },
      seen: 'T0-3 was seen',
      network: '203.0.113.0/24',
      client: fact.client,
      posterior: 0.4,
      evidence: [told('T0-3')],
      profileHash: 'a1b2',
    });
  });

  it('names the version that was presented, and an endpoint for what it is', () => {
    const act = { kind: 'presented', keyId: 'key0000000000001', reason: 'network' } as const;
    const fact = obs({ kind: 'api-token', network: 'vpce-0a', act });
    const target = { about: 'use', told: [told('T0-4')] } as const;
    expect(findingOf(judgement({ fact }), target, CONTEXT)).toMatchObject({
      keyId: 'key0000000000001',
      network: 'vpce-0a',
    });
  });
});

it.each<[SignalId, boolean]>([
  ['T0-1', true],
  ['T0-2', true],
  ['T0-3', true],
  ['T0-4', true],
  ['T0-5', false],
  ['T0-6', true],
  ['T0-7', false],
  ['T0-8', false],
  ['B1', false],
])('%s speaks of the secret that was touched: %s', (signal, ofSecret) => {
  const evidence = [told(signal)];
  const fact = read(undefined, { kind: 'role-session' });
  expect(targetsOf(judgement({ fact, told: evidence }), true)).toEqual([
    { about: 'secret', told: ofSecret ? evidence : [] },
    { about: 'credential', told: ofSecret ? [] : evidence },
  ]);
});

describe('troubleOf', () => {
  const notice = { kind: 'rotation', name: 'RotationFailed', secret: 's', versionId: '', at: NOW } as const;
  it.each(['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'])(
    'is a rotation that was given up: %s',
    (name) => {
      expect(troubleOf({ ...notice, name }, { ...CONTEXT, eventId: 'e' })).toEqual({
        ...CONTEXT,
        eventId: 'e',
        at: NOW,
        signal: 'rotation-failed',
        weak: true,
        about: 'secret',
        who: { credential: 'secretsmanager.amazonaws.com', principal: '', kind: 'secret-reader' },
        seen: `Secrets Manager reports ${name} for s`,
        network: '',
        client: '',
        posterior: 0,
        evidence: [],
        profileHash: '',
      });
    },
  );

  it('and the signals have names', () => {
    expect(titleOf('rotation-failed')).toBe('a rotation failed');
    expect(titleOf('T0-3')).toBe('unbound reader');
  });

  it.each([{ name: 'RotationSucceeded' }, { kind: 'label' as const }])('is not %j', (part) => {
    expect(troubleOf({ ...notice, ...part }, { ...CONTEXT, eventId: 'e' })).toBeUndefined();
  });
});
