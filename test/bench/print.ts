import type { Line } from './figure.ts';
import { type Judged, lineOf } from './judge.ts';

const WIDTHS = [56, 14, 9, 19, 8] as const;

/** A run as text, a section for each line. */
export function tableOf(lines: readonly Line[], judged: readonly Judged[]): string {
  return lines
    .map((line) => {
      const rows = judged.filter(({ name }) => lineOf(name) === line.name).map(rowOf);
      return [`\n${line.name}: ${line.says}`, HEADER, ...rows].join('\n');
    })
    .join('\n');
}

const HEADER = cells('', 'value', 'at most', 'middle half', 'landed');

function rowOf({ name, value, unit, limit, spread, change, verdict }: Judged): string {
  const mark = { kept: '✓', missed: '✗', told: ' ' }[verdict];
  return cells(
    `${mark} ${name.slice(lineOf(name).length + 1)}`,
    `${short(value)} ${unit}`,
    limit === undefined ? '' : `${short(limit)}`,
    spread === undefined ? '' : `${short(spread[0])} – ${short(spread[1])}`,
    change === undefined ? '' : `${change < 0 ? '−' : '+'}${Math.abs(change * 100).toFixed(0)} %`,
  );
}

function cells(...texts: readonly string[]): string {
  const [first = '', ...rest] = texts;
  return `  ${first.padEnd(WIDTHS[0])}${rest.map((text, index) => text.padStart(WIDTHS[index + 1] ?? 0)).join('')}`;
}

/** Three digits, or whole numbers from a thousand on. */
const short = (value: number): string =>
  Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en-GB').replaceAll(',', ' ')
    : String(Number(value.toPrecision(3)));
