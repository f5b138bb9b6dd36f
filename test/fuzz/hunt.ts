import fc from 'fast-check';
import { giantsOf } from './giants.ts';
import {
  histories,
  live,
  newTally,
  type Recipe,
  type Start,
  shapesOf,
  startOf,
  type Tally,
  textsOf,
} from './history.ts';
import type { Target } from './target.ts';
import { grow, render } from './tree.ts';
import { secretOf, Violation } from './watch.ts';

/** A property that did not hold, and how to see it again. */
export interface Find {
  readonly target: string;
  readonly property: string;
  readonly message: string;
  /** Kinds of the edits that made them. */
  readonly kinds: readonly string[];
  /** The fewest and smallest inputs found that show it, printable and without a secret. */
  readonly texts: readonly string[];
  /** Arguments of `npm run fuzz --` that deliver exactly these inputs. */
  readonly replay: string;
}

export interface Hunt {
  readonly seed: number;
  /** How many inputs at least, giants aside. */
  readonly inputs: number;
  /** Deliver one history again, by the path that a find has. */
  readonly path?: string;
  /** Make a failure smaller before it is told, which takes some seconds. @default true */
  readonly shrink?: boolean;
  readonly onRound?: (tally: Tally) => void;
}

const RUNS_A_ROUND = 100;

/** Hunts for an input with which a property does not hold, until one is found or the inputs are used up. */
export async function hunt(
  target: Target,
  { seed, inputs, path, shrink = true, onRound }: Hunt,
): Promise<{ tally: Tally; find?: Find }> {
  const tally = newTally();
  const start = await startOf(target);
  /** From then on a failure is being made smaller: that counts for nothing. */
  let failing = false;
  for (let round = 0; tally.inputs < inputs; round++) {
    const property = fc.asyncProperty(histories, async (recipes) => {
      const texts = textsOf(start, recipes, failing ? undefined : tally.kinds);
      try {
        await live(target, texts, failing ? newTally() : tally);
      } catch (fault) {
        failing = true;
        throw fault;
      }
    });
    const run = await fc.check(property, {
      seed: (seed + round) | 0,
      numRuns: RUNS_A_ROUND,
      endOnFailure: !shrink || path !== undefined,
      ...(path === undefined ? {} : { path }),
    });
    if (run.failed) {
      const recipes = await fewest(target, start, run.counterexample?.[0] ?? []);
      const kinds = new Map<string, number>();
      const texts = textsOf(start, recipes, kinds);
      const samples = recipes.map(([sample]) => start.samples[sample % start.samples.length]);
      const find = {
        ...found(target, start.tokens, run.errorInstance),
        kinds: [...kinds.keys()],
        texts: texts.map((text, at) => shown(marked(text, samples[at]), start.tokens)),
        replay: `--target ${target.name} --seed ${run.seed} --path ${run.counterexamplePath}`,
      };
      return { tally, find };
    }
    onRound?.(tally);
    if (path !== undefined) break;
  }
  return { tally };
}

/** Without the inputs that are not needed for it: making a list smaller keeps its last. */
async function fewest(target: Target, start: Start, recipes: readonly Recipe[]): Promise<readonly Recipe[]> {
  let left = recipes;
  for (const recipe of recipes) {
    const others = left.filter((other) => other !== recipe);
    const holds = await live(target, textsOf(start, others), newTally()).then(
      () => true,
      () => false,
    );
    if (!holds) left = others;
  }
  return left;
}

/** Delivers what is far too large, in each place of each kind of sample, or one in `share` of it. */
export async function huntGiants(target: Target, share = 1): Promise<{ tally: Tally; find?: Find }> {
  const tally = newTally();
  let turn = 0;
  const { samples, tokens } = await startOf(target);
  for (const sample of shapesOf(samples)) {
    for (const { name, make } of giantsOf(sample)) {
      if (turn++ % share !== 0) continue;
      const text = make();
      try {
        await live(target, [text], tally);
      } catch (fault) {
        const find = {
          ...found(target, tokens, fault),
          kinds: [name],
          texts: [shown(marked(text, sample), tokens)],
          replay: `--target ${target.name} --giants`,
        };
        return { tally, find };
      }
    }
  }
  return { tally };
}

function found(
  target: Target,
  tokens: readonly string[],
  fault: unknown,
): Pick<Find, 'target' | 'property' | 'message'> {
  if (fault instanceof Violation) {
    return { target: target.name, property: fault.property, message: shown(fault.message, tokens) };
  }
  const message = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  return { target: target.name, property: 'harness', message: shown(message, tokens) };
}

const AROUND = 60;
const SAMPLE_SHOWN = 200;

/** Of an input, what is not as in its sample, with what stands around it. */
export function marked(text: string, sample: unknown): string {
  const before = render(grow(sample));
  const most = Math.min(before.length, text.length);
  let start = 0;
  while (start < most && before[start] === text[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === text.at(-1 - end)) end++;
  if (start === text.length && start === before.length)
    return `as in its sample: ${text.slice(0, SAMPLE_SHOWN)}...`;
  const changed = text.slice(start, text.length - end);
  const head = text.slice(Math.max(0, start - AROUND), start);
  const tail = text.slice(text.length - end, text.length - end + AROUND);
  return `at character ${start}: ...${head} >>>${changed}<<< ${tail}...`;
}

const SHOWN_MOST = 1_500;
/** Whatever is long enough to hold a secret, in whichever coding. */
const LIKE_A_SECRET = /[0-9A-Za-z]{24,}/g;

/** Text for a terminal: no secret, no character that does more than be seen, no more than fits. */
export function shown(text: string, tokens: readonly string[]): string {
  const without = tokens
    .reduce((left, token) => left.replaceAll(secretOf(token), '[redacted]'), text)
    .replace(LIKE_A_SECRET, (run) => `${run.slice(0, 4)}[${run.length} characters]`);
  const printable = without.replace(
    /[^\x20-\x7e\n]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return printable.length <= SHOWN_MOST
    ? printable
    : `${printable.slice(0, SHOWN_MOST)}... (${text.length} characters in all)`;
}
