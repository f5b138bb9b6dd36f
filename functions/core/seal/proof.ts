import { EMPTY_TREE, growTree, nodeHash, rootOf, type Tree } from './merkle.ts';

/** Leaves from `begin` up to, not including, `end`; a proof holds the root over each of its ranges. */
export interface LeafRange {
  readonly begin: number;
  readonly end: number;
}

/**
 * The ranges of an inclusion proof, in the order of RFC 6962 §2.1.1: all leaves but the one proven.
 *
 * @throws RangeError where there is no such leaf.
 */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!isIndex(index) || !isIndex(size) || index >= size) throw new RangeError(`no leaf ${index} of ${size}`);
  const ranges: LeafRange[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin);
    if (index < middle) {
      ranges.unshift({ begin: middle, end });
      end = middle;
    } else {
      ranges.unshift({ begin, end: middle });
      begin = middle;
    }
  }
  return ranges;
}

/**
 * The ranges of a consistency proof, in the order of RFC 6962 §2.1.2. None where the old tree is empty or the same.
 *
 * @throws RangeError where the old tree is the larger one.
 */
export function consistencyRanges(oldSize: number, size: number): readonly LeafRange[] {
  if (!isIndex(oldSize) || !isIndex(size) || oldSize > size)
    throw new RangeError(`${oldSize} is not within ${size}`);
  if (oldSize === 0 || oldSize === size) return [];
  const ranges: LeafRange[] = [];
  let [begin, end] = [0, size];
  while (end !== oldSize) {
    const middle = begin + splitOf(end - begin);
    if (oldSize <= middle) {
      ranges.unshift({ begin: middle, end });
      end = middle;
    } else {
      ranges.unshift({ begin, end: middle });
      begin = middle;
    }
  }
  // The verifier knows the old root itself; a part of the old tree it must be told.
  return begin === 0 ? ranges : [{ begin, end }, ...ranges];
}

/** A proof in the making: the log's leaf hashes are given to it in order, and it keeps a few nodes for each range. */
export interface Prover {
  add(leaf: string): void;
  /** Hex, in the order of the ranges. */
  hashes(): readonly string[];
}

export function createProver(ranges: readonly LeafRange[]): Prover {
  const trees: Tree[] = ranges.map(() => EMPTY_TREE);
  let index = 0;
  return {
    add(leaf) {
      const at = ranges.findIndex(({ begin, end }) => begin <= index && index < end);
      if (at >= 0) trees[at] = growTree(trees[at] as Tree, [leaf]);
      index++;
    },
    hashes: () => trees.map(rootOf),
  };
}

/** The hashes of a proof from all of the log's leaf hashes. */
export function proofOver(ranges: readonly LeafRange[], leaves: Iterable<string>): readonly string[] {
  const prover = createProver(ranges);
  for (const leaf of leaves) prover.add(leaf);
  return prover.hashes();
}

/** A leaf's place in a tree, and what shows it. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: string;
  readonly root: string;
  readonly proof: readonly string[];
}

/** Whether the leaf is there (RFC 9162 §2.1.3.2, which is RFC 6962's tree with the check written out). */
export function verifyInclusion({ index, size, leaf, root, proof }: Inclusion): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size) return false;
  let [at, last, node] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      node = nodeHash(node, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && node === root;
}

/** Two trees, and what shows that the second begins with the first. */
export interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: string;
  readonly size: number;
  readonly root: string;
  readonly proof: readonly string[];
}

/** Whether nothing of the old tree was changed or taken away (RFC 9162 §2.1.4.2). */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: Consistency): boolean {
  if (!isIndex(oldSize) || !isIndex(size) || oldSize > size) return false;
  if (oldSize === size) return proof.length === 0 && oldRoot === root;
  if (oldSize === 0) return proof.length === 0 && oldRoot === rootOf(EMPTY_TREE);
  let [at, last] = [oldSize - 1, size - 1];
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  const path = at === 0 ? [oldRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let [older, newer] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && older === oldRoot && newer === root;
}

/** The largest power of two that is smaller than `count`. */
function splitOf(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

const half = (value: number): number => Math.floor(value / 2);
const isIndex = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
