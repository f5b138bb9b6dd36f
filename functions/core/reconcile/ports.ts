import { PortError } from '../ports.ts';
import type { EpochMs } from '../records.ts';
import type { Cursor } from './cursor.ts';

/** Where the reader keeps how far it has come: `RECONCILE#<region> / CURSOR`. */
export interface CursorStore {
  /** Strongly consistent; absent before the first run. */
  read(region: string): Promise<Cursor | undefined>;
  /** Stores it under the revision after its own; false: another run has, meanwhile. */
  replace(cursor: Cursor): Promise<boolean>;
}

/** The files of a trail. */
export interface TrailFiles {
  /** Names that begin with `prefix` and come after `after`, in order, at most a thousand. */
  list(prefix: string, after: string): Promise<{ readonly names: readonly string[]; readonly more: boolean }>;
  /** A file's bytes, unpacked. @throws PortError `broken-file`: it is not whole, and will not be another time. */
  bytes(name: string): AsyncIterable<Buffer>;
}

/** Whether reading a file failed for what is in it, as it will another time. */
export const isBrokenFile = (fault: unknown): boolean =>
  fault instanceof PortError && fault.code === 'broken-file';

/** CloudTrail's own memory of a region's management events, 90 days of it: two calls a second for the account. */
export interface EventHistory {
  /** One page of records with a name, newest first, as JSON values. */
  lookup(asked: {
    readonly region: string;
    readonly name: string;
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly page?: string;
  }): Promise<{ readonly records: readonly unknown[]; readonly page?: string }>;
}

/** The responder's queue. */
export interface EventQueue {
  /** Message bodies, each of at most 256 KB. */
  send(bodies: readonly string[]): Promise<void>;
}
