import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '#core/audit/printable.ts';

describe('printable', () => {
  it.each([
    ['line breaks', 'a\r\nb', 'a\\u{d}\\u{a}b'],
    ['a terminal escape', '\u001b[31mred', '\\u{1b}[31mred'],
    ['C1 and DEL', '\u0085\u007f', '\\u{85}\\u{7f}'],
    ['separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['an override of direction', 'abc\u202etxt.exe', 'abc\\u{202e}txt.exe'],
    ['isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['a zero-width joiner', 'pay\u200dpal', 'pay\\u{200d}pal'],
    ['a tag character', '\u{e0041}', '\\u{e0041}'],
    ['half a pair', 'a\ud800b', 'a\\u{d800}b'],
    ['other scripts and pairs', 'née 日本 😀', 'née 日本 😀'],
  ])('escapes %s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('takes the secret out of a token, one that the cut goes through too', () => {
    const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
    expect(printable(`found ${token}`)).toBe('found twd_dev_0001TSm0PiyImxIY_[redacted]');
    expect(printable('x'.repeat(480) + token)).toBe(`${'x'.repeat(480)}twd_dev_0001TSm0PiyImxIY_[redact`);
  });

  it('cuts at 512, never through a pair', () => {
    expect(printable('x'.repeat(600))).toBe('x'.repeat(512));
    expect(printable(`${'x'.repeat(510)}😀`)).toBe(`${'x'.repeat(510)}😀`);
    expect(printable(`${'x'.repeat(511)}😀`)).toBe('x'.repeat(511));
    expect(printable(`${'\n'.repeat(102)}a😀`)).toBe(`${'\\u{a}'.repeat(102)}a`);
    expect(printable(`${'\n'.repeat(102)}ab😀`)).toBe(`${'\\u{a}'.repeat(102)}ab`);
  });

  it('gives text that is well-formed, short enough, and left alone by a second pass', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700 }), (text) => {
        const once = printable(text);
        expect(once.length).toBeLessThanOrEqual(512);
        expect(once.isWellFormed()).toBe(true);
        expect(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(once)).toBe(false);
        expect(printable(once)).toBe(once);
      }),
    );
  });
});
