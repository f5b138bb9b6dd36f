import { describe, expect, it } from 'vitest';
import { freeText } from '#core/text.ts';

describe('freeText', () => {
  const text = freeText(8);

  it.each<[string, string, boolean]>([
    ['a word', 'a word', true],
    ['a whole pair', '\u{1f511}', true],
    ['half of a pair', 'a \ud83d b', false],
    ['nothing', '', false],
    ['more than fits', '123456789', false],
  ])('%s', (_what, value, accepted) => {
    expect(text.safeParse(value).success).toBe(accepted);
  });
});
