import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Landed, landable, lineOf } from './judge.ts';
import { LINES } from './lines.ts';
import { run } from './run.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const LANDED = join(import.meta.dirname, 'landed.json');
const REPORT = join(ROOT, 'reports/bench.json');

const { values } = parseArgs({
  options: {
    /** What fits into a minute. */
    quick: { type: 'boolean', default: false },
    /** Lines by name, with commas between. */
    only: { type: 'string' },
    /** Writes what was measured to landed.json, if nothing was missed. */
    land: { type: 'boolean', default: false },
  },
});
const wanted = values.only?.split(',');
const lines = LINES.filter(({ name, slow }) =>
  wanted === undefined ? !(values.quick && slow) : wanted.includes(name),
);
if (wanted !== undefined && lines.length < wanted.length) {
  throw new RangeError(`--only takes names among: ${LINES.map(({ name }) => name).join(', ')}`);
}
if (values.land && values.quick) throw new RangeError('a quick run does not land');

const landed = JSON.parse(readFileSync(LANDED, 'utf8')) as Landed;
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg() };
const effort = values.quick ? 'quick' : 'full';
const { judged, text, ok } = await run(lines, effort, landed, (message, fault) =>
  console.error(message, ...(fault === undefined ? [] : [fault])),
);
mkdirSync(join(ROOT, 'reports'), { recursive: true });
const report = { effort, at: new Date().toISOString(), machine, figures: judged };
writeFileSync(REPORT, `${JSON.stringify(report, undefined, 2)}\n`);
console.log(text);
if (!ok) process.exitCode = 1;

if (ok && values.land) {
  const ran = new Set(lines.map(({ name }) => name));
  const others = Object.entries(landed).filter(([name]) => !ran.has(lineOf(name)));
  const all = [...others, ...Object.entries(landable(judged))].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(LANDED, `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`);
  console.log('landed: test/bench/landed.json');
}
