import type { EpochMs } from '#core/records.ts';
import type { Deployment, Where } from './deployment.ts';

/** What a command has of the world: two streams, a person to ask, a clock, and the way to a deployment. */
export interface Session {
  /** Results, for people or programs. */
  readonly out: (text: string) => void;
  /** Progress and errors. */
  readonly err: (text: string) => void;
  /** Whether `out` may carry colours. */
  readonly colour: boolean;
  /** Whether somebody is there to be asked. */
  readonly interactive: boolean;
  /** The answer as typed; `undefined` when the person cancelled. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly now: () => EpochMs;
  readonly connect: (where: Where) => Deployment;
}
