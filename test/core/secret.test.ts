import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '#core/secret.ts';

const PRINTED: readonly [string, (secret: Secret) => string][] = [
  ['String', (secret) => String(secret)],
  ['toString', (secret) => secret.toString()],
  ['a template string', (secret) => `${secret}`],
  ['concatenation', (secret) => `<${secret}>`.concat(secret as unknown as string)],
  ['JSON', (secret) => JSON.stringify({ secret })],
  ['inspect', (secret) => inspect({ secret }, { showHidden: true, depth: null, getters: true })],
  ['a format string', (secret) => format('%s %o %O %j', secret, secret, secret, secret)],
  ['the message of an Error', (secret) => inspect(new Error(`not ${secret}`, { cause: secret }))],
  ['its own properties', (secret) => JSON.stringify(Reflect.ownKeys(secret)) + Object.values(secret).join()],
  ['a copy of it', (secret) => JSON.stringify({ ...secret }) + inspect(Object.assign({}, secret))],
];

describe('Secret', () => {
  it.each(PRINTED)('is not in %s', (_where, print) => {
    fc.assert(
      fc.property(fc.string({ minLength: 12 }), (rest) => {
        const plaintext = `twd_${rest}`;
        const printed = print(Secret.of(plaintext));
        expect(printed).not.toContain(plaintext);
        expect(printed).not.toContain('twd_');
      }),
    );
  });

  it.each(['String', 'toString', 'a template string', 'JSON', 'inspect'])(
    'shows as redacted in %s',
    (where) => {
      const print = new Map(PRINTED).get(where);
      expect(print?.(Secret.of('plaintext'))).toContain('[redacted]');
    },
  );

  it('keeps bytes out of sight as well', () => {
    const bytes = Uint8Array.of(222, 173, 190, 239);
    expect(inspect([Secret.of(bytes)])).toBe('[ [redacted] ]');
    expect(Secret.of(bytes).reveal()).toBe(bytes);
  });

  it('gives the plaintext by reveal alone', () => {
    expect(Secret.of('plaintext').reveal()).toBe('plaintext');
  });
});
