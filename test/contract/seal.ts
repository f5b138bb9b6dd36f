import { createPublicKey, verify } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_TREE, growTree, leafHash, rootOf } from '#core/seal/merkle.ts';
import type { CheckpointSigner, LogArchive, SealStore, Witness } from '#core/seal/ports.ts';
import { type SealState, UNSEALED } from '#core/seal/state.ts';

/** What the sealer has of the world. */
export interface SealRig {
  readonly store: SealStore;
  readonly archive: LogArchive;
  readonly signer: CheckpointSigner;
  readonly witness: Witness;
  /** An object of the archive, as its auditor reads it. */
  read(name: string): Promise<string | undefined>;
  /** Every name in the archive that begins so. */
  names(prefix: string): Promise<readonly string[]>;
}

const tree = growTree(EMPTY_TREE, ['a', 'b', 'c'].map(leafHash));
const INTENT: NonNullable<SealState['intent']> = {
  header: {
    kind: 'segment',
    schema: 1,
    origin: 'tokenward/111122223333/eu-west-1/dev',
    segment: 1,
    size: 3,
    root: rootOf(tree),
    records: 2,
    ranges: [{ shard: 7, from: 1, to: 2, head: leafHash('head') }],
    sealedAt: '2026-11-24T08:00:00.000Z',
    nextBy: '2026-11-24T08:10:00.000Z',
  },
  sha256: leafHash('body'),
};

/** What the log's bucket, its key and the sealer's state promise, whoever plays their part. */
export function sealContract(title: string, start: () => Promise<SealRig>): void {
  describe(title, () => {
    let rig: SealRig;
    beforeAll(async () => {
      rig = await start();
    });

    it('keeps the state on its revision, whole', async () => {
      expect(await rig.store.read()).toBeUndefined();
      const first: SealState = {
        ...UNSEALED,
        segment: 1,
        tree,
        shards: [{ shard: 7, seq: 2, hash: leafHash('x') }],
      };
      expect(await rig.store.replace({ ...first, rev: 4 })).toBe(false);
      expect(await rig.store.replace(first)).toBe(true);
      expect(await rig.store.read()).toEqual({ ...first, rev: 1 });
      expect(await rig.store.replace(first)).toBe(false);
      expect(await rig.store.replace({ ...first, rev: 1, intent: INTENT })).toBe(true);
      expect(await rig.store.read()).toEqual({ ...first, rev: 2, intent: INTENT });
      expect(await rig.store.replace({ ...first, rev: 2 })).toBe(true);
      expect(await rig.store.read()).toEqual({ ...first, rev: 3 });
    });

    it('lets one of many writers of the same revision through', async () => {
      const state = (await rig.store.read()) ?? UNSEALED;
      const all = await Promise.all(Array.from({ length: 5 }, () => rig.store.replace(state)));
      expect(all.filter((through) => through)).toHaveLength(1);
    });

    it('writes an object once, whatever is written again', async () => {
      const body = '{"line":"née 日本 😀"}\n{"line":2}\n';
      expect(await rig.archive.put('segments/000000000000.ndjson', body)).toEqual({
        ok: true,
        value: undefined,
      });
      for (const again of [body, 'something else']) {
        expect(await rig.archive.put('segments/000000000000.ndjson', again)).toEqual({
          ok: false,
          error: { reason: 'exists' },
        });
      }
      expect(await rig.read('segments/000000000000.ndjson')).toBe(body);
    });

    it('lists what was written, in order', async () => {
      for (const number of [12, 3, 100]) {
        await rig.archive.put(`checkpoints/${String(number).padStart(12, '0')}.txt`, `${number}`);
      }
      expect(await rig.names('checkpoints/')).toEqual([
        'checkpoints/000000000003.txt',
        'checkpoints/000000000012.txt',
        'checkpoints/000000000100.txt',
      ]);
    });

    it('signs what its public key verifies', async () => {
      const [text, key] = [Buffer.from('checkpoint\n1\n'), await rig.signer.publicKey()];
      const publicKey = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' });
      expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
      const signature = await rig.signer.sign(text);
      expect(verify('sha256', text, publicKey, signature)).toBe(true);
      expect(verify('sha256', Buffer.from('checkpoint\n2\n'), publicKey, signature)).toBe(false);
    });

    it('signs at most 4,096 bytes', async () => {
      await rig.signer.sign(Buffer.alloc(4_096, 1));
      await expect(rig.signer.sign(Buffer.alloc(4_097, 1))).rejects.toMatchObject({ name: 'PortError' });
    });

    it('tells the second medium as often as one likes', async () => {
      const said = { segment: 1, size: 3, sha256: leafHash('text') };
      await rig.witness.tell(said);
      await rig.witness.tell(said);
    });
  });
}
