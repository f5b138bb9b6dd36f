import type { Weights } from './edits.ts';
import type { Bench, Heard, Most } from './watch.ts';

/** What became of one input, by name; after a refusal everything must be as before. */
export interface Outcome {
  readonly name: string;
  readonly refused: boolean;
}

/** A function in its world, with inputs that it takes as they are. */
export interface Opened extends Bench {
  /** Valid events, or such as its senders really send; edits start from them. */
  readonly samples: readonly unknown[];
  /** Names the outcome. Throws a Violation where something owed by this function alone does not hold. */
  readonly judge: (heard: Heard) => Outcome;
}

/** Something that takes what others send. */
export interface Target {
  readonly name: string;
  readonly most: Most;
  /** Kinds of edits that tell something here. @default - all of them */
  readonly kinds?: Weights;
  /** How many edits one input has at the most. @default - 4 */
  readonly editsMost?: number;
  /** The same world each time. */
  readonly open: () => Promise<Opened>;
  /** Outcomes that a run of some thousand inputs must have met: without them it has tried nothing. */
  readonly meets: readonly string[];
}
