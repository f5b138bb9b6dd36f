import { describe, expect, it } from 'vitest';
import {
  destroyPepper,
  FIRST_PEPPER,
  newPepper,
  PEPPER_RECHECK_MS,
  pepperContext,
  retirePepper,
} from '#core/crypto/pepper.ts';
import type { PepperRecord } from '#core/records.ts';

const STEP = { at: 1_800_000_000_000, actor: { kind: 'system', id: 'issue' } } as const;
const PEPPER: PepperRecord = {
  schema: 1,
  kind: 'pepper',
  rev: 3,
  version: 1,
  wrapped: 'd3JhcHBlZA==',
  createdAt: 0,
  state: 'active',
};
const audited = (action: string, version: number) => [{ action, ...STEP, details: { version } }];

it('is believed for five minutes', () => {
  expect(PEPPER_RECHECK_MS).toBe(300_000);
});

it('wraps each version for itself', () => {
  expect(pepperContext(2)).toEqual({ purpose: 'tokenward-pepper', version: '2' });
});

describe('a pepper', () => {
  it.each([
    [1, FIRST_PEPPER, 'active'],
    [2, { version: 2, oldest: 1 }, 'active'],
    [1, { version: 2, oldest: 1 }, 'verify-only'],
  ] as const)('%i is made, under %j, to be %s', (version, plan, state) => {
    expect(newPepper(version, 'd3JhcHBlZA==', plan, STEP)).toEqual({
      writes: [
        {
          kind: 'put',
          expect: 0,
          record: {
            schema: 1,
            kind: 'pepper',
            rev: 0,
            version,
            wrapped: 'd3JhcHBlZA==',
            createdAt: STEP.at,
            state,
          },
        },
      ],
      audit: audited('pepper.created', version),
      feed: [],
    });
  });

  it('retires once, when a newer one is wanted', () => {
    const plan = { version: 2, oldest: 1 };
    expect(retirePepper(PEPPER, plan, STEP)).toEqual({
      writes: [{ kind: 'put', expect: 3, record: { ...PEPPER, state: 'verify-only' } }],
      audit: audited('pepper.retired', 1),
      feed: [],
    });
    expect(retirePepper(PEPPER, FIRST_PEPPER, STEP)).toBeUndefined();
    expect(retirePepper({ ...PEPPER, state: 'verify-only' }, plan, STEP)).toBeUndefined();
    expect(retirePepper({ ...PEPPER, version: 3 }, plan, STEP)).toBeUndefined();
  });

  it('leaves no ciphertext when it is destroyed', () => {
    expect(destroyPepper(PEPPER, STEP)).toEqual({
      writes: [{ kind: 'put', expect: 3, record: { ...PEPPER, state: 'destroyed', wrapped: '' } }],
      audit: audited('pepper.destroyed', 1),
      feed: [],
    });
  });
});
