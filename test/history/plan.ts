import fc from 'fast-check';

/** T as deployed by default, and R; each verifier has a T of its own. */
const LONGEST_T = 1_000;
export const R = 300;

/** One verifier: where it runs, and what it keeps. `lambda`: one request at a time, frozen only between two. */
export interface Place {
  readonly runs: 'lambda' | 'service';
  readonly feedMaxAgeMs: number;
  /** 0: the record cache is off. */
  readonly recordCacheMaxMs: number;
  readonly recordCacheMaxEntries: number;
  /** What may happen to its time: both at once can hide time from any container. */
  readonly trouble: 'step' | 'freeze';
  /** MACs of KMS, which take their time beyond R. */
  readonly slowMac: boolean;
}

/** What happens `after` so many milliseconds; nothing waits for its end. */
export type Step = { readonly after: number } & (
  | {
      readonly do: 'ask';
      readonly at: number;
      readonly version: number;
      readonly times: number;
      /** All at once, or spread over so long. */
      readonly withinMs: number;
    }
  | { readonly do: 'rush'; readonly at: number; readonly change: 'suspend' | 'release' }
  | { readonly do: 'suspend'; readonly forMs: number }
  | { readonly do: 'release' | 'reissue' | 'revoke'; readonly wait: boolean }
  | { readonly do: 'rotate' | 'sweep' }
  | { readonly do: 'revoke-key'; readonly version: number; readonly wait: boolean }
  | { readonly do: 'rebind'; readonly inside: boolean }
  | { readonly do: 'burst'; readonly keyIds: number; readonly suspends: boolean }
  | { readonly do: 'trouble'; readonly at: number; readonly ms: number }
  | { readonly do: 'skip'; readonly to: 'retirement' | 'end'; readonly past: number }
);

/** One history: a seed for all delays, the verifiers, what happens. */
export interface Plan {
  readonly seed: number;
  readonly places: readonly Place[];
  readonly steps: readonly Step[];
}

const place: fc.Arbitrary<Place> = fc.record({
  runs: fc.constantFrom('service', 'lambda'),
  feedMaxAgeMs: fc.constantFrom(LONGEST_T, LONGEST_T, 250),
  recordCacheMaxMs: fc.constantFrom(60_000, 60_000, 2_000, 500, 0),
  recordCacheMaxEntries: fc.constantFrom(1_000, 1),
  trouble: fc.constantFrom('step', 'freeze'),
  slowMac: fc.constantFrom(false, false, true),
});

const after = fc.oneof(
  { weight: 4, arbitrary: fc.nat(80) },
  { weight: 3, arbitrary: fc.nat(600) },
  { weight: 2, arbitrary: fc.nat(2_500) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(249, 250, 251, LONGEST_T - 1, LONGEST_T, LONGEST_T + 1, LONGEST_T + R),
  },
);
const at = fc.nat(2);
const wait = fc.boolean();
const version = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat(2) });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.record({
      after,
      do: fc.constant('ask'),
      at,
      version,
      times: fc.integer({ min: 1, max: 4 }),
      withinMs: fc.constantFrom(0, 0, 0, R, LONGEST_T + R),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      after,
      do: fc.constant('rush'),
      at,
      change: fc.constantFrom('suspend', 'suspend', 'release'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ after, do: fc.constant('suspend'), forMs: fc.constantFrom(0, 0, 500, 3_000) }),
  },
  { weight: 6, arbitrary: fc.record({ after, do: fc.constant('release'), wait }) },
  { weight: 12, arbitrary: fc.record({ after, do: fc.constantFrom('rotate', 'rotate', 'sweep') }) },
  { weight: 2, arbitrary: fc.record({ after, do: fc.constant('reissue'), wait }) },
  { weight: 1, arbitrary: fc.record({ after, do: fc.constant('revoke'), wait }) },
  { weight: 1, arbitrary: fc.record({ after, do: fc.constant('revoke-key'), version, wait }) },
  { weight: 3, arbitrary: fc.record({ after, do: fc.constant('rebind'), inside: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      after,
      do: fc.constant('burst'),
      keyIds: fc.integer({ min: 40, max: 200 }),
      suspends: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      after,
      do: fc.constant('trouble'),
      at,
      ms: fc.oneof(fc.nat(4_000), fc.integer({ min: 500, max: 2_000 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      after,
      do: fc.constant('skip'),
      to: fc.constantFrom('retirement', 'retirement', 'end'),
      past: fc.integer({ min: -300, max: 1_500 }),
    }),
  },
) as fc.Arbitrary<Step>;

/** Histories of up to three verifiers and up to 45 steps. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.nat(),
  places: fc.array(place, { minLength: 3, maxLength: 3 }),
  steps: fc.array(step, { minLength: 4, maxLength: 45, size: 'max' }),
});

/** The history as a person reads it. */
export function spelled({ seed, places, steps }: Plan): string {
  let at = 0;
  return [
    `delays drawn from seed ${seed}`,
    ...places.map(
      ({ runs, feedMaxAgeMs, recordCacheMaxMs, recordCacheMaxEntries, trouble, slowMac }, index) =>
        `verifier ${index}: ${runs}, T ${feedMaxAgeMs} ms, ${
          recordCacheMaxMs === 0
            ? 'no record cache'
            : `${recordCacheMaxEntries} records for ${recordCacheMaxMs} ms`
        }, ${trouble === 'step' ? 'its wall clock may step' : 'may freeze'}${slowMac ? ', MACs take up to 900 ms' : ''}`,
    ),
    ...steps.map((step) => {
      at += step.after;
      return `+${at} ms  ${sentence(step)}`;
    }),
  ].join('\n');
}

function sentence(step: Step): string {
  switch (step.do) {
    case 'ask':
      return `verifier ${step.at} is asked ${step.times} times${step.withinMs === 0 ? '' : ` within ${step.withinMs} ms`} about version ${step.version} (0: the newest)`;
    case 'rush':
      return `${step.change} is ordered while verifier ${step.at} is asked again and again about the newest version`;
    case 'suspend':
      return step.forMs === 0 ? 'the token is suspended' : `the token is suspended for ${step.forMs} ms`;
    case 'revoke-key':
      return `version ${step.version} is revoked${step.wait ? '' : ', no wait'}`;
    case 'rebind':
      return `it is declared for the networks that the requests come from: ${step.inside ? 'yes' : 'no'}`;
    case 'burst':
      return `${step.suspends ? 'the token is suspended, then ' : ''}${step.keyIds} other credentials are revoked at once`;
    case 'trouble':
      return `verifier ${step.at} loses or gains ${step.ms} ms`;
    case 'skip':
      return `time passes to ${step.past} ms past the next ${step.to} of a version`;
    case 'rotate':
    case 'sweep':
      return `${step.do} runs`;
    default:
      return `${step.do} is ordered${step.wait ? '' : ', no wait'}`;
  }
}
