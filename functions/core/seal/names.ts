/** Twelve digits, so that the order of names is that of numbers. */
const padded = (segment: number): string => String(segment).padStart(12, '0');

export const segmentName = (segment: number): string => `segments/${padded(segment)}.ndjson`;

/** The checkpoint over everything up to that segment. */
export const checkpointName = (segment: number): string => `checkpoints/${padded(segment)}.txt`;

/** The number in the name of a segment or of a checkpoint; `undefined` where the name is neither. */
export function numberOf(name: string): number | undefined {
  const [, number] = /^(?:segments\/(?=\d+\.ndjson$)|checkpoints\/(?=\d+\.txt$))(\d{12})\./.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}
