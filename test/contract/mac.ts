import { beforeAll, describe, expect, it } from 'vitest';
import type { MacEngine } from '#core/ports.ts';

/** What every MAC engine promises. `stranger`: a pepper that it does not know. */
export function macContract(title: string, stranger: number | 'kms', start: () => Promise<MacEngine>): void {
  describe(title, () => {
    let engine: MacEngine;
    beforeAll(async () => {
      engine = await start();
    });

    it('makes 256 bits and says under what', async () => {
      const { pepper, value } = await engine.make(Buffer.from('message'));
      expect(value).toMatch(/^[\w-]{43}$/);
      expect(pepper).not.toBe(stranger);
    });

    it.each(['', 'message', 'x'.repeat(4096), 'x'.repeat(100_000)])(
      'remakes what it made of %.10s…',
      async (text) => {
        const message = Buffer.from(`1${text}`);
        const { pepper, value } = await engine.make(message);
        expect(await engine.remake(message, pepper)).toBe(value);
      },
    );

    it('makes another of another message, however long', async () => {
      const long = Buffer.alloc(10_000, 1);
      const changed = Buffer.from(long);
      changed[9_999] = 2;
      expect((await engine.make(long)).value).not.toBe((await engine.make(changed)).value);
    });

    it('remakes nothing under a pepper that it does not know', async () => {
      expect(await engine.remake(Buffer.from('message'), stranger)).toBeUndefined();
    });
  });
}
