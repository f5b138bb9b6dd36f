import type { Effort, Figure, Line } from './figure.ts';
import { type Judged, judge, type Landed } from './judge.ts';
import { tableOf } from './print.ts';

/** A run, judged. */
export interface Run {
  readonly judged: readonly Judged[];
  /** The table, the count, and what was missed. */
  readonly text: string;
  readonly ok: boolean;
}

/** Measures each line in turn. `tell` hears how long each took, or why it broke. */
export async function run(
  lines: readonly Line[],
  effort: Effort,
  landed: Landed,
  tell: (message: string, fault?: unknown) => void,
): Promise<Run> {
  const figures: Figure[] = [];
  for (const line of lines) {
    const began = performance.now();
    figures.push(...(await measured(line, effort, tell)));
    tell(`${line.name}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }
  const complete = effort === 'full' ? lines.map(({ name }) => name) : [];
  const judged = judge(figures, landed, complete);
  const missed = judged.filter(({ verdict }) => verdict === 'missed');
  const limits = judged.filter(({ verdict }) => verdict !== 'told').length;
  const text = [
    tableOf(lines, judged),
    '',
    `bench (${effort}): ${judged.length} figures, ${limits} with a limit, ${missed.length} missed`,
    ...missed.map(
      ({ name, value, limit }) => `missed: ${name} is ${value}, at most ${limit ?? 'any number'}`,
    ),
  ].join('\n');
  return { judged, text, ok: missed.length === 0 };
}

/** A line that breaks is a figure that was missed, and stops no other line. */
async function measured(
  line: Line,
  effort: Effort,
  tell: (message: string, fault?: unknown) => void,
): Promise<readonly Figure[]> {
  try {
    const figures = await line.measure(effort);
    const stray = figures.find(({ name }) => !name.startsWith(`${line.name}/`));
    if (stray !== undefined) throw new Error(`${stray.name} is not named after its line`);
    if (figures.length > 0) return figures;
    throw new Error('it gave no figure');
  } catch (fault) {
    tell(`${line.name} broke`, fault);
    return [{ name: `${line.name}/broke`, value: Number.NaN, unit: '' }];
  }
}
