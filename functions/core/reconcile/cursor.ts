import type { EpochMs } from '../records.ts';

/** How far one region's part of a trail has been read. */
export interface Cursor {
  readonly schema: 1;
  /** Optimistic lock, as of records. */
  readonly rev: number;
  readonly region: string;
  /** Delivery time of the newest file that was read, to the minute, or what events were looked up until. */
  readonly newest: EpochMs;
  /** What was read of the files delivered since {@link LATE_MS} before it: the end of each name, oldest first. */
  readonly seen: readonly string[];
}

const MINUTE = 60_000;

/** Files of one minute have no order, and some appear after later ones: so far back is listed again. */
export const LATE_MS: number = 15 * MINUTE;

/** Where reading begins: the bus is best effort, and what it lost before there was a reader is for a replay. */
const FIRST_MS = 60 * MINUTE;

/** An item has room for so many; what is forgotten is read again, and judged once all the same. */
const SEEN_MOST = 4_000;

/** A region whose part was never read. */
export const firstCursor = (region: string, now: EpochMs): Cursor => ({
  schema: 1,
  rev: 0,
  region,
  newest: now - FIRST_MS,
  seen: [],
});

/** A trail's part for one account and region, as CloudTrail names its objects. */
export interface TrailPart {
  /** What the bucket's owner put before `AWSLogs/`; empty: nothing. */
  readonly prefix: string;
  /** Of an organisation's trail. */
  readonly organizationId?: string;
  readonly account: string;
  readonly region: string;
}

/** What every name of a part begins with. */
export function partPrefix({ prefix, organizationId, account, region }: TrailPart): string {
  const organisation = organizationId === undefined ? '' : `${organizationId}/`;
  return `${prefix === '' ? '' : `${prefix}/`}AWSLogs/${organisation}${account}/CloudTrail/${region}/`;
}

/** The name after which everything that is not certainly read comes. */
export function listFrom(part: TrailPart, { newest }: Cursor): string {
  const time = new Date(newest - LATE_MS).toISOString();
  const [day = '', clock = ''] = time.split('T');
  const stamp = `${day.replaceAll('-', '')}T${clock.slice(0, 5).replace(':', '')}Z`;
  const { account, region } = part;
  return `${partPrefix(part)}${day.replaceAll('-', '/')}/${account}_CloudTrail_${region}_${stamp}`;
}

const STAMP = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_([A-Za-z0-9]{1,64})\.json(?:\.gz)?$/;

/** When a file was delivered, and the end of its name; `undefined` for what is no log file (digests lie elsewhere). */
export function fileOf(name: string): { readonly at: EpochMs; readonly end: string } | undefined {
  const [, year, month, day, hour, minute, unique] = STAMP.exec(name) ?? [];
  if (unique === undefined) return undefined;
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  return { at, end: `${hour}${minute}${unique}` };
}

/** Names that were not read yet, in order. */
export function unread(cursor: Cursor, names: readonly string[]): readonly string[] {
  const seen = new Set(cursor.seen);
  return names.filter((name) => {
    const file = fileOf(name);
    return file !== undefined && !seen.has(file.end);
  });
}

/** The cursor once these have been read as well. What is too old to be listed again is forgotten. */
export function advance(cursor: Cursor, read: readonly string[]): Cursor {
  const files = read.flatMap((name) => fileOf(name) ?? []);
  const newest = Math.max(cursor.newest, ...files.map(({ at }) => at));
  const seen = [...cursor.seen, ...files.map(({ end }) => end)];
  return { ...cursor, newest, seen: seen.filter((end) => listedAgain(end, newest)).slice(-SEEN_MOST) };
}

/** By the time of day, which is all that is kept of it: nothing seen is newer than the newest. */
function listedAgain(end: string, newest: EpochMs): boolean {
  const minuteOfDay = Number(end.slice(0, 2)) * 60 + Number(end.slice(2, 4));
  const newestMinute = Math.floor(newest / MINUTE) % 1_440;
  const age = (newestMinute - minuteOfDay + 1_440) % 1_440;
  return age <= LATE_MS / MINUTE;
}
