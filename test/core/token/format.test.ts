import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatToken,
  holdsToken,
  isKeyId,
  parseToken,
  TOKEN_ENTROPY_BYTES,
  TOKEN_MAX_LENGTH,
  withoutSecrets,
} from '#core/token/format.ts';

const bytes = fc.uint8Array({ minLength: TOKEN_ENTROPY_BYTES, maxLength: TOKEN_ENTROPY_BYTES });
const environment = fc.stringMatching(/^[a-z0-9]{2,12}$/);
const tokens = fc
  .tuple(environment, bytes)
  .map(([name, entropy]) => formatToken(name, entropy).token.reveal());
const SHAPE = /^twd_[a-z0-9]{2,12}_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/;

describe('formatToken', () => {
  it('makes what parseToken reads', () => {
    fc.assert(
      fc.property(environment, bytes, (name, entropy) => {
        const made = formatToken(name, entropy);
        const text = made.token.reveal();
        const read = parseToken(text);
        expect(text).toMatch(SHAPE);
        expect(text.length).toBeLessThanOrEqual(TOKEN_MAX_LENGTH);
        expect(isKeyId(made.keyId)).toBe(true);
        expect(read.ok && { ...read.value, token: read.value.token.reveal() }).toEqual({
          environment: name,
          keyId: made.keyId,
          token: text,
        });
      }),
    );
  });

  it('makes another token of other bytes', () => {
    fc.assert(
      fc.property(bytes, fc.nat(TOKEN_ENTROPY_BYTES * 8 - 1), (entropy, bit) => {
        const other = entropy.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        expect(formatToken('dev', other).token.reveal()).not.toBe(formatToken('dev', entropy).token.reveal());
      }),
    );
  });

  it('is the same for ever, computed by other means', () => {
    const entropy = Uint8Array.from({ length: TOKEN_ENTROPY_BYTES }, (_, at) => at);
    const made = formatToken('dev', entropy);
    const parts = ['twd', 'dev', '0001TSm0PiyImxIY', '2cPkOWUkrUb4EZzajfasC13e5zNIwyMtKOLBq78h99G2c3aOO'];
    expect(made.token.reveal()).toBe(parts.join('_'));
  });

  it('fills with zeros', () => {
    const { keyId, token } = formatToken('dev', new Uint8Array(TOKEN_ENTROPY_BYTES));
    expect(keyId).toBe('0'.repeat(16));
    expect(token.reveal().slice(0, -6)).toBe(`twd_dev_${'0'.repeat(16)}_${'0'.repeat(43)}`);
  });

  it.each([0, 42, 44])('refuses %i bytes', (length) => {
    expect(() => formatToken('dev', new Uint8Array(length))).toThrow(
      new RangeError(`a token takes 43 random bytes, not ${length}`),
    );
  });

  it.each(['', 'd', 'Dev', 'de_v', 'a-b', 'abcdefghijklm', ' dev', 'dev\n'])(
    'refuses the environment %j',
    (name) => {
      expect(() => formatToken(name, new Uint8Array(43))).toThrow('environment must match [a-z0-9]{2,12}');
    },
  );
});

