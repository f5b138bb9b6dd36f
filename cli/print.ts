import Table from 'cli-table3';
import { printableText } from '#adapters/system/printable.ts';
import type { EpochMs } from '#core/records.ts';
import { TOKEN_PREFIX } from '#core/token/format.ts';
import type { Session } from './session.ts';

/** What looks like a whole token, wherever it stands: its secret part is never printed, not even back to its sender. */
const TOKEN_TEXT = new RegExp(`(${TOKEN_PREFIX}_[a-z0-9]+_[A-Za-z0-9]{1,16})_[A-Za-z0-9]+`, 'g');

/** Text as it may reach a terminal: nothing in it moves a cursor, and no token is whole. */
export const safe = (text: string): string => printableText(text).replace(TOKEN_TEXT, '$1_[redacted]');

/** Rows under a head, without colours unless the session has them. */
export function table(
  session: Session,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const drawn = new Table({
    head: [...head],
    style: { head: session.colour ? ['bold'] : [], border: [], compact: true },
  });
  for (const row of rows) drawn.push(row.map(safe));
  return drawn.toString();
}

/** Name and value, one a line. */
export function facts(pairs: readonly (readonly [string, string | undefined])[]): string {
  const said = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(...said.map(([name]) => name.length));
  return said.map(([name, value]) => `${name.padEnd(width)}  ${safe(value)}`).join('\n');
}

/** JSON of public facts; characters that a terminal obeys or hides are escaped, which JSON reads back as they were. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replace(TOKEN_TEXT, '$1_[redacted]')
    .replace(/[\p{Cf}\u007f-\u009f\u2028\u2029]/gu, (character) =>
      Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at))}`).join(''),
    );
}

const hex = (unit: number): string => unit.toString(16).padStart(4, '0');

/** ISO 8601, UTC. */
export const time = (at: EpochMs): string => new Date(at).toISOString();

/** A time with what it is from now, the way a person counts: `… (in 3 h)`, `… (12 min ago)`. */
export function timeFrom(at: EpochMs, now: EpochMs): string {
  const minutes = Math.round(Math.abs(at - now) / 60_000);
  const span =
    minutes < 120
      ? `${minutes} min`
      : minutes < 2_880
        ? `${Math.round(minutes / 60)} h`
        : `${Math.round(minutes / 1_440)} d`;
  return `${time(at)} (${at > now ? `in ${span}` : `${span} ago`})`;
}
