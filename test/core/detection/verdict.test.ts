import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { emptyBaseline } from '#core/detection/baseline.ts';
import type { Evidence } from '#core/detection/evidence.ts';
import { serialise } from '#core/detection/serialise.ts';
import { type CredentialVerdict, ruleSetOf, sentenceOf, verdictOf } from '#core/detection/verdict.ts';
import type { Rung } from '#core/response/ladder.ts';
import { DEFAULT_LADDER } from '#core/response/ladder.ts';
import { MINUTE, NOW } from '../builders.ts';
import { KEY, standing, USER } from './observations.ts';

const evidence = (says: string, since: number): Evidence => ({
  signal: 'B1',
  family: 'network',
  weight: 1,
  since,
  at: NOW,
  halfLifeMs: 1,
  weak: false,
  says,
  about: says,
  eventIds: [],
});
const reached = (pieces: readonly Evidence[], rung: Rung = 'suspend') => ({
  rung,
  at: NOW,
  posterior: 0.98765,
  evidence: pieces,
  network: 'AS1',
  client: 'boto3',
});
const verdict = (rung: Rung, count: number): CredentialVerdict => {
  const state = standing();
  const pieces = Array.from({ length: count }, (_, at) => evidence(`seen ${at}`, NOW - at * MINUTE));
  state.reached = reached(pieces, rung);
  const made = verdictOf(state, emptyBaseline(), 'rules');
  if (made === undefined) throw new Error('no verdict');
  return made;
};

describe('a verdict', () => {
  it('holds what was concluded, from the first evidence on, against which habits', () => {
    const { evidence: pieces, ...rest } = verdict('suspend', 2);
    expect(rest).toEqual({
      credential: KEY,
      kind: 'iam-access-key',
      principal: USER,
      owner: '',
      rung: 'suspend',
      posterior: 0.98765,
      firstAt: NOW - MINUTE,
      at: NOW,
      network: 'AS1',
      client: 'boto3',
      profileHash: createHash('sha256').update(serialise(emptyBaseline())).digest('hex'),
      ruleSet: 'rules',
    });
    expect(pieces).toHaveLength(2);
  });

  it('names its rules by their version and the policy’s digest', () => {
    const digest = createHash('sha256').update(JSON.stringify(DEFAULT_LADDER)).digest('hex');
    expect(ruleSetOf(DEFAULT_LADDER)).toBe(`1-${digest.slice(0, 12)}`);
  });

  it.each<[Rung, boolean, string]>([
    ['alert', true, 'Nothing was done.'],
    ['suspend', true, 'It is suspended. Undo: tokenward release.'],
    ['reissue', true, 'Every version ended and a new one is being made. Consumers refetch; nothing to undo.'],
    ['revoke', true, 'It was revoked for good. It cannot be undone: issue a new one.'],
    ['alert', false, 'It would be an alert.'],
    ['suspend', false, 'It would be suspended.'],
    ['reissue', false, 'It would be ended and made anew.'],
    ['revoke', false, 'It would be revoked for good.'],
  ])('says of %s, done %s, what became of it', (rung, done, said) => {
    expect(sentenceOf(verdict(rung, 1), done)).toBe(
      `${KEY} of ${USER}: new network: seen 0. 98.8 % sure. ${said}`,
    );
  });

  it.each([
    [3, 'new network: seen 0; new network: seen 1; new network: seen 2. '],
    [4, 'new network: seen 0; new network: seen 1; new network: seen 2 (and 1 more). '],
  ])('says three of %i pieces of evidence, and how many more', (count, said) => {
    expect(sentenceOf(verdict('alert', count), true)).toContain(`: ${said}98.8 % sure.`);
  });
});
