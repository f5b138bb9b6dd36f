import fc from 'fast-check';
import { createAuthorizeRun } from '#functions/authorize/run.ts';
import { createVerifier } from '#functions/authorize/verifier.ts';
import { live } from './live.ts';
import { type Place, type Plan, plans, spelled } from './plan.ts';
import type { Judging } from './planted.ts';
import { add, nothingSeen, type Seen } from './seen.ts';

export const REAL: Judging = { createVerifier, createAuthorizeRun };

export interface Searched {
  readonly histories: number;
  readonly seen: Seen;
  /** The smallest history found that breaks a promise, as a person reads it, and how to live it again. */
  readonly failure?: string;
}

/** Lives `runs` histories; the first that breaks a promise is made smaller, unless `shrink` is off. */
export async function search(options: {
  readonly runs: number;
  readonly seed: number;
  readonly path?: string;
  readonly shrink?: boolean;
  readonly judging?: Judging;
  /** What every verifier is like. */
  readonly where?: Partial<Place>;
}): Promise<Searched> {
  const { runs, seed, path, shrink = true, judging = REAL, where = {} } = options;
  const seen = nothingSeen();
  let histories = 0;
  const drawn = plans.map((plan) => ({
    ...plan,
    places: plan.places.map((place) => ({ ...place, ...where })),
  }));
  const checked = await fc.check(
    fc.asyncProperty(drawn, async (plan) => {
      const outcome = await live(plan, judging);
      histories++;
      add(seen, outcome.seen);
      return outcome.violations.length === 0;
    }),
    { numRuns: runs, seed, endOnFailure: !shrink, ...(path === undefined ? {} : { path }) },
  );
  if (!checked.failed) return { histories, seen };
  const [plan] = checked.counterexample ?? [];
  const again = `npm run histories -- --seed ${checked.seed} --path ${checked.counterexamplePath}`;
  const why = plan === undefined ? String(checked.errorInstance) : await toldOf(plan, judging);
  return { histories, seen, failure: `${why}\n\nagain: ${again}` };
}

async function toldOf(plan: Plan, judging: Judging): Promise<string> {
  const { violations } = await live(plan, judging);
  return `${violations.slice(0, 3).join('\n')}\n\n${spelled(plan)}`;
}
