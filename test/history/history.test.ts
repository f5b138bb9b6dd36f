import { describe, expect, it } from 'vitest';
import { PLANTED, withFault } from './planted.ts';
import { REAL, search } from './search.ts';
import { SEEN } from './seen.ts';

const HISTORIES = 100;
/** Met in some of a hundred histories; `npm run histories` demands them. */
const RARE: readonly string[] = ['denied: retired', 'accepted while pending'];
const SEARCHED_MOST = 1_500;

describe('histories', () => {
  it('are explained by states that held within T + R, receipts are kept, no verifier goes back', {
    timeout: 60_000,
  }, async () => {
    const { failure, seen } = await search({ runs: HISTORIES, seed: Date.now() % 2 ** 31 });
    expect(failure).toBeUndefined();
    for (const what of SEEN.filter((each) => !RARE.includes(each)))
      expect(seen[what], what).toBeGreaterThan(0);
  });

  it.each(PLANTED)('a verifier that $fault is caught', { timeout: 60_000 }, async (planted) => {
    const judging = await withFault(planted, REAL);
    const { seed, where = {} } = planted;
    const { failure } = await search({ runs: SEARCHED_MOST, seed, shrink: false, judging, where });
    expect(failure).toContain(`again: npm run histories -- --seed ${seed} --path`);
  });
});
