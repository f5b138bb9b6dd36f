import { describe, expect, it } from 'vitest';
import { jsonIn } from '#core/json.ts';

describe('jsonIn', () => {
  it.each([
    ['{"a":[1]}', { a: [1] }],
    ['null', null],
    ['', undefined],
    ['{', undefined],
  ])('%j', (text, value) => {
    expect(jsonIn(text)).toEqual(value);
  });
});
