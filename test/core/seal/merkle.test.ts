import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TREE, growTree, leafHash, nodeHash, rootOf } from '#core/seal/merkle.ts';
import { treeHash } from './naive-tree.ts';

/** The leaves and roots by which implementations of RFC 6962 know each other, all leaves being ASCII. */
const KNOWN_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const KNOWN_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const texts = fc.array(
  fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => text.isWellFormed()),
  {
    maxLength: 40,
  },
);
const bytes = (leaves: readonly string[]): Buffer[] => leaves.map((leaf) => Buffer.from(leaf));

describe('growTree', () => {
  it.each(KNOWN_ROOTS.map((root, size) => ({ size, root })))(
    'has the known root at size $size',
    ({ size, root }) => {
      const leaves = KNOWN_LEAVES.slice(0, size).map((hex) => leafHash(Buffer.from(hex, 'hex').toString()));
      expect(rootOf(growTree(EMPTY_TREE, leaves))).toBe(root);
    },
  );

  it('has the root of the recursive definition, grown at once or in two parts', () => {
    fc.assert(
      fc.property(texts, texts, (one, two) => {
        const expected = treeHash(bytes([...one, ...two])).toString('hex');
        const first = growTree(EMPTY_TREE, one.map(leafHash));
        expect(rootOf(first)).toBe(treeHash(bytes(one)).toString('hex'));
        expect(rootOf(growTree(first, two.map(leafHash)))).toBe(expected);
        expect(growTree(EMPTY_TREE, [...one, ...two].map(leafHash))).toEqual(
          growTree(first, two.map(leafHash)),
        );
      }),
    );
  });

  it('keeps one node for each bit of its size', () => {
    const tree = growTree(
      EMPTY_TREE,
      Array.from({ length: 1_000 }, (_, n) => leafHash(`${n}`)),
    );
    expect(tree.nodes).toHaveLength([...(1_000).toString(2)].filter((bit) => bit === '1').length);
  });

  it('counts beyond 32 bits', () => {
    const full = { size: 2 ** 40 - 1, nodes: Array.from({ length: 40 }, (_, n) => leafHash(`${n}`)) };
    const grown = growTree(full, [leafHash('last')]);
    expect(grown.size).toBe(2 ** 40);
    expect(grown.nodes).toHaveLength(1);
  });
});

describe('the hashes', () => {
  it('tell a leaf from a node with the same bytes', () => {
    const [left, right] = [leafHash('a'), leafHash('b')];
    expect(nodeHash(left, right)).not.toBe(
      leafHash(Buffer.concat([Buffer.from(left, 'hex'), Buffer.from(right, 'hex')]).toString('latin1')),
    );
    expect(nodeHash(left, right)).not.toBe(nodeHash(right, left));
  });
});
