import { hash } from 'node:crypto';

/**
 * A Merkle tree of RFC 6962 §2.1 as it stands after its first `size` leaves: the roots of its complete subtrees, the
 * largest first. One for each bit that is set in `size`, so at most 53, however many leaves there are.
 */
export interface Tree {
  readonly size: number;
  /** Hex SHA-256 each. */
  readonly nodes: readonly string[];
}

export const EMPTY_TREE: Tree = { size: 0, nodes: [] };

/** MTH({}): the root of a tree without leaves. */
const EMPTY_ROOT = hash('sha256', '', 'hex');

/** The hash of a leaf, hex: SHA-256 of 0x00 and its bytes, which are the text in UTF-8. */
export const leafHash = (text: string): string => hash('sha256', `\0${text}`, 'hex');

/** The hash of an inner node, hex: SHA-256 of 0x01 and both children. The prefix keeps a node from passing for a leaf. */
export function nodeHash(left: string, right: string): string {
  return hash('sha256', Buffer.from(`01${left}${right}`, 'hex'), 'hex');
}

/** The tree with these leaf hashes added at its right. One node hash a leaf on average. */
export function growTree(tree: Tree, leaves: Iterable<string>): Tree {
  const nodes = [...tree.nodes];
  let { size } = tree;
  for (const leaf of leaves) {
    let node = leaf;
    // As many complete subtrees end here as the old size has ones at its end.
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeHash(nodes.pop() as string, node);
    nodes.push(node);
    size++;
  }
  return { size, nodes };
}

/** The tree's root, hex. */
export function rootOf({ nodes }: Tree): string {
  return nodes.length === 0 ? EMPTY_ROOT : nodes.reduceRight((right, left) => nodeHash(left, right));
}
