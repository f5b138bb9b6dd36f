import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyModule } from '#core/ports.ts';

const CONTEXT = { purpose: 'tokenward-pepper', version: '1' };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What KMS promises, whoever plays its part. */
export function keysContract(title: string, start: () => Promise<KeyModule>): void {
  describe(title, () => {
    let keys: KeyModule;
    beforeAll(async () => {
      keys = await start();
    });

    it.each([1, 43, 1024])('draws %d random bytes', async (length) => {
      expect(await keys.randomBytes(length)).toHaveLength(length);
    });

    it('draws other bytes each time', async () => {
      const drawn = new Set<string>();
      for (let time = 0; time < 10; time++) drawn.add(hex(await keys.randomBytes(32)));
      expect(drawn.size).toBe(10);
    });

    it.each([0, 1025, -1, 1.5])('does not draw %d bytes', async (length) => {
      await expect(keys.randomBytes(length)).rejects.toThrow(RangeError);
    });

    it('wraps another key each time', async () => {
      expect(hex(await keys.newWrappedKey(CONTEXT))).not.toBe(hex(await keys.newWrappedKey(CONTEXT)));
    });

    it('unwraps a key of 256 bits, the same each time', async () => {
      const wrapped = await keys.newWrappedKey(CONTEXT);
      const [first, second] = [await keys.unwrap(wrapped, CONTEXT), await keys.unwrap(wrapped, CONTEXT)];
      expect(first.reveal()).toHaveLength(32);
      expect(hex(first.reveal())).toBe(hex(second.reveal()));
      expect(hex(wrapped)).not.toContain(hex(first.reveal()));
    });

    it('unwraps whatever the order of the context', async () => {
      const wrapped = await keys.newWrappedKey(CONTEXT);
      const turned = { version: '1', purpose: 'tokenward-pepper' };
      expect((await keys.unwrap(wrapped, turned)).reveal()).toHaveLength(32);
    });

    it('unwraps different keys to different bytes', async () => {
      const [a, b] = [await keys.newWrappedKey(CONTEXT), await keys.newWrappedKey(CONTEXT)];
      expect(hex((await keys.unwrap(a, CONTEXT)).reveal())).not.toBe(
        hex((await keys.unwrap(b, CONTEXT)).reveal()),
      );
    });

    it.each([
      ['another version', { ...CONTEXT, version: '2' }],
      ['no context', {}],
      ['more context', { ...CONTEXT, more: 'x' }],
    ])('does not unwrap under %s', async (_what, context) => {
      const wrapped = await keys.newWrappedKey(CONTEXT);
      await expect(keys.unwrap(wrapped, context)).rejects.toMatchObject({
        name: 'PortError',
        outcome: 'not-applied',
      });
    });

    it('does not unwrap what is no ciphertext', async () => {
      await expect(keys.unwrap(Buffer.from('none'), CONTEXT)).rejects.toMatchObject({ name: 'PortError' });
    });

    it('makes MACs of 256 bits that depend on the message alone', async () => {
      const [first, again, other] = await Promise.all(
        ['a', 'a', 'b'].map((text) => keys.mac(Buffer.from(text))),
      );
      expect(first).toHaveLength(32);
      expect(hex(again ?? new Uint8Array())).toBe(hex(first ?? new Uint8Array()));
      expect(hex(other ?? new Uint8Array())).not.toBe(hex(first ?? new Uint8Array()));
    });

    it('makes MACs of up to 4,096 bytes', async () => {
      expect(await keys.mac(Buffer.alloc(4096, 1))).toHaveLength(32);
      await expect(keys.mac(Buffer.alloc(4097, 1))).rejects.toMatchObject({
        name: 'PortError',
        outcome: 'not-applied',
      });
    });
  });
}
