/** The object goes on after the bytes at hand. */
export const INCOMPLETE = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

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

/** The offset after the object that begins at `start`, by its brackets alone; {@link INCOMPLETE} where it goes on. */
export function objectEnd(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos] as number;
    if (byte === QUOTE) {
      pos = stringEnd(bytes, pos + 1, end);
      if (pos < 0) return INCOMPLETE;
    } else if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) return pos + 1;
  }
  return INCOMPLETE;
}

/** The offset of the quote that ends a string; {@link INCOMPLETE} where it goes on. */
function stringEnd(bytes: Buffer, start: number, end: number): number {
  for (let pos = start; pos < end; pos++) {
    const byte = bytes[pos];
    if (byte === QUOTE) return pos;
    if (byte === BACKSLASH) pos++;
  }
  return INCOMPLETE;
}
