import { withoutSecrets } from '../token/format.ts';

const LONGEST = 512;

/** C0, C1 and DEL, line and paragraph separators, and every character that reorders, hides or is half of another. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** The text with each such character as `\u{…}` (CWE-117). */
export function escaped(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

/**
 * Text in which nothing can forge a line or turn its reading round: such characters become `\u{…}`, and what is
 * longer than 512 UTF-16 units is cut (CWE-117, AU-9). A token in it loses its secret (S5). Other printable text of
 * that length passes unchanged.
 */
export function printable(text: string): string {
  // One unit more than can stay, so that a pair is never cut in half before it is looked at.
  return escaped(withoutSecrets(text).slice(0, LONGEST + 1))
    .slice(0, LONGEST)
    .replace(/[\ud800-\udbff]$/, '');
}
