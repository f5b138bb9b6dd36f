import { describe, expect, it } from 'vitest';
import { attribute } from '#core/detection/attribute.ts';
import { indexContracts } from '#core/detection/contract.ts';
import type { Observation } from '#core/detection/observation.ts';
import { HOUR, NOW } from '../builders.ts';
import { contract, KEY, obs, read, SECRET_NAME, USER } from './observations.ts';

const decrypt = (part: Partial<Observation> = {}): Observation =>
  obs({
    credential: USER,
    kind: 'secret-reader',
    network: '',
    client: '',
    eventId: 'kms',
    act: { kind: 'decrypt', secret: `${SECRET_NAME}-AbCdEf`, versionId: 'v1' },
    ...part,
  });
const attributed = (...observations: readonly Observation[]): readonly Observation[] =>
  attribute(observations, indexContracts([], [contract()], []));

describe('what KMS unwrapped', () => {
  it.each<[string, readonly Observation[], string]>([
    ['the key that read it', [read()], KEY],
    [
      'the first key by name',
      [
        read(SECRET_NAME, { credential: 'AKIAZ' }),
        read(SECRET_NAME, { credential: 'AKIAB' }),
        read(SECRET_NAME, { credential: 'AKIAZZ' }),
      ],
      'AKIAB',
    ],
    ['nobody, for another secret', [read('other')], USER],
    ['nobody, at another time', [read(SECRET_NAME, { at: NOW + HOUR })], USER],
    ['nobody, of another principal', [read(SECRET_NAME, { principal: 'x' })], USER],
    ['nobody, who only unwrapped it too', [decrypt({ credential: 'AKIAB' })], USER],
    ['nobody', [], USER],
  ])('belongs to %s', (_what, others, expected) => {
    expect(attributed(decrypt(), ...others)[0]?.credential).toBe(expected);
  });

  it('takes of the reader what tells of its session, and nothing else', () => {
    const reader = read(SECRET_NAME, {
      kind: 'role-session',
      session: 'tab',
      delivery: 'lambda',
      network: '198.51.100.9',
    });
    expect(attributed(decrypt(), reader)).toEqual([
      { ...decrypt(), credential: KEY, kind: 'role-session', session: 'tab', delivery: 'lambda' },
      reader,
    ]);
  });

  it('takes of several reads by one key the first', () => {
    const reads = ['first', 'second'].map((session) => read(SECRET_NAME, { session, eventId: session }));
    expect(attributed(decrypt(), ...reads)[0]?.session).toBe('first');
  });

  it('leaves what names its credential, and what is no unwrapping, as it is', () => {
    const own = decrypt({ credential: 'AKIAOWN' });
    const plain = obs({ credential: USER });
    const looked = read(SECRET_NAME, { credential: USER });
    expect(attributed(own, plain, looked, read(SECRET_NAME, { credential: 'AKIAB' }))).toEqual([
      own,
      plain,
      looked,
      read(SECRET_NAME, { credential: 'AKIAB' }),
    ]);
  });
});
