import type { Figure } from './figure.ts';

/** Figures of the last landed run, by name. */
export type Landed = Readonly<Record<string, number>>;

export interface Judged extends Figure {
  /** `told`: it has no limit. */
  readonly verdict: 'kept' | 'missed' | 'told';
  /** Against the last landed run: 0.1 is a tenth more. Absent where that run had no such figure. */
  readonly change?: number;
}

/**
 * Holds each figure to its limit and beside the last landed run. What is no number, or negative, is missed
 * whatever its limit; so is a figure that landed under one of these lines and was not measured again.
 *
 * @throws RangeError where two figures have one name.
 */
export function judge(
  figures: readonly Figure[],
  landed: Landed,
  complete: readonly string[] = [],
): readonly Judged[] {
  const names = new Set(figures.map(({ name }) => name));
  if (names.size < figures.length) throw new RangeError('two figures have one name');
  const lost = Object.keys(landed)
    .filter((name) => !names.has(name) && complete.includes(lineOf(name)))
    .map((name): Figure => ({ name, value: Number.NaN, unit: 'not measured' }));
  return [...figures, ...lost].map((figure) => {
    const before = landed[figure.name];
    return {
      ...figure,
      verdict: verdictOf(figure),
      ...(before === undefined || before === 0 ? {} : { change: figure.value / before - 1 }),
    };
  });
}

/** The line that a figure belongs to. */
export const lineOf = (name: string): string => name.slice(0, name.indexOf('/'));

function verdictOf({ value, limit }: Figure): Judged['verdict'] {
  if (!Number.isFinite(value) || value < 0) return 'missed';
  if (limit === undefined) return 'told';
  return value <= limit ? 'kept' : 'missed';
}

/** What lands: every figure that is ours and not the machine's, to four digits. */
export function landable(judged: readonly Judged[]): Landed {
  return Object.fromEntries(
    judged
      .filter(({ local }) => local !== true)
      .map(({ name, value }): [string, number] => [name, Number(value.toPrecision(4))])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
