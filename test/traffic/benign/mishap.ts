import type { Random } from '../random.ts';
import type { Call } from '../record.ts';
import type { Secret } from '../secret.ts';
import type { Stage } from '../stage.ts';

/** What goes wrong without anybody's ill will: throttling, a missing resource, a right that was forgotten. */
export interface Mishaps {
  /** What to add to a call of this API. */
  of(api: string): Partial<Call>;
}

/** One program in fifteen asks again and again for what it was never allowed, and nobody reads its log. */
export function createMishaps(apis: readonly string[], random: Random): Mishaps {
  const forbidden = random.chance(0.07) ? random.pick(apis) : undefined;
  const throttled = { error: { code: 'ThrottlingException', message: 'Rate exceeded' } };
  const missing = { error: { code: 'ResourceNotFoundException', message: 'Requested resource not found' } };
  return {
    of(api) {
      if (api === forbidden) return { denied: '*' };
      if (!random.chance(0.008)) return {};
      return random.weighted<Partial<Call>>([
        [throttled, 5],
        [missing, 3],
        [{ denied: '*' }, 1],
      ]);
    },
  };
}

/** The secrets that a program reads at a time: one in three begins to read one of them after some deployment only. */
export function secretsInUse(
  stage: Stage,
  secrets: readonly Secret[],
  random: Random,
): (at: number) => readonly Secret[] {
  if (secrets.length < 2 || !random.chance(0.35)) return () => secrets;
  const from = random.between(stage.start, stage.end);
  const former = secrets.slice(0, -1);
  return (at) => (at < from ? former : secrets);
}
