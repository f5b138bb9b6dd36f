import type { Answered } from './container.ts';
import { stands } from './judge.ts';
import type { Truth } from './truth.ts';

/** What was met on the way, so that nobody takes an empty history for a good one. */
export const SEEN = [
  'requests',
  'accepted',
  'accepted after the end, in time',
  'accepted while pending',
  'denied',
  'denied: revoked',
  'denied: suspended',
  'denied: retired',
  'denied: expired',
  'denied: network',
  'denied: unknown',
  'denied: unavailable',
  'receipts',
  'promotions',
  'overflows',
  'torn reads',
  'time-outs',
  'freezes and steps',
] as const;

export type Seen = Record<(typeof SEEN)[number], number>;

export const nothingSeen = (): Seen => Object.fromEntries(SEEN.map((what) => [what, 0])) as Seen;

/** Adds one history's counts to a total. */
export function add(total: Seen, seen: Seen): void {
  for (const what of SEEN) total[what] += seen[what];
}

/** Counts what the verifiers answered. */
export function count(seen: Seen, answers: readonly Answered[], truth: Truth): void {
  for (const { keyId, verdict, at } of answers) {
    seen.requests++;
    if (!verdict.allow) {
      seen.denied++;
      const reason = `denied: ${verdict.reason}` as keyof Seen;
      if (reason in seen) seen[reason]++;
      continue;
    }
    seen.accepted++;
    const now = truth.of(keyId).findLast(({ from }) => from <= at)?.record;
    if (now === undefined) continue;
    if (!stands(now)) seen['accepted after the end, in time']++;
    if (now.state === 'pending') seen['accepted while pending']++;
  }
}
