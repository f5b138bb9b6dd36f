import type { Reading, Rejection } from '#core/detection/fact.ts';
import { jsonIn } from '#core/json.ts';
import type { Result } from '#core/result.ts';
import { readEvent } from './record.ts';
import { blank, INCOMPLETE, objectEnd } from './scan.ts';

/** The largest single record, line or envelope; CloudTrail's largest event is 1 MB. */
const RECORD_MOST_BYTES: number = 16 * 1024 * 1024;

const OPEN = 0x7b;
const OPEN_LIST = 0x5b;
const CLOSE = 0x7d;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/** What a stream tells of each record as it passes. */
export type Tell = (reading: Result<Reading, Rejection>) => void;

export interface RecordStream {
  /** Takes the next bytes, wherever they were cut. */
  readonly push: (chunk: Buffer) => void;
  /** No more bytes come: what is left over is no record. */
  readonly end: () => void;
}

/**
 * Cuts a file's bytes into records and reads each: a CloudTrail log file (`{"Records": […]}`), a list, or one
 * record, envelope or `{"event": …}` after another, on lines or not. Keeps no more than one record and one chunk in
 * memory. Broken JSON costs its line, or inside a list the rest of that list, and is told once.
 */
export const createRecordStream = (tell: Tell): RecordStream =>
  createValueStream((value) => tell(value === undefined ? broken('json') : readEvent(value)), tell);

/** The same of whatever is in a file, as JSON values. `lost`: something that cannot be read. */
export function createValueStream(take: (value: unknown) => void, lost: Tell): RecordStream {
  let rest: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let inList = false;
  let closing = false;
  let skipping = false;

  /** What is left of a record is looked at again only with as much again behind it: else each chunk reads all of it. */
  function push(chunk: Buffer): void {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes >= rest.length || rest.length + waitingBytes > RECORD_MOST_BYTES) drain();
  }

  function drain(): void {
    const [only] = waiting;
    const bytes =
      rest.length === 0 && only?.length === waitingBytes ? only : Buffer.concat([rest, ...waiting]);
    waiting = [];
    waitingBytes = 0;
    const used = consume(bytes);
    rest = bytes.subarray(used);
    if (rest.length <= RECORD_MOST_BYTES) return;
    lost(broken('too large'));
    rest = Buffer.alloc(0);
    skipping = true;
  }

  /** Reads every whole record; how many bytes are done with. */
  function consume(bytes: Buffer): number {
    const end = bytes.length;
    let pos = 0;
    /** Where the line at hand ends, at the latest with the bytes; and the last line known not to be one record. */
    let line = -1;
    let mixed = -1;
    for (;;) {
      if (skipping) {
        line = lineEnd(bytes, pos);
        if (line === end) return end;
        skipping = false;
        pos = line + 1;
      }
      pos = blank(bytes, pos, end);
      if (pos >= end) return pos;
      const byte = bytes[pos];
      if (byte === COMMA && inList) pos++;
      else if (byte === CLOSE_LIST && inList) {
        inList = false;
        closing = true;
        pos++;
      } else if (byte === CLOSE && closing) {
        closing = false;
        pos++;
      } else if (byte === OPEN_LIST && !inList) {
        inList = true;
        pos++;
      } else if (byte === OPEN) {
        const list = inList ? -1 : listIn(bytes, pos, end);
        if (list === 0) return pos;
        if (list > 0) {
          inList = true;
          pos = list;
          continue;
        }
        if (pos > line) line = lineEnd(bytes, pos);
        const alone = !inList && line < end && line !== mixed;
        const whole = alone ? parse(bytes, pos, line) : undefined;
        if (alone && whole === undefined) mixed = line;
        const next = whole === undefined ? objectEnd(bytes, pos, end) : line;
        if (next === INCOMPLETE) return pos;
        const value = whole ?? parse(bytes, pos, next);
        take(value);
        pos = next;
      } else if (BYTE_ORDER_MARK.includes(byte as number)) pos++;
      else pos = giveUp(pos);
    }
  }

  function giveUp(pos: number): number {
    lost(broken('json'));
    inList = false;
    skipping = true;
    return pos;
  }

  return {
    push,
    end: () => {
      if (waitingBytes > 0) drain();
      if (blank(rest, 0, rest.length) < rest.length) lost(broken('json'));
      rest = Buffer.alloc(0);
    },
  };
}

/** Where a line ends, found far faster than an object's last bracket; most files have a record on each. */
function lineEnd(bytes: Buffer, start: number): number {
  const found = bytes.indexOf(NEWLINE, start);
  return found < 0 ? bytes.length : found;
}

const parse = (bytes: Buffer, start: number, end: number): unknown =>
  jsonIn(bytes.toString('utf8', start, end));

const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

const broken = (field: string): Result<Reading, Rejection> => ({
  ok: false,
  error: { field, shape: '' },
});

const RECORDS = /^\{\s*"Records"\s*:\s*\[/;
const HEAD_MOST = 64;

/** Where the list of a log file begins; 0 where that cannot be told yet, −1 where the object is none. */
function listIn(bytes: Buffer, start: number, end: number): number {
  const head = bytes.toString('latin1', start, Math.min(end, start + HEAD_MOST));
  const match = RECORDS.exec(head);
  if (match !== null) return start + match[0].length;
  return end - start < HEAD_MOST && /^\{\s*("R?e?c?o?r?d?s?"?\s*:?\s*)?$/.test(head) ? 0 : -1;
}