describe('parseToken', () => {
  it('refuses any one character changed', () => {
    fc.assert(
      fc.property(
        tokens,
        fc.nat(),
        fc.oneof(
          fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'),
          fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme' }),
        ),
        (text, position, character) => {
          const at = position % text.length;
          fc.pre(text[at] !== character);
          expect(parseToken(text.slice(0, at) + character + text.slice(at + 1)).ok).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('refuses a token cut or grown by one character, at either end', () => {
    fc.assert(
      fc.property(tokens, (text) => {
        for (const other of [
          text.slice(1),
          text.slice(0, -1),
          `0${text}`,
          `${text}0`,
          `${text}\n`,
          ` ${text}`,
        ]) {
          expect(parseToken(other).ok).toBe(false);
        }
      }),
    );
  });

  it('calls malformed just what has not the shape', () => {
    const edit = fc.record({
      at: fc.nat(90),
      cut: fc.nat(2),
      put: fc.oneof(
        fc.constantFrom(
          '',
          '_',
          '__',
          'twd_',
          '0',
          'Z',
          'z',
          '/',
          ':',
          '@',
          '[',
          '`',
          '{',
          '\u0130',
          '\x7f',
          '\x80',
        ),
        fc.string({ maxLength: 2 }),
      ),
    });
    fc.assert(
      fc.property(tokens, fc.array(edit, { maxLength: 3 }), (text, edits) => {
        let edited = text;
        for (const { at, cut, put } of edits) edited = edited.slice(0, at) + put + edited.slice(at + cut);
        const read = parseToken(edited);
        expect(!read.ok && read.error.reason === 'malformed').toBe(!SHAPE.test(edited));
      }),
      { numRuns: 2_000 },
    );
  });

  it('tells a wrong checksum from a wrong shape', () => {
    const text = formatToken('dev', new Uint8Array(TOKEN_ENTROPY_BYTES)).token.reveal();
    expect(parseToken(text.replace('dev', 'prod'))).toEqual({ ok: false, error: { reason: 'checksum' } });
    expect(parseToken(text.replace('twd', 'ghp'))).toEqual({ ok: false, error: { reason: 'malformed' } });
  });

  it('never throws, and refuses what is too long before it looks at it', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !parseToken(text).ok));
    const longest = formatToken('abcdefghijkl', new Uint8Array(TOKEN_ENTROPY_BYTES)).token.reveal();
    expect(longest).toHaveLength(TOKEN_MAX_LENGTH);
    expect(parseToken(longest).ok).toBe(true);
    expect(parseToken(`${longest}0`)).toEqual({ ok: false, error: { reason: 'malformed' } });
  });
});

describe('holdsToken', () => {
  const text = (): string => formatToken('dev', new Uint8Array(TOKEN_ENTROPY_BYTES)).token.reveal();

  it.each<[string, (token: string) => string, boolean]>([
    ['a token', (token) => token, true],
    ['one within other text', (token) => `it is ${token}, keep it`, true],
    ['one without its checksum, which has the whole secret', (token) => token.slice(0, -6), true],
    ['one cut within its secret', (token) => token.slice(0, -7), true],
    ['one of the longest environment', (token) => token.replace('dev', 'abcdefghijkl'), true],
    ['its public parts', (token) => token.slice(0, 25), false],
    ['another prefix', (token) => token.replace('twd', 'ghp'), false],
    ['no environment', (token) => token.replace('dev', ''), false],
    ['another alphabet', (token) => token.replaceAll('0', '-'), false],
    ['nothing', () => '', false],
  ])('%s: %s', (_what, change, expected) => {
    expect(holdsToken(change(text()))).toBe(expected);
  });
});

describe('isKeyId', () => {
  it.each([
    ['0123456789ABCDef', true],
    ['0123456789ABCDe', false],
    ['0123456789ABCDefg', false],
    ['0123456789ABCD_f', false],
    ['0123456789ABCDef\n', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(isKeyId(text)).toBe(expected);
  });
});

describe('withoutSecrets', () => {
  const body = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(43)}`;

  it.each([
    ['a whole token', `${body}cCheck`, 'twd_dev_0001TSm0PiyImxIY_[redacted]'],
    ['one that breaks off', body.slice(0, 40), 'twd_dev_0001TSm0PiyImxIY_[redacted]'],
    ['one that goes on', `${body}cCheckAndMore`, 'twd_dev_0001TSm0PiyImxIY_[redacted]'],
    ['one in the midst', `x${body}-y`, 'xtwd_dev_0001TSm0PiyImxIY_[redacted]-y'],
    ['two', `${body} ${body}`, 'twd_dev_0001TSm0PiyImxIY_[redacted] twd_dev_0001TSm0PiyImxIY_[redacted]'],
  ])('takes the secret out of %s', (_what, text, left) => {
    expect(withoutSecrets(text)).toBe(left);
    expect(holdsToken(text)).toBe(true);
    expect(holdsToken(left)).toBe(false);
  });

  it('leaves keyIds and all other text alone', () => {
    for (const text of ['', 'twd_dev_0001TSm0PiyImxIY', '0001TSm0PiyImxIY', 'arn:aws:iam::1:role/twd_dev']) {
      expect(withoutSecrets(text)).toBe(text);
      expect(holdsToken(text)).toBe(false);
    }
  });

  it('leaves no secret of any token in any text', () => {
    fc.assert(
      fc.property(tokens, fc.string(), fc.string(), (token, before, after) => {
        expect(withoutSecrets(before + token + after)).not.toContain(token.slice(-49, -6));
      }),
    );
  });
});
