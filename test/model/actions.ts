import fc from 'fast-check';

/** What may be done; plain data, so that a run can be told, made smaller and done again. */
export type Action =
  | { readonly do: 'register' | 'remove' | 'revoke' | 'release' | 'reissue'; readonly token: string }
  | { readonly do: 'suspend'; readonly token: string; readonly forMs: number }
  | { readonly do: 'issue once'; readonly key: string }
  | { readonly do: 'exchange' | 'redeploy' | 'sweep' }
  | {
      readonly do: 'use elsewhere';
      readonly token: string;
      readonly event: string;
      readonly deliveries: number;
    }
  | { readonly do: 'revoke key'; readonly nth: number }
  | { readonly do: 'rotate'; readonly token: string }
  /** One attempt, or all of them, with one crash before or after one of its calls. */
  | {
      readonly do: 'rotate and crash';
      readonly token: string;
      readonly call: number;
      readonly side: 'before' | 'after';
      readonly attempts: 1 | 3;
    }
  | {
      readonly do: 'repeat';
      readonly what: 'last rotation' | 'last registration' | 'all orders';
      readonly token: string;
    }
  | { readonly do: 'wait'; readonly ms: number };

const MANAGED = ['orders', 'billing'] as const;
const HOUR = 3_600_000;

const token = fc.constantFrom(...MANAGED);
const one = <const D extends string>(what: D): fc.Arbitrary<{ do: D }> =>
  fc.record({ do: fc.constant(what) });
const onToken = <const D extends string>(what: D): fc.Arbitrary<{ do: D; token: string }> =>
  fc.record({ do: fc.constant(what), token });

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: onToken('register') },
  { weight: 10, arbitrary: onToken('rotate') },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('rotate and crash' as const),
      token,
      call: fc.nat(45),
      side: fc.constantFrom('before', 'after'),
      attempts: fc.constantFrom(1, 1, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('suspend' as const),
      token,
      forMs: fc.constantFrom(0, 5 * 60_000, 2 * HOUR),
    }),
  },
  { weight: 5, arbitrary: onToken('release') },
  { weight: 3, arbitrary: onToken('reissue') },
  { weight: 1, arbitrary: onToken('remove') },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('revoke key' as const), nth: fc.nat(7) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('use elsewhere' as const),
      token,
      event: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      deliveries: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('repeat' as const),
      what: fc.constantFrom('last rotation', 'last registration', 'all orders'),
      token,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('issue once' as const),
      key: fc.constantFrom('first-key', 'other-key'),
    }),
  },
  { weight: 2, arbitrary: one('exchange') },
  { weight: 2, arbitrary: one('redeploy') },
  { weight: 8, arbitrary: one('sweep') },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.constantFrom(60_000, 16 * 60_000, 31 * 60_000, 2 * HOUR, 25 * HOUR), fc.nat(10 * HOUR)),
    }),
  },
);

/** A revoke ends most of what may follow, so that it comes late and once in a while. */
export const actions: fc.Arbitrary<readonly Action[]> = fc
  .tuple(
    fc.array(action, { minLength: 52, maxLength: 60, size: 'max' }),
    fc.option(fc.record({ at: fc.integer({ min: 20, max: 55 }), token }), { freq: 2 }),
  )
  .map(([list, end]) => [
    ...MANAGED.map((token): Action => ({ do: 'register', token })),
    ...(end === null ? list : list.toSpliced(end.at, 0, { do: 'revoke', token: end.token })),
  ]);

/** One action as a person reads it. */
export function spelled(done: Action): string {
  const { do: what, ...rest } = done;
  return `${what}${Object.entries(rest)
    .map(([name, value]) => `, ${name} ${value}`)
    .join('')}`;
}
