import { describe, expect, it } from 'vitest';
import { parseBatch } from '#events/sqs.ts';
import { createBench } from '../issue/harness.ts';

/** What fuzzing found (test/fuzz/), each by hand. */
describe('an event of another kind', () => {
  const named = { name: 'BadEventError', code: 'bad-event' };

  it.each([undefined, null, [], 'text', {}, { Records: [{}] }])(
    '%j is thrown by name, as no batch',
    (event) => {
      expect(() => parseBatch(event)).toThrow(expect.objectContaining(named));
    },
  );

  it.each([undefined, null, [], 'text', {}, { operation: 'issue' }])(
    '%j is thrown by name, as nothing to issue',
    async (event) => {
      await expect(createBench().run(event)).rejects.toMatchObject(named);
    },
  );
});
