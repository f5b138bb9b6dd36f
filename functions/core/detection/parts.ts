/** Over how many parts groups are spread once observations leave memory; one part is in memory at a time. */
export const PARTS = 64;

/** The parts by number. */
export const PART_NUMBERS: readonly number[] = Array.from({ length: PARTS }, (_, part) => part);

/** In which part a group is, here and everywhere. */
export function partOf(group: string): number {
  let digest = 0x811c9dc5;
  for (let at = 0; at < group.length; at++) digest = Math.imul(digest ^ group.charCodeAt(at), 0x01000193);
  return ((digest >>> 16) ^ digest) & (PARTS - 1);
}
