import { describe, expect, it } from 'vitest';
import { freeText } from '#core/text.ts';

describe('freeText', () => {
  const text = freeText(8);

  it.each<[string, string, boolean]>([
    ['a word', 'a word', true],
    ['a whole pair', '\u{1f511}', true],
    ['half of a pair', 'a \ud83d b', false],
    ['one character', 'a', true],
    ['as much as fits', '12345678', true],
    ['nothing', '', false],
    ['more than fits', '123456789', false],
  ])('%s', (_what, value, accepted) => {
    expect(text.safeParse(value).success).toBe(accepted);
  });

  it.each([
    ['', 'must be 1 to 90 long'],
    ['a \ud83d b', 'holds half of a character'],
    [`twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`, 'holds a token'],
  ])('says of %j what is wrong', (value, problem) => {
    expect(freeText(90).safeParse(value).error?.issues[0]?.message).toBe(problem);
  });
});
