import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { hmacSha256 } from '#core/crypto/hmac.ts';
import { PEPPER_RECHECK_MS } from '#core/crypto/pepper.ts';
import type { Clock, MacEngine } from '#core/ports.ts';
import { PortError } from '#core/ports.ts';
import type { PepperRecord } from '#core/records.ts';
import { Secret } from '#core/secret.ts';

const MESSAGE = Buffer.from('message');
const keyFor = (wrapped: string): Uint8Array => createHash('sha256').update(wrapped).digest();
const macOf = (version: number): string => hmacSha256(Secret.of(keyFor(`wrapped-${version}`)))(MESSAGE);

interface Rig {
  readonly engine: MacEngine;
  readonly reads: number[];
  readonly unwraps: Readonly<Record<string, string>>[];
  put(version: number, state?: PepperRecord['state']): void;
  pass(ms: number): void;
  stepBack(ms: number): void;
  failing: boolean;
}

function rig(...versions: readonly number[]): Rig {
  const stored = new Map<number, PepperRecord>();
  let wall = 1_800_000_000_000;
  let monotonic = 5;
  const clock: Clock = { now: () => wall, monotonic: () => monotonic, sleep: async () => {} };
  const reads: number[] = [];
  const unwraps: Readonly<Record<string, string>>[] = [];
  const made: Rig = {
    reads,
    unwraps,
    failing: false,
    put: (version, state = 'active') => {
      const wrapped = Buffer.from(`wrapped-${version}`).toString('base64');
      stored.set(version, { schema: 1, kind: 'pepper', rev: 1, version, wrapped, createdAt: 0, state });
    },
    pass: (ms) => {
      wall += ms;
      monotonic += ms;
    },
    stepBack: (ms) => {
      wall -= ms;
    },
    engine: createPepperMac({
      registry: {
        get: async (key) => {
          const version = Number(key.pk.split('#')[1]);
          reads.push(version);
          if (made.failing) throw new PortError('down', { outcome: 'not-applied', retryable: true });
          return stored.get(version) as never;
        },
      },
      keyModule: {
        unwrap: async (wrapped, context) => {
          unwraps.push(context);
          if (made.failing) throw new PortError('down', { outcome: 'not-applied', retryable: true });
          return Secret.of(keyFor(Buffer.from(wrapped).toString()));
        },
      },
      clock,
    }),
  };
  for (const version of versions) made.put(version);
  return made;
}

describe('make', () => {
  it('uses the newest active pepper', async () => {
    const { engine } = rig(1, 2, 3);
    const made = await engine.make(MESSAGE);
    expect([made.pepper, made.value]).toEqual([3, macOf(3)]);
  });

  it('passes over peppers that only verify', async () => {
    const { engine, put } = rig(1, 2);
    put(3, 'verify-only');
    put(4, 'destroyed');
    expect((await engine.make(MESSAGE)).pepper).toBe(2);
  });

  it('unwraps once, under the context of that pepper, whatever runs at once', async () => {
    const { engine, unwraps, reads } = rig(1);
    await Promise.all(Array.from({ length: 20 }, () => engine.make(MESSAGE)));
    await engine.make(MESSAGE);
    expect(unwraps).toEqual([{ purpose: 'tokenward-pepper', version: '1' }]);
    expect(reads).toEqual([1, 2]);
  });

  it('learns of a newer pepper within the recheck time, and not on every call', async () => {
    const { engine, put, pass, reads } = rig(1);
    await engine.make(MESSAGE);
    put(2);
    expect((await engine.make(MESSAGE)).pepper).toBe(1);
    expect(reads).toEqual([1, 2]);
    pass(PEPPER_RECHECK_MS + 1);
    expect((await engine.make(MESSAGE)).pepper).toBe(2);
  });

  it('learns of a newer pepper at once when asked to remake under it', async () => {
    const { engine, put } = rig(1);
    await engine.make(MESSAGE);
    put(2);
    await engine.remake(MESSAGE, 2);
    expect((await engine.make(MESSAGE)).pepper).toBe(2);
  });

  it('goes back to an older pepper when the newest is retired', async () => {
    const { engine, put, pass } = rig(1, 2);
    await engine.make(MESSAGE);
    put(2, 'verify-only');
    pass(PEPPER_RECHECK_MS + 1);
    expect((await engine.make(MESSAGE)).pepper).toBe(1);
  });

  it('rechecks when the wall clock steps back', async () => {
    const { engine, put, stepBack } = rig(1);
    await engine.make(MESSAGE);
    put(2);
    stepBack(1);
    expect((await engine.make(MESSAGE)).pepper).toBe(2);
  });

  it('says what to do when there is none', async () => {
    const none = rig();
    await expect(none.engine.make(MESSAGE)).rejects.toMatchObject({ code: 'no-pepper', retryable: false });
    none.put(1);
    expect((await none.engine.make(MESSAGE)).pepper).toBe(1);
  });

  it('keeps no failure: works again once the store does', async () => {
    const broken = rig(1);
    broken.failing = true;
    await expect(broken.engine.make(MESSAGE)).rejects.toMatchObject({ code: 'down' });
    broken.failing = false;
    expect((await broken.engine.make(MESSAGE)).pepper).toBe(1);
  });
});

