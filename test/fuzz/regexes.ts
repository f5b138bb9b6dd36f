import { globSync } from 'node:fs';
import fc from 'fast-check';
import { children, type Node, parse } from '../checks/parse.ts';
import { FACTOR_MOST, type Growth, growthOf } from './growth.ts';

/** A regular expression as the source has it. */
export interface Found {
  readonly place: string;
  readonly regex: RegExp;
}

/** Every regular expression literal in the functions, and every place that makes one in another way. */
export function regexesIn(root: string): {
  readonly literals: readonly Found[];
  readonly made: readonly string[];
} {
  const literals: Found[] = [];
  const made: string[] = [];
  for (const file of globSync('functions/**/*.ts', { cwd: root }).sort()) {
    const { program, lineOf } = parse(root, file);
    const visit = (node: Node): void => {
      const place = `${file}:${lineOf(node.start)}`;
      const literal = node.regex as { pattern: string; flags: string } | undefined;
      if (node.type === 'Literal' && literal !== undefined && literal !== null) {
        literals.push({ place, regex: new RegExp(literal.pattern, literal.flags) });
      }
      if (/^(New|Call)Expression$/.test(node.type) && (node.callee as Node).name === 'RegExp')
        made.push(file);
      for (const child of children(node)) visit(child);
    };
    visit(program);
  }
  return { literals, made: [...new Set(made)] };
}

/** What backtracks: texts that match, a part of which is said over and over, with an end that does not match. */
interface Attack {
  readonly before: string;
  readonly pump: string;
  readonly after: string;
}

const ENDS = ['', '\u0000', '!', '\n'];
const PUMPS = [
  'a',
  'A',
  '0',
  '_',
  '/',
  ':',
  '.',
  '-',
  ' ',
  '"',
  '\\',
  '\ud800',
  '\u202e',
  'a/',
  'a:',
  '0.',
  '::',
];

function attacksOn(regex: RegExp, seed: number): readonly Attack[] {
  const bare = PUMPS.flatMap((pump) => ENDS.map((after) => ({ before: '', pump, after })));
  const matching = matchesOf(regex, seed).flatMap((text) => {
    const places = [0, 1, 2, 3, 4, 5].map((part) => Math.floor((text.length * part) / 6));
    return places.flatMap((place) =>
      [1, 4].flatMap((length) => {
        const pump = text.slice(place, place + length) || 'a';
        const rest = text.slice(place + length);
        return [rest, `${rest}\u0000`, '', '\u0000'].map((after) => ({
          before: text.slice(0, place),
          pump,
          after,
        }));
      }),
    );
  });
  return [...bare, ...matching];
}

const MATCHES = 4;

/**
 * Texts that a pattern matches, or nearly: for the generator, a class by what it leaves out becomes one of letters, and
 * an edge of a word is left out. None for what else it does not know: there the bare pumps are all.
 */
function matchesOf({ source }: RegExp, seed: number): readonly string[] {
  const known = source
    .replace(/\\[bB]/g, '')
    .replace(/\\S/g, '[!-~]')
    .replace(/\[\^(?:\\.|[^\]])+\]|\\[pP]\{[^}]+\}/g, '[a-c]');
  try {
    const texts = fc.sample(fc.stringMatching(new RegExp(known)), { seed, numRuns: 5 * MATCHES });
    // The shortest: a power of two needs no more than thirty characters to outlast any test.
    return [...new Set(texts)].sort((a, b) => a.length - b.length).slice(0, MATCHES);
  } catch {
    return [];
  }
}

const textOf = ({ before, pump, after }: Attack, size: number): string =>
  before + pump.repeat(Math.ceil(size / pump.length)) + after;

/** From so few characters that even two to their power is soon over, up to a body's size. */
const STEPS = [1, 2, 4, 8, 12, 16, 20, 24, ...Array.from({ length: 12 }, (_, power) => 32 * 2 ** power)];

/**
 * How the time of one search grows under the worst of all attacks. Most fail at their first character: only what
 * takes markedly longer than a plain scan of a text as long is measured in earnest.
 */
export async function growthOfRegex(
  regex: RegExp,
  seed: number,
): Promise<Growth & { readonly attack: string }> {
  let worst: Growth & { attack: string } = { factor: 0, size: 0, attack: '' };
  for (const attack of attacksOn(regex, seed)) {
    if (!isSuspect(regex, attack)) continue;
    const growth = await growthOf((size) => {
      const text = textOf(attack, size);
      return () => search(regex, text);
    }, STEPS);
    if (growth.factor > worst.factor) worst = { ...growth, attack: JSON.stringify(attack) };
    if (worst.factor > FACTOR_MOST) break;
  }
  return worst;
}

const search = (regex: RegExp, text: string): number => text.search(regex);

/** A scan that no engine can leave out: the measure of what a character costs, here and now. */
const PLAIN = /[^a]/;

const plainMs = new Map<number, number>();

function plainFor(size: number): number {
  const known = plainMs.get(size) ?? timeOf(PLAIN, 'a'.repeat(size));
  plainMs.set(size, known);
  return known;
}

const isSuspect = (regex: RegExp, attack: Attack): boolean =>
  STEPS.some((size) => timeOf(regex, textOf(attack, size)) > FACTOR_MOST * plainFor(size));

/** Milliseconds for one search: the shorter of two. */
function timeOf(regex: RegExp, text: string): number {
  const times = [0, 1].map(() => {
    const began = performance.now();
    search(regex, text);
    return performance.now() - began;
  });
  return Math.min(...times);
}
