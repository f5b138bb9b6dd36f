import type { Reading, Rejection } from '#core/detection/fact.ts';
import { type Result, refuse } from '#core/result.ts';
import { type Who, whoOf } from './identity.ts';
import { interpret, readEvent } from './record.ts';
import { type Bag, bag, TEXT_MOST, text } from './values.ts';

/** Where a scan ended early: the object goes on after the bytes at hand, or it is no JSON. */
export const INCOMPLETE = -1;
export const MALFORMED = -2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** The fields that are picked out of a record as bytes; all others are passed over. */
const FIELDS = [
  'eventID',
  'eventName',
  'eventTime',
  'eventType',
  'awsRegion',
  'userAgent',
  'errorCode',
  'eventSource',
  'userIdentity',
  'vpcEndpointId',
  'sourceIPAddress',
  'requestParameters',
  'responseElements',
  'recipientAccountId',
  'addendum',
] as const;

type Field = (typeof FIELDS)[number];

const AT = Object.fromEntries(FIELDS.map((name, index) => [name, index])) as Readonly<Record<Field, number>>;

/** The fields by the length of their names, as bytes. */
const BY_LENGTH: readonly (readonly { readonly bytes: Uint8Array; readonly at: number }[])[] = Array.from(
  { length: 20 },
  (_, length) =>
    FIELDS.filter((name) => name.length === length).map((name) => ({
      bytes: new TextEncoder().encode(name),
      at: AT[name],
    })),
);

const DETAIL = new TextEncoder().encode('detail');
const EVENT = new TextEncoder().encode('event');

/**
 * Reads records out of bytes without building what nobody asks for: one pass over an object's own fields, nested
 * values passed over by their brackets. Several times faster than JSON.parse, which remains the judge of everything
 * unusual. What is passed over is not checked to be JSON; what is read is.
 */
export interface Scanner {
  /**
   * Scans the object at `start`; the offset after it, {@link INCOMPLETE} or {@link MALFORMED}. Then `read` tells
   * what it says.
   */
  readonly scan: (bytes: Buffer, start: number, end: number) => number;
  /** What the object scanned last says. */
  readonly read: () => Result<Reading, Rejection>;
}

