import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { doAll } from './crew.ts';
import { replay } from './explore.ts';
import { FAULTS } from './faults.ts';
import { FLOWS } from './flows.ts';
import { runMatrix } from './matrix.ts';
import { type Caught, catchAll } from './planted.ts';
import { everyPoint } from './points.ts';
import { type Lived, liveThrough } from './swarm.ts';

const HELP = `The simulator: our functions' own runs over strict ports, under every fault and in every order.

  npm run sim                          fault matrix and swarm, as in CI
  npm run sim -- --only matrix|swarm|planted
  npm run sim -- --flow NAME           one flow of the matrix       --faults N   fewer faults
  npm run sim -- --deep                pairs of faults in interrupted rotations too
  npm run sim -- --histories N         so many histories            --seed N     from this seed on
  npm run sim -- --replay "FLOW|PATH"  one way again, call by call
  npm run sim -- --replay swarm:SEED   one history again
  npm run sim -- --list                the flows

Exit 0: no invariant broke, every planted bug was caught. 1: one did, or was not. docs/proof.md says what is tried.`;

/** How many histories a run without arguments lives through. */
const HISTORIES = 150;

const { values: given } = parseArgs({
  options: {
    help: { type: 'boolean' },
    list: { type: 'boolean' },
    only: { type: 'string' },
    flow: { type: 'string', multiple: true },
    faults: { type: 'string' },
    histories: { type: 'string' },
    seed: { type: 'string' },
    replay: { type: 'string' },
    deep: { type: 'boolean' },
  },
});

const number = (count: number): string => count.toLocaleString('en');

async function matrix(): Promise<boolean> {
  const flows = given.flow;
  let done = 0;
  const outcome = await runMatrix({
    flows,
    most: given.faults === undefined ? undefined : Number(given.faults),
    deep: given.deep,
    told: ({ flow, covered, invocations, failures }) => {
      done++;
      const ways = covered.map(number).join(' / ');
      console.log(
        `${failures.length === 0 ? 'ok    ' : 'BROKEN'} ${flow.padEnd(52)} ${ways}  (${number(invocations)} run)`,
      );
      for (const { path, violations } of failures) {
        for (const { invariant, seen } of violations) console.log(`       ${invariant}: ${seen}`);
        console.log(`       npm run sim -- --replay "${flow}|${path}"`);
      }
    },
  });
  const broken = outcome.explored.filter(({ failures }) => failures.length > 0).length;
  const whole = flows === undefined && given.faults === undefined;
  const reached = new Set(outcome.reached);
  const points = everyPoint(FAULTS);
  const missing = whole ? points.filter((point) => !reached.has(point)) : [];
  for (const point of missing) console.log(`NEVER REACHED ${point}`);
  const stale = outcome.reached.filter((point) => point.endsWith(' stale')).length;
  const [none = 0, one = 0, two = 0, three = 0] = outcome.covered;
  console.log(
    `\nmatrix: ${done} flows; ${number(none + one + two + three)} ways: ${number(one)} of one fault, ${number(two)} of two, ` +
      `${number(three)} of three; ${number(outcome.invocations)} invocations in ${outcome.seconds.toFixed(1)} s on ${availableParallelism()} cores; ` +
      `${points.length - missing.length} of ${points.length} (function, call, fault) reached, and ${stale} stale answers; ${broken} broken\n`,
  );
  return broken === 0 && missing.length === 0;
}

async function swarm(): Promise<boolean> {
  const from = Number(given.seed ?? 1);
  const count = Number(given.histories ?? HISTORIES);
  const began = performance.now();
  const sums: Record<string, number> = {};
  let broken = 0;
  await doAll<Lived>(
    Array.from({ length: count }, (_, n) => ({ seed: from + n })),
    ({ seed, violations, seen }) => {
      for (const [what, times] of Object.entries(seen)) sums[what] = (sums[what] ?? 0) + times;
      const [first] = violations;
      if (first === undefined) return true;
      broken++;
      console.log(`BROKEN ${first.invariant}: ${first.seen}\n       npm run sim -- --replay swarm:${seed}`);
      return true;
    },
  );
  const told = Object.entries(sums).map(([what, times]) => `${number(times)} ${what}`);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `swarm: ${count} histories from seed ${from} in ${seconds} s: ${told.join(', ')}; ${broken} broken\n`,
  );
  return broken === 0;
}

async function planted(): Promise<boolean> {
  const missed: Caught[] = [];
  let count = 0;
  await catchAll((caught) => {
    count++;
    if (!caught.ok) missed.push(caught);
    console.log(
      `${caught.ok ? 'caught' : 'MISSED'} by ${caught.by.padEnd(4)} ${caught.name}${caught.ok ? '' : `: ${caught.seen}`}`,
    );
  });
  console.log(`\nplanted: ${count - missed.length} of ${count} known bugs caught\n`);
  return missed.length === 0;
}

async function again(what: string): Promise<boolean> {
  if (what.startsWith('swarm:')) {
    const { story, violations } = await liveThrough(Number(what.slice('swarm:'.length)));
    console.log(story.join('\n'));
    for (const { invariant, seen } of violations) console.log(`${invariant}: ${seen}`);
    return violations.length === 0;
  }
  const [name, path = ''] = what.split('|');
  const flow = FLOWS.find((one) => one.name === name);
  if (flow === undefined) throw new Error(`--replay: there is no flow ${name}; --list shows all`);
  const { lines, violations } = await replay(flow, path);
  console.log(lines.join('\n'));
  for (const { invariant, seen } of violations) console.log(`${invariant}: ${seen}`);
  return violations.length === 0;
}

async function main(): Promise<boolean> {
  if (given.help === true) {
    console.log(HELP);
    return true;
  }
  if (given.list === true) {
    for (const { name, faults } of FLOWS) console.log(`${name} (${faults} faults)`);
    return true;
  }
  if (given.replay !== undefined) return again(given.replay);
  const parts = { matrix, swarm, planted };
  const only = given.only ?? (given.flow === undefined ? undefined : 'matrix');
  if (only !== undefined && !Object.hasOwn(parts, only))
    throw new Error(`--only: ${only} is none of ${Object.keys(parts)}`);
  let good = true;
  for (const [name, part] of Object.entries(parts))
    if (only === undefined || only === name) good = (await part()) && good;
  return good;
}

process.exitCode = (await main()) ? 0 : 1;
