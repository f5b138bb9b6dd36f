import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Excused, type Floor, judge, type Report, type Row } from './judge.ts';
import { PARTS, type Part, reportOf } from './parts.ts';
import survivors from './survivors.json' with { type: 'json' };

const HELP = `npm run mutation -- [part …] [--judge] [--list]

Changes the core in every small way that Stryker knows, one at a time, and runs the tests that mirror the changed
file. Fails where too few changes are noticed, where one is not that test/mutation/survivors.json does not list,
and where one is that it does. Without a part: all of them.

  --judge  run nothing, judge the last reports
  --list   print what is not listed as JSON, to be listed with a reason

Parts: ${PARTS.map(({ name }) => name).join(', ')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    judge: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const parts = positionals.length === 0 ? PARTS : PARTS.filter(({ name }) => positionals.includes(name));
if (values.help || parts.length < new Set(positionals).size) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

/** What each part must reach, and what the parts must reach that belong together, as far as they were run. */
function floorsOf(run: readonly Part[]): readonly Floor[] {
  const ran = (name: string): boolean => run.some((part) => part.name === name);
  const floors: Floor[] = run.map(({ name, floor }) => ({
    name,
    floor,
    holds: (file) =>
      name === 'core/*.ts'
        ? /^functions\/core\/[^/]+\.ts$/.test(file)
        : file === `functions/${name}.ts` || file.startsWith(`functions/${name}/`),
  }));
  if (ran('core/token') && ran('authorize/verifier')) {
    const feed = ['functions/core/token/feed.ts', 'functions/authorize/verifier.ts'];
    floors.push({ name: 'the feed and its cache', floor: 95, holds: (file) => feed.includes(file) });
  }
  if (PARTS.filter(({ name }) => name.startsWith('core/')).every(({ name }) => ran(name))) {
    floors.push({ name: 'core', floor: 90, holds: (file) => file.startsWith('functions/core/') });
  }
  return floors;
}

/** Runs Stryker on one part; its report is its answer, its exit code tells of a fault of its own. */
async function mutate({ name }: Part): Promise<number> {
  rmSync(reportOf(name), { force: true });
  const began = performance.now();
  const child = spawn(process.execPath, ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run'], {
    env: { ...process.env, MUTATION_PART: name },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`Stryker ended with ${code} on ${name}`);
  return (performance.now() - began) / 1000;
}

const COLUMNS: readonly [string, (row: Row) => string][] = [
  ['mutants', ({ mutants }) => `${mutants}`],
  ['killed', ({ killed }) => `${killed}`],
  ['time-out', ({ timeouts }) => `${timeouts}`],
  ['survived', ({ survived }) => `${survived}`],
  ['unloadable', ({ unloadable }) => `${unloadable}`],
  ['score', ({ score }) => `${score.toFixed(2)} %`],
  ['floor', ({ floor }) => `${floor} %`],
];

const seconds = new Map<string, number>();
for (const part of parts) {
  if (values.judge) continue;
  seconds.set(part.name, await mutate(part));
}
const reports = parts
  .map(({ name }) => reportOf(name))
  .filter((path) => existsSync(path))
  .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Report);
const { rows, faults, unlisted } = judge(reports, floorsOf(parts), survivors satisfies Excused[]);

const line = (name: string, cells: readonly string[]): string =>
  `${name.padEnd(24)}${cells.map((cell) => cell.padStart(12)).join('')}`;
console.log(line('', [...COLUMNS.map(([title]) => title), 'seconds']));
for (const row of rows) {
  const took = seconds.get(row.name)?.toFixed(0) ?? '';
  console.log(line(row.name, [...COLUMNS.map(([, cell]) => cell(row)), took]));
}
if (values.list) console.log(JSON.stringify(unlisted, null, 2));
for (const fault of faults) console.log(`✗ ${fault}`);
console.log(faults.length === 0 ? 'every floor holds, every survivor is listed' : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
