import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryKeys } from './memory-keys.ts';
import { createWorld } from './world.ts';

const CONTEXT = { purpose: 'tokenward-pepper', version: '1' };

describe('createMemoryKeys', () => {
  it('unwraps nothing of which one bit was changed, as KMS does and the emulator does not', async () => {
    const keys = createMemoryKeys(createWorld());
    const wrapped = await keys.newWrappedKey(CONTEXT);
    await fc.assert(
      fc.asyncProperty(fc.nat(wrapped.length * 8 - 1), async (bit) => {
        const changed = Uint8Array.from(wrapped);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await expect(keys.unwrap(changed, CONTEXT)).rejects.toMatchObject({
          code: 'InvalidCiphertextException',
        });
      }),
    );
  });

  it('repeats itself with the seed, and only then', async () => {
    const draw = (seed: number): Promise<Uint8Array> =>
      createMemoryKeys(createWorld({ seed })).randomBytes(32);
    expect(await draw(7)).toEqual(await draw(7));
    expect(await draw(7)).not.toEqual(await draw(8));
  });
});
