import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKmsMac } from '#adapters/mac/kms-mac.ts';

const sent: Uint8Array[] = [];
const engine = createKmsMac({
  mac: async (message) => {
    sent.push(message);
    return createHmac('sha256', 'key').update(message).digest();
  },
});

describe('createKmsMac', () => {
  it('makes and remakes the same MAC, both in KMS', async () => {
    const message = Buffer.from('message');
    const { pepper, value } = await engine.make(message);
    expect(pepper).toBe('kms');
    expect(await engine.remake(message, 'kms')).toEqual(value);
    expect(sent.slice(-2)).toEqual([message, message]);
  });

  it('knows no pepper', () => {
    expect(engine.remake(Buffer.from('message'), 1)).toBeUndefined();
  });

  it.each([4096, 4097, 100_000])('keeps within what KMS takes, at %d bytes', async (length) => {
    const { value } = await engine.make(Buffer.alloc(length, 1));
    expect(sent.at(-1)?.length).toBeLessThanOrEqual(4096);
    const changed = Buffer.alloc(length, 1);
    changed[length - 1] = 2;
    expect((await engine.make(changed)).value).not.toEqual(value);
  });
});
