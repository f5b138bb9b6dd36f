import { describe, expect, it } from 'vitest';
import { slotOf } from '#core/detection/decay.ts';
import { compareObservations, type Observation, observationKey } from '#core/detection/observation.ts';
import { NOW } from '../builders.ts';
import { KEY, obs, USER } from './observations.ts';

describe('the key of an observation', () => {
  const plain = [
    KEY,
    USER,
    slotOf(NOW),
    's3:GetObject',
    '203.0.113.7',
    'boto3/linux/python',
    'eu-west-1',
    'tab',
    0,
  ].join('\n');
  it.each<[string, Observation['act'], readonly (string | boolean)[]]>([
    ['a plain call', { kind: 'plain' }, []],
    ['a claim', { kind: 'claimed' }, ['claimed']],
    ['a read', { kind: 'read-secret', secret: 's', versionId: 'v' }, ['read-secret', 's', 'v']],
    ['an unwrapping', { kind: 'decrypt', secret: 's', versionId: 'v' }, ['decrypt', 's', 'v']],
    ['a mint', { kind: 'mint', how: 'role', minted: 'k', target: 't' }, ['mint', 'k', 't']],
    ['a batch', { kind: 'read-batch', negated: true }, ['read-batch', true]],
    ['tampering', { kind: 'tamper', plane: 'trail', what: 'w', grave: true }, ['tamper', 'w', '']],
    [
      'tampering with a secret',
      { kind: 'tamper', plane: 'trail', what: 'w', grave: true, secret: 's' },
      ['tamper', 'w', 's'],
    ],
    ['a privilege', { kind: 'privilege', what: 'w' }, ['privilege', 'w']],
    ['an exposure', { kind: 'exposed', mark: 'm' }, ['exposed', 'm']],
  ])('of %s is all that tells it from others', (_what, act, parts) => {
    expect(observationKey(obs({ session: 'tab', act }))).toBe([plain, ...parts].join('\n'));
  });

  it('tells what was refused apart', () => {
    expect(observationKey(obs({ session: 'tab', refused: true }))).toBe(plain.replace(/0$/, '1'));
  });
});

it('observations come in the order of time', () => {
  expect(compareObservations(obs(), obs({ at: NOW + 5 }))).toBe(-5);
  expect(compareObservations(obs({ at: NOW + 5 }), obs())).toBe(5);
});
