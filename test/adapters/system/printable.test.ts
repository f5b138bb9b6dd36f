import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableText } from '#adapters/system/printable.ts';
import { PortError } from '#core/ports.ts';
import { Secret } from '#core/secret.ts';

describe('printableText', () => {
  it.each([
    ['a new line', 'a\nb', 'a\\u{a}b'],
    ['an escape sequence', '\u001b[31mred', '\\u{1b}[31mred'],
    ['an override of direction', 'a\u202eb', 'a\\u{202e}b'],
    ['an isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['a zero-width space', 'a\u200bb', 'a\\u{200b}b'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['a lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
    ['a tag character', 'a\u{e0041}', 'a\\u{e0041}'],
  ])('escapes %s', (_what, text, shown) => {
    expect(printableText(text)).toBe(shown);
  });

  it('leaves other writing alone', () => {
    expect(printableText('Zoë 令牌 🙂')).toBe('Zoë 令牌 🙂');
  });

  it('takes the secret out of a token, one that the cut goes through too', () => {
    const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
    expect(printableText(`from ${token}`)).toBe('from twd_dev_0001TSm0PiyImxIY_[redacted]');
    expect(printableText('x'.repeat(2_010) + token)).not.toContain('ss');
  });

  it('says how much it cut', () => {
    expect(printableText('x'.repeat(5_000))).toMatch(/^x{2048}… \(5000 characters\)$/);
  });
});

describe('printable', () => {
  it('never shows a secret, bytes, or a function', () => {
    const value = {
      a: Secret.of('planted'),
      b: [Secret.of(Buffer.from('planted'))],
      c: Buffer.from('planted'),
      d: () => 'planted',
    };
    expect(printable(value)).toEqual({ a: '[redacted]', b: ['[redacted]'], c: '[7 bytes]', d: '[function]' });
  });

  it('shows of an error its name, code, message, place and causes, and nothing that hangs on it', () => {
    const sdk = Object.assign(new Error('denied'), {
      name: 'AccessDenied',
      $response: { body: 'planted' },
      input: 'planted',
    });
    const shown = printable({
      cause: new PortError('denied', { outcome: 'not-applied', retryable: false }, { cause: sdk }),
    });
    expect(JSON.stringify(shown)).not.toContain('planted');
    expect(shown).toMatchObject({
      cause: {
        name: 'PortError',
        code: 'denied',
        message: 'denied',
        cause: { name: 'AccessDenied', message: 'denied' },
      },
    });
  });

  it('ends on cycles of objects and of causes', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const error = new Error('again');
    error.cause = error;
    expect(JSON.stringify(printable({ cycle, error })).length).toBeLessThan(4_000);
  });

  it('bounds width', () => {
    expect(printable(Array.from({ length: 100 }, (_, index) => index))).toHaveLength(65);
    expect(printable(new Set([1, 2]))).toEqual([1, 2]);
  });

  it('survives a getter that throws', () => {
    const trap = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('trap');
      },
    });
    expect(printable({ trap })).toEqual({ trap: '[unreadable]' });
  });

  it('is total, and prints nothing that moves a line', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
        }),
        (value) => {
          const text = JSON.stringify(printable(value)) ?? '';
          return !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
