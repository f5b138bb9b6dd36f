import { describe, expect, it } from 'vitest';
import { holdsToken, isKeyId, parseToken, withoutSecrets } from '#core/token/format.ts';
import { FORGERIES } from './credential.ts';
import { kindsBy } from './edits.ts';
import { FACTOR_MOST, growthOf } from './growth.ts';
import { hunt, huntGiants } from './hunt.ts';
import { steepestOf } from './pumps.ts';
import { growthOfRegex, regexesIn } from './regexes.ts';
import { TARGETS } from './targets.ts';

/** The short run of `npm run fuzz`: a part of its inputs, the same ones each time. */
const SEED = 20_261_124;
const INPUTS = 2_000;
const GIANTS_SHARE = 30;
const PUMPS_SHARE = 307;

describe.each(TARGETS)('$target.name', ({ target }) => {
  it('holds every property under hostile inputs, and meets what it must', async () => {
    const { tally, find } = await hunt(target, { seed: SEED, inputs: INPUTS });
    expect(find).toBeUndefined();
    expect(tally.inputs).toBeGreaterThanOrEqual(INPUTS);
    expect([...tally.outcomes.keys()]).toEqual(expect.arrayContaining([...target.meets]));
    const kinds = new Set(kindsBy(target.kinds).map(({ name }) => name));
    for (const kind of tally.kinds.keys()) kinds.delete(kind);
    expect([...kinds].filter((kind) => kind !== 'bent JSON' && kind !== 'forged token')).toEqual([]);
  });

  it('holds them under giants', async () => {
    const { tally, find } = await huntGiants(target, GIANTS_SHARE);
    expect(find).toBeUndefined();
    expect(tally.inputs).toBeGreaterThan(0);
  });

  it('takes no more for a byte of much than for a byte of little', async () => {
    const steepest = await steepestOf(target, PUMPS_SHARE);
    expect(steepest.measured).toBeGreaterThan(0);
    expect(steepest.factor, steepest.place).toBeLessThanOrEqual(FACTOR_MOST);
  });
});

describe('regular expressions', () => {
  const { literals, made } = regexesIn(process.cwd());

  it('are linear, every one in the functions', { timeout: 120_000 }, async () => {
    expect(literals.length).toBeGreaterThan(40);
    for (const { place, regex } of literals) {
      const { factor, attack } = await growthOfRegex(regex, SEED);
      expect(factor, `${place} ${regex} ${attack}`).toBeLessThanOrEqual(FACTOR_MOST);
    }
  });

  it('are written as such, but for the ones of the token format, which are linear too', async () => {
    expect(made).toEqual(['functions/core/token/format.ts']);
    const keyId = '0123456789ABCDEF';
    for (const unit of ['twd_', 'twd_dev_', `twd_dev_${keyId}_`, '0', '_', `twd_dev_${keyId}_${keyId}`]) {
      for (const read of [parseToken, holdsToken, withoutSecrets, isKeyId]) {
        const growth = await growthOf((size) => {
          const text = unit.repeat(Math.ceil(size / unit.length));
          return () => read(text);
        });
        expect(growth.factor, `${read.name} of ${unit}`).toBeLessThanOrEqual(FACTOR_MOST);
      }
    }
  });
});

it('forges in so many ways', () => {
  const token = `twd_dev_0123456789ABCDEF_${'x'.repeat(43)}000000`;
  const stranger = `twd_dev_FEDCBA9876543210_${'y'.repeat(43)}000000`;
  for (const [name, forge] of FORGERIES) {
    const forged = [0, 1, 7, 30].map((number) => forge(token, number, number + 1, stranger));
    expect(forged.filter((text) => text !== token).length, name).toBeGreaterThan(0);
  }
});
