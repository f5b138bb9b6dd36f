import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TREE, growTree, leafHash, nodeHash, rootOf } from '#core/seal/merkle.ts';
import {
  consistencyRanges,
  inclusionRanges,
  proofOver,
  verifyConsistency,
  verifyInclusion,
} from '#core/seal/proof.ts';
import { auditPath, consistencyPath } from './naive-tree.ts';

const SIZES = 34;
const LEAVES = Array.from({ length: SIZES }, (_, n) => `leaf ${n}`);
const BYTES = LEAVES.map((leaf) => Buffer.from(leaf));
const HASHES = LEAVES.map(leafHash);
const rootAt = (size: number): string => rootOf(growTree(EMPTY_TREE, HASHES.slice(0, size)));
const hex = (nodes: readonly Buffer[]): string[] => nodes.map((node) => node.toString('hex'));
const flipped = (hash: string): string => hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
const inclusionOf = (index: number, size: number) => ({
  index,
  size,
  leaf: HASHES[index] as string,
  root: rootAt(size),
  proof: proofOver(inclusionRanges(index, size), HASHES.slice(0, size)),
});
const consistencyOf = (oldSize: number, size: number) => ({
  oldSize,
  oldRoot: rootAt(oldSize),
  size,
  root: rootAt(size),
  proof: proofOver(consistencyRanges(oldSize, size), HASHES.slice(0, size)),
});
/** Every proof that is one edit away: a hash changed, dropped, doubled, two swapped, one added. */
function neighbours(proof: readonly string[]): string[][] {
  const at = proof.map((_, index) => index);
  return [
    ...at.map((index) => proof.with(index, flipped(proof[index] as string))),
    ...at.map((index) => proof.toSpliced(index, 1)),
    ...at.map((index) => proof.toSpliced(index, 0, proof[index] as string)),
    ...at
      .slice(1)
      .map((index) => proof.with(index, proof[index - 1] as string).with(index - 1, proof[index] as string)),
    [...proof, leafHash('more')],
  ];
}

describe('inclusion', () => {
  it('is proven as RFC 6962 defines it, for every leaf of every size', () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let index = 0; index < size; index++) {
        const claim = inclusionOf(index, size);
        expect(claim.proof).toEqual(hex(auditPath(index, BYTES.slice(0, size))));
        expect(verifyInclusion(claim)).toBe(true);
      }
    }
  });

  it('is refused for any other leaf, index, size, root or proof', () => {
    for (const [index, size] of [
      [0, 1],
      [0, 2],
      [4, 7],
      [6, 7],
      [12, 33],
      [32, 33],
      [5, 8],
    ] as const) {
      const claim = inclusionOf(index, size);
      expect(verifyInclusion({ ...claim, leaf: flipped(claim.leaf) })).toBe(false);
      expect(verifyInclusion({ ...claim, root: flipped(claim.root) })).toBe(false);
      for (let other = 0; other < size; other++) {
        if (other !== index) expect(verifyInclusion({ ...claim, index: other })).toBe(false);
      }
      for (const proof of neighbours(claim.proof)) expect(verifyInclusion({ ...claim, proof })).toBe(false);
    }
  });

  it.each([
    [1, 1],
    [-1, 4],
    [0.5, 4],
    [0, 0],
    [0, Number.NaN],
  ])('knows no leaf %d of %d', (index, size) => {
    expect(() => inclusionRanges(index, size)).toThrow(new RangeError(`no leaf ${index} of ${size}`));
    expect(verifyInclusion({ index, size, leaf: leafHash(''), root: leafHash(''), proof: [] })).toBe(false);
  });

  it('is not shown by a sum that comes out right for no leaf of the tree', () => {
    const [leaf, sibling] = HASHES as [string, string];
    const pair = nodeHash(leaf, sibling);
    expect(
      verifyInclusion({ index: 0, size: 1, leaf, root: nodeHash(sibling, leaf), proof: [sibling] }),
    ).toBe(false);
    expect(verifyInclusion({ index: 0.5, size: 1, leaf, root: leaf, proof: [] })).toBe(false);
    expect(verifyInclusion({ index: 0, size: 1.5, leaf, root: pair, proof: [sibling] })).toBe(false);
    expect(verifyInclusion({ index: 0, size: 2, leaf, root: pair, proof: [sibling] })).toBe(true);
  });
});

describe('consistency', () => {
  it('is proven as RFC 6962 defines it, for every two sizes', () => {
    for (let size = 0; size <= SIZES; size++) {
      for (let oldSize = 0; oldSize <= size; oldSize++) {
        const claim = consistencyOf(oldSize, size);
        const expected = oldSize === 0 ? [] : hex(consistencyPath(oldSize, BYTES.slice(0, size)));
        expect(claim.proof).toEqual(expected);
        expect(verifyConsistency(claim), `${oldSize} in ${size}`).toBe(true);
      }
    }
  });

  it('is refused for any other size, root or proof', () => {
    for (const [oldSize, size] of [
      [0, 3],
      [1, 2],
      [3, 7],
      [4, 7],
      [6, 8],
      [8, 8],
      [21, 33],
      [32, 33],
    ] as const) {
      const claim = consistencyOf(oldSize, size);
      expect(verifyConsistency({ ...claim, oldRoot: flipped(claim.oldRoot) })).toBe(false);
      if (oldSize > 0) expect(verifyConsistency({ ...claim, root: flipped(claim.root) })).toBe(false);
      for (const proof of neighbours(claim.proof)) {
        expect(verifyConsistency({ ...claim, proof }), `${oldSize} in ${size}`).toBe(false);
      }
    }
    expect(verifyConsistency({ ...consistencyOf(3, 7), proof: [] })).toBe(false);
  });

  it('is refused for a log that was changed anywhere in its old part', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SIZES }), fc.nat(), fc.nat(), (size, one, two) => {
        const oldSize = 1 + (one % size);
        const changed = HASHES.slice(0, size).with(two % oldSize, leafHash('another'));
        const claim = {
          oldSize,
          oldRoot: rootAt(oldSize),
          size,
          root: rootOf(growTree(EMPTY_TREE, changed)),
          proof: proofOver(consistencyRanges(oldSize, size), changed),
        };
        expect(verifyConsistency(claim)).toBe(false);
      }),
    );
  });

  it.each([
    [2, 1],
    [-1, 1],
    [1, 1.5],
  ])('knows no tree of %d within %d', (oldSize, size) => {
    expect(() => consistencyRanges(oldSize, size)).toThrow(
      new RangeError(`${oldSize} is not within ${size}`),
    );
    expect(verifyConsistency({ oldSize, oldRoot: '', size, root: '', proof: [] })).toBe(false);
  });

  it('is not shown by a sum that comes out right for no tree of that size', () => {
    const [root] = HASHES as [string];
    expect(verifyConsistency({ oldSize: 2, oldRoot: root, size: 8, root, proof: [] })).toBe(false);
    expect(verifyConsistency({ oldSize: 0.5, oldRoot: root, size: 1, root, proof: [root] })).toBe(false);
    const claim = consistencyOf(3, 4);
    const more = leafHash('more');
    expect(
      verifyConsistency({
        ...claim,
        oldRoot: nodeHash(more, claim.oldRoot),
        root: nodeHash(more, claim.root),
        proof: [...claim.proof, more],
      }),
    ).toBe(false);
  });
});
