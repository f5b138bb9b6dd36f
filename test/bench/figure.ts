/** How much is measured: `quick` leaves out what takes long, and judges only what has room on a busy machine. */
export type Effort = 'quick' | 'full';

/** One number of a run. */
export interface Figure {
  /** Begins with its line's name. By it the last landed run is found, so it stays. */
  readonly name: string;
  readonly value: number;
  /** `×` for a ratio. */
  readonly unit: string;
  /** More than this fails the run; absent: told for information. */
  readonly limit?: number;
  /** Between which values the middle half of the rounds lay. */
  readonly spread?: readonly [number, number];
  /** Says as much of the machine as of us (times, memory): shown, never landed. */
  readonly local?: boolean;
}

/** What is measured together. */
export interface Line {
  readonly name: string;
  /** What is measured, what it includes and what it is held against. */
  readonly says: string;
  /** Left out of a quick run. */
  readonly slow?: boolean;
  measure(effort: Effort): Promise<readonly Figure[]>;
}
