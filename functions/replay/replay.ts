import type { Reading, Rejection } from '#core/detection/fact.ts';
import type { World } from '#core/detection/judge-group.ts';
import type { BreakerOutcome } from '#core/response/breaker.ts';
import type { Result } from '#core/result.ts';
import { createEventIds, type EventIds } from './event-ids.ts';
import { createFold, type Fold } from './fold.ts';
import { judgeAll } from './judge.ts';
import type { Judged } from './rounds.ts';
import type { Scratch } from './scratch.ts';
import { breakerOf } from './summary.ts';

/** A replay in progress: readings go in, in any order and any number of times; the verdicts come out at the end. */
export interface Replay {
  readonly take: (reading: Result<Reading, Rejection>) => void;
  readonly counts: () => Tally;
  readonly finish: () => Replayed;
}

/** What was read. */
export interface Tally {
  readonly events: number;
  readonly parsed: number;
  /** Corrections of records that were read before or will be. */
  readonly updates: number;
  /** Rejected records by the field that could not be read, never their content. */
  readonly rejected: Readonly<Record<string, number>>;
}

export interface Replayed {
  readonly judged: Judged;
  readonly breaker: BreakerOutcome;
  readonly duplicates: number;
}

/**
 * Counts readings, and passes on what they hold. A record corrected afterwards (`UPDATED_DATA`) is the same event
 * again: it counts as a duplicate and gives no second piece of evidence.
 */
export function createTally(fold: Pick<Fold, 'add'>, ids: Pick<EventIds, 'add'>): Omit<Replay, 'finish'> {
  const rejected = new Map<string, number>();
  let events = 0;
  let parsed = 0;
  let updates = 0;
  return {
    take(reading) {
      events++;
      if (!reading.ok) {
        rejected.set(reading.error.field, (rejected.get(reading.error.field) ?? 0) + 1);
        return;
      }
      parsed++;
      if (reading.value.update) {
        updates++;
        return;
      }
      ids.add(reading.value.eventId);
      for (const fact of reading.value.facts) fold.add(fact);
    },
    counts: () => ({ events, parsed, updates, rejected: Object.fromEntries(rejected) }),
  };
}

export function createReplay(world: World, scratch: Scratch, heldMost?: number): Replay {
  const fold = createFold(scratch, world.contracts, heldMost);
  const ids = createEventIds(scratch);
  const tally = createTally(fold, ids);
  return {
    ...tally,
    finish() {
      const judged = judgeAll(fold, world);
      const duplicates = ids.duplicates() + tally.counts().updates;
      return { judged, breaker: breakerOf(judged, world.policy), duplicates };
    },
  };
}