export function createScanner(): Scanner {
  const starts = new Int32Array(FIELDS.length);
  const ends = new Int32Array(FIELDS.length);
  /** Per field: 0 missing, 1 plain text, 2 text with escapes or beyond ASCII, 3 an object or list, 4 anything else. */
  const forms = new Uint8Array(FIELDS.length);
  let source: Buffer = Buffer.alloc(0);
  let from = 0;
  let to = 0;
  const identities = new Map<string, { readonly who: Who | undefined; readonly account: string }>();

  function scan(bytes: Buffer, start: number, end: number): number {
    source = bytes;
    from = start;
    forms.fill(0);
    to = object(bytes, start, end, 0);
    return to;
  }

  function object(bytes: Buffer, start: number, end: number, depth: number): number {
    let pos = start + 1;
    for (;;) {
      pos = blank(bytes, pos, end);
      if (pos >= end) return INCOMPLETE;
      if (bytes[pos] === CLOSE) return pos + 1;
      if (bytes[pos] === COMMA) {
        pos++;
        continue;
      }
      if (bytes[pos] !== QUOTE) return MALFORMED;
      const key = pos + 1;
      const keyEnd = stringEnd(bytes, key, end);
      if (keyEnd < 0) return INCOMPLETE;
      pos = blank(bytes, keyEnd + 1, end);
      if (pos >= end) return INCOMPLETE;
      if (bytes[pos] !== COLON) return MALFORMED;
      pos = blank(bytes, pos + 1, end);
      if (pos >= end) return INCOMPLETE;
      if (depth < 3 && bytes[pos] === OPEN && isWrapper(bytes, key, keyEnd)) {
        pos = object(bytes, pos, end, depth + 1);
        if (pos < 0) return pos;
        continue;
      }
      const field = fieldOf(bytes, key, keyEnd);
      const valueStart = pos;
      const form = bytes[pos] === QUOTE ? 1 : bytes[pos] === OPEN || bytes[pos] === OPEN_LIST ? 3 : 4;
      pos =
        form === 1
          ? stringEnd(bytes, pos + 1, end) + 1
          : form === 3
            ? nested(bytes, pos, end)
            : bare(bytes, pos, end);
      if (pos <= 0) return INCOMPLETE;
      if (form === 4 && pos === valueStart) return MALFORMED;
      if (field < 0) continue;
      starts[field] = valueStart;
      ends[field] = pos;
      forms[field] = form === 1 && !isPlain(bytes, valueStart + 1, pos - 1) ? 2 : form;
    }
  }

  /** A field's text; empty where it is missing, or no text. */
  function textOf(field: number): string {
    const form = forms[field];
    if (form === 1) return sliceOf((starts[field] as number) + 1, (ends[field] as number) - 1);
    if (form !== 2) return '';
    const value = parsed(field);
    return typeof value === 'string' ? text({ value }, 'value') : '';
  }

  const sliceOf = (start: number, end: number): string =>
    end - start > TEXT_MOST ? '' : source.toString('latin1', start, end);

  function parsed(field: number): unknown {
    return parse(source.toString('utf8', starts[field], ends[field]));
  }

  function identity(): { readonly who: Who | undefined; readonly account: string } {
    if (forms[AT.userIdentity] !== 3) return NOBODY;
    const slice = source.toString('latin1', starts[AT.userIdentity], ends[AT.userIdentity]);
    const known = identities.get(slice);
    if (known !== undefined) return known;
    const value = bag(parsed(AT.userIdentity));
    const read = { who: whoOf(value), account: text(value, 'accountId') };
    if (identities.size >= IDENTITIES_MOST) identities.clear();
    identities.set(slice, read);
    return read;
  }

  function read(): Result<Reading, Rejection> {
    const unusual = forms[AT.eventName] === 0 || forms[AT.addendum] === 3;
    const ofService = textOf(AT.eventType) === 'AwsServiceEvent';
    if (unusual || ofService) return whole();
    const { who, account } = identity();
    const result = interpret({
      eventId: textOf(AT.eventID),
      update: false,
      name: textOf(AT.eventName),
      source: textOf(AT.eventSource),
      time: textOf(AT.eventTime),
      region: textOf(AT.awsRegion),
      ip: textOf(AT.sourceIPAddress),
      endpoint: textOf(AT.vpcEndpointId),
      agent: textOf(AT.userAgent),
      errorCode: textOf(AT.errorCode),
      account: textOf(AT.recipientAccountId) || account,
      ofService,
      who,
      inner,
    });
    return result.ok ? result : whole();
  }

  function inner(name: string): Bag | undefined {
    const field = AT[name as Field] ?? -1;
    return field >= 0 && forms[field] === 3 ? bag(parsed(field)) : undefined;
  }

  /** The long way, for what is rare and for what is refused: the refusal's words come from one place. */
  function whole(): Result<Reading, Rejection> {
    const value = parse(source.toString('utf8', from, to));
    return value === undefined ? refuse({ field: 'json', shape: '' }) : readEvent(value);
  }

  return { scan, read };
}

const NOBODY: { readonly who: undefined; readonly account: string } = { who: undefined, account: '' };
const IDENTITIES_MOST = 16_384;

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The offset of the first byte that is not white space. */
export function blank(bytes: Buffer, start: number, end: number): number {
  let pos = start;
  while (pos < end) {
    const byte = bytes[pos] as number;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return pos;
    pos++;
  }
  return pos;
}

/** The offset of the quote that ends a string; −1 where it goes on. */
function stringEnd(bytes: Buffer, start: number, end: number): number {
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos];
    if (byte === QUOTE) return pos;
    if (byte === BACKSLASH) pos++;
  }
  return INCOMPLETE;
}

/** The offset after a nested object or list; 0 where it goes on. */
function nested(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos] as number;
    if (byte === QUOTE) {
      pos = stringEnd(bytes, pos + 1, end);
      if (pos < 0) return 0;
    } else if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) return pos + 1;
  }
  return 0;
}

/** The offset after a number or a word; 0 where it may go on. */
function bare(bytes: Buffer, start: number, end: number): number {
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos] as number;
    if (byte === COMMA || byte === CLOSE || byte === CLOSE_LIST || byte <= 0x20) return pos;
  }
  return 0;
}

function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos] as number;
    if (byte === BACKSLASH || byte >= 0x80 || byte < 0x20) return false;
  }
  return true;
}

function fieldOf(bytes: Buffer, start: number, end: number): number {
  for (const { bytes: name, at } of BY_LENGTH[end - start] ?? []) {
    if (isSame(bytes, start, name)) return at;
  }
  return -1;
}

function isSame(bytes: Buffer, start: number, name: Uint8Array): boolean {
  for (let index = name.length - 1; index >= 0; index--) {
    if (bytes[start + index] !== name[index]) return false;
  }
  return true;
}

function isWrapper(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  return (length === 6 && isSame(bytes, start, DETAIL)) || (length === 5 && isSame(bytes, start, EVENT));
}
