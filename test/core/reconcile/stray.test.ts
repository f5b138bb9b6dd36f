import { expect, it } from 'vitest';
import { advance, firstCursor } from '#core/reconcile/cursor.ts';
import { NOW } from '../builders.ts';

it('is as far as before after a name that is no log file’s', () => {
  const cursor = firstCursor('eu-west-1', NOW);
  expect(advance(cursor, ['CloudTrail-Digest/x'])).toEqual(cursor);
});
