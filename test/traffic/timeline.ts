export const SECOND = 1_000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** A value that changes at known times; the entries are sorted, the first holds from the beginning. Times in epoch ms. */
export type Timeline<T> = readonly { readonly from: number; readonly value: T }[];

export const constant = <T>(value: T): Timeline<T> => [{ from: Number.NEGATIVE_INFINITY, value }];

export function valueAt<T>(timeline: Timeline<T>, at: number): T {
  let index = timeline.length - 1;
  while (index > 0 && (timeline[index] as { from: number }).from > at) index--;
  const entry = timeline[index];
  if (entry === undefined) throw new RangeError('an empty timeline');
  return entry.value;
}

const TWO: readonly string[] = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
const latest = { day: Number.NaN, text: '' };

/** `2026-09-01T10:00:00Z`, as CloudTrail writes times: whole seconds. The day's text is kept, as most calls share it. */
export function isoSeconds(at: number): string {
  const day = Math.floor(at / DAY);
  if (day !== latest.day) {
    latest.day = day;
    latest.text = new Date(day * DAY).toISOString().slice(0, 11);
  }
  const seconds = Math.floor((at - day * DAY) / SECOND);
  const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${latest.text}${TWO[hour]}:${TWO[minute]}:${TWO[seconds % 60]}Z`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sep 1, 2026 10:00:00 AM`, as IAM and STS write times inside responses (STS with a comma before the time). */
export function wordyTime(at: number, comma = ''): string {
  const date = new Date(at);
  const hour = date.getUTCHours();
  const [minutes, seconds] = [date.getUTCMinutes(), date.getUTCSeconds()].map((n) =>
    String(n).padStart(2, '0'),
  );
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}${comma} ${hour % 12 || 12}:${minutes}:${seconds} ${hour < 12 ? 'AM' : 'PM'}`;
}
