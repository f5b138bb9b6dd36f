import { createHash, createHmac } from 'node:crypto';
import { type KeyModule, PortError } from '#core/ports.ts';
import { Secret } from '#core/secret.ts';
import type { Restore, World } from './world.ts';

export interface MemoryKeys extends KeyModule {
  /** How much was drawn so far; see World.save. */
  save(): Restore;
}

/**
 * KMS in memory: bytes derived from the world's seed, so that a run repeats; a wrapped key opens only under the
 * context it was wrapped for.
 */
export function createMemoryKeys(world: World): MemoryKeys {
  let drawn = 0;
  const derive = (label: string, length: number): Uint8Array => {
    const blocks: Buffer[] = [];
    for (let block = 0; block * 32 < length; block++) {
      blocks.push(createHash('sha256').update(`${world.seed}/${label}/${block}`).digest());
    }
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  };
  const contextDigest = (context: Readonly<Record<string, string>>): Buffer =>
    createHash('sha256')
      .update(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))))
      .digest();

  return {
    save() {
      const then = drawn;
      return () => {
        drawn = then;
      };
    },

    randomBytes: (length) =>
      world.call('keys', 'randomBytes', [length], async () => {
        if (!Number.isInteger(length) || length < 1 || length > 1024) {
          throw new RangeError(`KMS gives 1 to 1024 random bytes at once, not ${length}`);
        }
        return derive(`random/${drawn++}`, length);
      }),

    newWrappedKey: (context) =>
      world.call('keys', 'newWrappedKey', [context], async () => {
        const body = Buffer.concat([derive(`wrapped/${drawn++}`, 32), contextDigest(context)]);
        return new Uint8Array(Buffer.concat([body, tagOf(world.seed, body)]));
      }),

    unwrap: (wrapped, context) =>
      world.call('keys', 'unwrap', [wrapped, context], async () => {
        const body = Buffer.from(wrapped.subarray(0, 64));
        const genuine = Buffer.from(wrapped.subarray(64)).equals(tagOf(world.seed, body));
        if (!genuine || !body.subarray(32).equals(contextDigest(context))) {
          throw new PortError('InvalidCiphertextException', { outcome: 'not-applied', retryable: false });
        }
        return Secret.of(derive(`unwrapped/${body.subarray(0, 32).toString('hex')}`, 32));
      }),

    mac: (message) =>
      world.call('keys', 'mac', [message], async () => {
        if (message.length < 1 || message.length > 4096) {
          throw new PortError('ValidationException', { outcome: 'not-applied', retryable: false });
        }
        return new Uint8Array(createHmac('sha256', derive('mac-key', 32)).update(message).digest());
      }),
  };
}

const tagOf = (seed: number | string, body: Buffer): Buffer =>
  createHmac('sha256', `wrapping/${seed}`).update(body).digest();
