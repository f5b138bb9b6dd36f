const DAY_FORM = /^\d{4}-\d{2}-\d{2}$/;
const days = new Map<string, number>();
const DAYS_MOST = 4_096;

/**
 * CloudTrail's `eventTime` in epoch milliseconds, `NaN` where it is none. Its one usual form is read by hand: a day
 * is parsed once, which is several times faster than parsing every time.
 */
export function eventTime(text: string): number {
  if (text.length !== 20 || text.charCodeAt(10) !== 84 || text.charCodeAt(19) !== 90) return Date.parse(text);
  const day = dayStart(text.slice(0, 10));
  const hours = pair(text, 11);
  const minutes = pair(text, 14);
  const seconds = pair(text, 17);
  const colons = text.charCodeAt(13) === 58 && text.charCodeAt(16) === 58;
  return colons && hours < 24 && minutes < 60 && seconds < 60
    ? day + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000
    : Number.NaN;
}

function dayStart(text: string): number {
  const known = days.get(text);
  if (known !== undefined) return known;
  const at = DAY_FORM.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (days.size >= DAYS_MOST) days.clear();
  days.set(text, at);
  return at;
}

/** Two digits at a place; `NaN` for anything else. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
