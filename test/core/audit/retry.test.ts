import { describe, expect, it } from 'vitest';
import { COMMIT_ATTEMPTS, commitWaitMs } from '#core/audit/retry.ts';

describe('commitWaitMs', () => {
  it.each([
    [0, 0.5, 10],
    [1, 0.5, 20],
    [4, 0.5, 160],
    [5, 0.5, 200],
    [COMMIT_ATTEMPTS - 1, 0.5, 200],
    [3, 0, 0],
  ])('attempt %i, random %f: %i ms', (attempt, random, ms) => {
    expect(commitWaitMs(attempt, random)).toBe(ms);
  });
});
