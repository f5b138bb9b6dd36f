import { describe, expect, it } from 'vitest';
import { isMint, legacyOf, mintedIn, openSession, withMint } from '#core/detection/lineage.ts';
import type { Observation } from '#core/detection/observation.ts';
import type { Place } from '#core/detection/place.ts';
import type { Reached } from '#core/detection/standing.ts';
import { DEFAULT_LADDER } from '#core/response/ladder.ts';
import { DAY, HOUR, NOW } from '../builders.ts';
import { KEY, obs } from './observations.ts';

const mint = obs({
  api: 'iam:CreateAccessKey',
  act: { kind: 'mint', how: 'access-key', minted: 'AKIACHILD', target: 'ann' },
});
const reached = (part: Partial<Reached> = {}): Reached => ({
  rung: 'suspend',
  at: NOW,
  posterior: 0.99,
  evidence: [],
  network: '203.0.113.0/24',
  client: mint.client,
  ...part,
});
const world = (place?: Place) => ({ policy: DEFAULT_LADDER, atlas: () => place });

describe('what a minted credential inherits', () => {
  it('is its parent’s standing, no heavier than a contract', () => {
    expect(legacyOf(mint, reached(), world())).toMatchObject({
      at: NOW,
      eventId: 'event-1',
      hit: { weight: 12, about: KEY, weak: false },
    });
  });

  it('is less where somebody else may have minted it', () => {
    expect(legacyOf(mint, reached({ client: 'curl' }), world())?.hit.weak).toBe(true);
    const elsewhere = world({ asn: 'AS7' });
    expect(legacyOf(mint, reached(), elsewhere)?.hit.weak).toBe(true);
    expect(legacyOf(mint, reached({ network: 'AS7' }), elsewhere)?.hit.weak).toBe(false);
    for (const network of ['', 'vpce-0a'])
      expect(legacyOf({ ...mint, network }, reached({ network: 'AS7' }), elsewhere)?.hit.weak).toBe(true);
  });

  it('counts from when both were', () => {
    expect(legacyOf(mint, reached({ at: NOW + HOUR }), world())?.at).toBe(NOW + HOUR);
  });

  it('reaches two hours back, to the millisecond', () => {
    expect(legacyOf(mint, reached({ at: NOW + 2 * HOUR }), world())).toBeDefined();
    expect(legacyOf(mint, reached({ at: NOW + 2 * HOUR + 1 }), world())).toBeUndefined();
  });

  it('asks where it was minted for an address alone', () => {
    const asked: string[] = [];
    const atlas = (network: string) => {
      asked.push(network);
      return undefined;
    };
    for (const network of ['', 'vpce-0a', '203.0.113.9'])
      legacyOf({ ...mint, network }, reached(), { policy: DEFAULT_LADDER, atlas });
    expect(asked).toEqual(['203.0.113.9']);
  });

  it.each([
    ['a parent that is no suspect', undefined],
    ['a parent that became one a day later', reached({ at: NOW + DAY })],
  ])('is nothing of %s', (_what, parent) => {
    expect(legacyOf(mint, parent, world())).toBeUndefined();
  });

  it.each([
    [mint, true],
    [{ ...mint, refused: true }, false],
    [obs({ act: { kind: 'mint', how: 'role', minted: '', target: 'x' } }), false],
    [obs(), false],
  ])('%# is a mint: %s', (seen, is) => {
    expect(isMint(seen)).toBe(is);
  });
});

describe('what a credential minted', () => {
  const born = (minted: string, target: string, at: number): Observation => ({
    ...obs({ act: { kind: 'mint', how: 'role', minted, target }, at, eventId: minted }),
    last: at,
  });
  const names = (mints: readonly Observation[]): readonly string[] => mints.map(mintedIn);

  it('is kept once each, in order of time', () => {
    const [one, two] = [born('ASIA1', 'a', NOW), born('ASIA2', 'b', NOW + 1)];
    const both = withMint(withMint([], two), one);
    expect(names(both)).toEqual(['ASIA1', 'ASIA2']);
    expect(withMint(both, { ...one, eventId: 'again' })).toBe(both);
    expect(mintedIn({ act: { kind: 'plain' } })).toBe('');
  });

  it('is bounded: sessions of a role that is named again go first, then the earliest', () => {
    const many = Array.from({ length: 64 }, (_, n) =>
      born(`ASIA${n}`, n === 5 || n === 9 ? 'twice' : `r${n}`, NOW + n),
    );
    expect(withMint(many.slice(1), many[0] as Observation)).toEqual(many);
    const more = withMint(many, born('ASIA64', 'r64', NOW + 64));
    expect(more).toHaveLength(64);
    expect(names(more)).not.toContain('ASIA5');
    const most = withMint(more, born('ASIA65', 'r65', NOW + 65));
    expect(most).toHaveLength(64);
    expect(names(most)).not.toContain('ASIA0');
    expect(names(most).at(-1)).toBe('ASIA65');
    const plain = obs({ act: { kind: 'plain' }, at: NOW - 1 });
    expect(withMint([plain, ...many.slice(1)], born('ASIA64', 'r64', NOW + 64))).toHaveLength(64);
  });

  it.each([
    ['a role’s session', 'role', 0, 'job (ASIANEW)'],
    ['one of nearly twelve hours ago', 'role', 12 * HOUR - 1, 'job (ASIANEW)'],
    ['one of twelve hours ago', 'role', 12 * HOUR, undefined],
    ['a session of its own', 'session', 0, undefined],
  ] as const)('%s is open or not', (_what, how, ago, expected) => {
    const one = obs({ act: { kind: 'mint', how, minted: 'ASIANEW', target: 'job' }, at: NOW - ago });
    expect(openSession({ ...one, last: NOW - ago }, NOW)).toBe(expected);
    expect(openSession({ ...one, act: { kind: 'plain' } }, NOW)).toBeUndefined();
  });
});
