import { createHash } from 'node:crypto';
import { hmacSha256 } from '#core/crypto/hmac.ts';
import type { MacEngine } from '#core/ports.ts';
import type { Mac } from '#core/records.ts';
import { Secret } from '#core/secret.ts';
import type { World } from './world.ts';

export interface MemoryMac extends MacEngine {
  /** A new pepper, the newest from now on. Gives its version. */
  addPepper(): number;
  /** Its MACs can no longer be remade. */
  destroyPepper(version: number): void;
}

/** Peppers derived from the world's seed, version 1 in place; the MAC itself is the real one. */
export function createMemoryMac(world: World): MemoryMac {
  const peppers = new Map<number, ReturnType<typeof hmacSha256>>();
  let newest = 0;
  const addPepper = (): number => {
    newest++;
    const bytes = createHash('sha256').update(`${world.seed}/pepper/${newest}`).digest();
    peppers.set(newest, hmacSha256(Secret.of(new Uint8Array(bytes))));
    return newest;
  };
  const remake = (message: Uint8Array, pepper: Mac['pepper']): string | undefined =>
    pepper === 'kms' ? undefined : peppers.get(pepper)?.(message);
  addPepper();
  return {
    make: (message) =>
      world.call('mac', 'make', [], async () => {
        const value = remake(message, newest);
        if (value === undefined) throw new Error('the newest pepper was destroyed');
        return { pepper: newest, value };
      }),
    remake,
    addPepper,
    destroyPepper: (version) => {
      peppers.delete(version);
    },
  };
}
