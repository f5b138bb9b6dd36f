import { nested } from './hostile.ts';
import { grow, type Node, render, replaced, slotsOf } from './tree.ts';

const KB = 1024;
const raw = (json: string): Node => ({ kind: 'raw', json });
const text = (length: number): Node => ({ kind: 'string', text: 'a'.repeat(length) });

type Giant = readonly [name: string, where: Node['kind'], make: (node: Node) => Node];

/** Too much for anybody, by name, and in place of what it comes; made when it is wanted. */
const GIANTS: readonly Giant[] = [
  ['300 KB of text', 'string', () => text(300 * KB)],
  ['300 KB for a number', 'raw', () => text(300 * KB)],
  ['a number of 300,000 digits', 'raw', () => raw('9'.repeat(300_000))],
  ['10,000 arrays in each other', 'string', () => raw(nested(10_000, 'arrays'))],
  ['10,000 objects in each other', 'object', () => raw(nested(10_000, 'objects'))],
  ['100,000 elements', 'array', () => raw(`[${'"a",'.repeat(99_999)}"a"]`)],
  ['10,000 arrays in a text', 'nested', () => ({ kind: 'string', text: nested(10_000, 'arrays') })],
  ['10,000 objects in a text', 'nested', () => ({ kind: 'string', text: nested(10_000, 'objects') })],
  ['65,537 characters of text', 'nested', (node) => bent(node, (json) => json.padEnd(65_537))],
  ['262,145 characters of text', 'nested', (node) => bent(node, (json) => json.padEnd(262_145))],
];

/** As much as Lambda takes: in one place of four, since each costs a tenth of a second. */
const LARGEST: readonly Giant[] = [
  ['6 MB of text', 'string', () => text(6 * KB * KB)],
  ['6 MB of its first element', 'array', (node) => many(node)],
  ['100,000 more keys', 'object', (node) => crowded(node)],
  ['6 MB of spaces in a text', 'nested', (node) => bent(node, (json) => ' '.repeat(6 * KB * KB) + json)],
];

const crowded = (node: Node): Node =>
  node.kind === 'object'
    ? { kind: 'object', entries: [...node.entries, ...Array.from({ length: 100_000 }, field)] }
    : node;

const field = (_: unknown, at: number): [string, Node] => [`k${at}`, raw('0')];

function many(node: Node): Node {
  if (node.kind !== 'array' || node.items.length === 0) return node;
  const [first] = node.items;
  if (first === undefined) return node;
  const length = Math.min(100_000, Math.ceil((6 * KB * KB) / (render(first).length + 1)));
  return { kind: 'array', items: Array.from({ length }, () => first) };
}

const bent = (node: Node, bend: (json: string) => string): Node =>
  node.kind === 'nested' ? { ...node, bent: [bend] } : node;

/** A sample with something far too large in one place, for each place and each way to be too large. */
export function* giantsOf(
  sample: unknown,
): Generator<{ readonly name: string; readonly make: () => string }> {
  for (const [place, { node }] of slotsOf(grow(sample), () => {}).entries()) {
    const largest = place % 4 === 0 || node.kind === 'array' || node.kind === 'nested';
    for (const [name, where, make] of largest ? [...GIANTS, ...LARGEST] : GIANTS) {
      if (node.kind !== where) continue;
      yield { name: `${name}, place ${place}`, make: () => replaced(sample, place, make) };
    }
  }
}
