import { type FuzzArguments, HELP, readArguments } from './arguments.ts';
import { FACTOR_MOST } from './growth.ts';
import type { Tally } from './history.ts';
import { type Find, hunt, huntGiants, shown } from './hunt.ts';
import { steepestOf } from './pumps.ts';
import { growthOfRegex, regexesIn } from './regexes.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

/** One pump of so many at each place: another each time that the seed is another. */
const PUMP_SHARE = 5;

const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1000).toFixed(0).padStart(4);
const number = (count: number): string => count.toLocaleString('en');

/** Progress is for whoever waits, the result for whoever reads. */
const say = (line: string): void => void process.stderr.write(`${seconds()} s  ${line}\n`);

function tell({ target, property, message, kinds, texts, replay }: Find): void {
  console.log(`\nFAILED: ${target}, property "${property}": ${message}`);
  console.log(`after ${texts.length} inputs, made smaller; edits: ${kinds.join(', ') || 'none'}`);
  for (const [at, text] of texts.entries()) console.log(`\n  input ${at + 1}: ${text}`);
  console.log(`\nAgain: npm run fuzz -- ${replay}`);
}

const met = (outcomes: Tally['outcomes']): string =>
  [...outcomes]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ');

/** Fuzzes one target. Gives how many inputs it met, or `undefined` where a property did not hold. */
async function fuzz(target: Target, inputs: number, asked: FuzzArguments): Promise<number | undefined> {
  const { seed, path } = asked;
  let count = 0;
  if (!asked.giants) {
    let told = 0;
    const onRound = (tally: Tally): void => {
      if (tally.inputs - told < inputs / 10) return;
      told = tally.inputs;
      say(`${target.name}: ${number(told)} inputs`);
    };
    const { tally, find } = await hunt(target, {
      seed,
      inputs,
      onRound,
      ...(path === undefined ? {} : { path }),
    });
    if (find !== undefined) return void tell(find);
    count += tally.inputs;
    console.log(
      `${target.name}: ${number(tally.inputs)} inputs, ${number(Math.round(tally.bytes / 1e6))} MB`,
    );
    console.log(`  ${met(tally.outcomes)}`);
    const missed = target.meets.filter((name) => !tally.outcomes.has(name));
    if (missed.length > 0 && tally.inputs >= 20_000) {
      return void console.log(`FAILED: ${target.name} never met: ${missed.join(', ')}`);
    }
  }
  if (path !== undefined) return count;
  say(`${target.name}: giants`);
  const giants = await huntGiants(target);
  if (giants.find !== undefined) return void tell(giants.find);
  console.log(`  giants ${giants.tally.inputs}, ${number(Math.round(giants.tally.bytes / 1e6))} MB`);
  return count + giants.tally.inputs;
}

/** How time grows with size, for every place of every event and for every pattern. */
async function grow(targets: readonly Target[], seed: number): Promise<boolean> {
  let fine = true;
  for (const target of targets) {
    say(`${target.name}: time against size`);
    const { factor, size, place, measured } = await steepestOf(target, PUMP_SHARE, seed);
    const text = `time per byte at ${measured} places: at most ×${factor.toFixed(1)} (${shown(place, [])}, ${number(size)})`;
    console.log(`${factor > FACTOR_MOST ? 'FAILED: ' : ''}${target.name}: ${text}`);
    fine &&= factor <= FACTOR_MOST;
  }
  const { literals } = regexesIn(process.cwd());
  let worst = 0;
  for (const { place, regex } of literals) {
    const { factor, attack } = await growthOfRegex(regex, seed);
    worst = Math.max(worst, factor);
    if (factor > FACTOR_MOST) console.log(`FAILED: ${place} ${regex}: ×${factor.toFixed(1)} under ${attack}`);
  }
  console.log(`${literals.length} regular expressions: time per character at most ×${worst.toFixed(1)}`);
  return fine && worst <= FACTOR_MOST;
}

async function run(asked: FuzzArguments): Promise<boolean> {
  const chosen = TARGETS.filter(({ target }) => asked.target === undefined || target.name === asked.target);
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  console.log(`seed ${asked.seed}`);
  let count = 0;
  for (const { target, share } of chosen) {
    const done = await fuzz(target, Math.ceil((asked.inputs * share) / shares), asked);
    if (done === undefined) return false;
    count += done;
  }
  const alone = asked.path !== undefined || asked.giants;
  const fine =
    alone ||
    (await grow(
      chosen.map(({ target }) => target),
      asked.seed,
    ));
  console.log(
    `${number(count)} inputs in ${seconds().trim()} s, seed ${asked.seed}: ${fine ? 'every property held' : 'FAILED'}`,
  );
  return fine;
}

const asked = readArguments(process.argv.slice(2));
if (asked === 'help') console.log(HELP);
else if ('problem' in asked) {
  console.error(`${asked.problem}\n\n${HELP}`);
  process.exitCode = 2;
} else if (!(await run(asked))) process.exitCode = 1;