describe('remake', () => {
  it('is a value, not a promise, once the pepper is unwrapped', async () => {
    const { engine } = rig(1, 2);
    expect(engine.remake(MESSAGE, 1)).toBeInstanceOf(Promise);
    expect(await engine.remake(MESSAGE, 1)).toBe(macOf(1));
    expect(engine.remake(MESSAGE, 1)).toBe(macOf(1));
  });

  it('still works under a pepper that only verifies', async () => {
    const { engine, put } = rig(1, 2);
    put(1, 'verify-only');
    expect(await engine.remake(MESSAGE, 1)).toBe(macOf(1));
  });

  it.each(['kms', 0, -1, 1.5, Number.NaN, 2 ** 60] as const)(
    'knows no pepper %s and reads nothing',
    (pepper) => {
      const { engine, reads } = rig(1);
      expect(engine.remake(MESSAGE, pepper)).toBeUndefined();
      expect(reads).toEqual([]);
    },
  );

  it('asks once for an unknown pepper, then remembers for a while', async () => {
    const { engine, reads, pass, put } = rig(1);
    expect(await engine.remake(MESSAGE, 9)).toBeUndefined();
    expect(engine.remake(MESSAGE, 9)).toBeUndefined();
    expect(reads).toEqual([9]);
    put(9);
    pass(30_001);
    expect(await engine.remake(MESSAGE, 9)).toBe(macOf(9));
  });

  it('remembers a bounded number of unknown ones', async () => {
    const { engine, reads } = rig(1);
    for (let version = 2; version < 102; version++) await engine.remake(MESSAGE, version);
    reads.length = 0;
    for (let version = 2; version < 102; version++) await engine.remake(MESSAGE, version);
    expect(reads.length).toBe(100);
  });

  it('forgets a destroyed pepper within the recheck time', async () => {
    const { engine, put, pass } = rig(1, 2);
    await engine.remake(MESSAGE, 1);
    put(1, 'destroyed');
    pass(PEPPER_RECHECK_MS + 1);
    expect(await engine.remake(MESSAGE, 1)).toBeUndefined();
  });

  it('rechecks the record without asking KMS again', async () => {
    const { engine, pass, unwraps, reads } = rig(1);
    await engine.remake(MESSAGE, 1);
    pass(PEPPER_RECHECK_MS + 1);
    await engine.remake(MESSAGE, 1);
    expect([unwraps.length, reads.length]).toEqual([1, 2]);
  });

  it('throws when the store does, and does not take it for an unknown pepper', async () => {
    const broken = rig(1);
    broken.failing = true;
    await expect(broken.engine.remake(MESSAGE, 1)).rejects.toMatchObject({ code: 'down' });
    broken.failing = false;
    expect(await broken.engine.remake(MESSAGE, 1)).toBe(macOf(1));
  });
});
