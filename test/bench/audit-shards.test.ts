import { describe, expect, it } from 'vitest';
import { type Load, type Met, meet } from './audit-shards.ts';

const rounded = ({ refused, busyPerCommit, p50, p99 }: Met): readonly number[] => [
  refused,
  Math.round(busyPerCommit * 100) / 100,
  p50,
  p99,
];

/** Committers, chains, then what docs/decisions/0001-audit-shards.md says was met: refused, busy, p50, p99. */
const CHAINS: readonly [number, Load['chains'], readonly number[]][] = [
  [16, 1, [0, 1.51, 11, 1926]],
  [16, 16, [0, 0.66, 11, 200]],
  [16, 256, [0, 0.06, 11, 34]],
  [16, 'token', [0, 0, 11, 11]],
  [64, 1, [8, 5.85, 95, 4546]],
  [64, 16, [0, 1.31, 18, 750]],
  [64, 256, [0, 0.19, 11, 66]],
  [64, 1024, [0, 0.05, 11, 30]],
  [64, 'token', [0, 0, 11, 11]],
  [256, 256, [0, 0.6, 11, 217]],
  [256, 1024, [0, 0.21, 11, 57]],
  [256, 'token', [0, 0, 11, 11]],
];

describe('the figures of the decision on audit shards', () => {
  it.each(CHAINS)('%d committers, %s chains', async (committers, chains, expected) => {
    expect(rounded(await meet({ committers, changesEach: 10, chains, feed: false }))).toEqual(expected);
  });

  it.each([
    [64, 10, 256, [8, 5.85, 95, 4546]],
    [64, 10, 'token', [9, 5.84, 67, 4591]],
    [64, 1, 256, [0, 6.22, 558, 1471]],
    [256, 1, 256, [0, 14.5, 2199, 4712]],
  ] as const)(
    '%d committers, %d changes each that verifiers must hear of, %s chains',
    async (committers, changesEach, chains, expected) => {
      expect(rounded(await meet({ committers, changesEach, chains, feed: true }))).toEqual(expected);
    },
  );
});
