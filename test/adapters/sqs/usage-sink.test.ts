import { SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUsageSink, USAGE_BODY_MAX_BYTES, usageBodies } from '#adapters/sqs/usage-sink.ts';
import type { Usage } from '#core/ports.ts';
import { createWire, refusal } from '../wire.ts';

const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/111122223333/usage';

const usage = (client = 'curl', count = 1): Usage => ({
  usageId: 'u1',
  at: 1_800_000_000_000,
  keyId: 'abcdefABCDEF0123',
  tokenId: 'orders',
  network: '203.0.113.7',
  client,
  outcome: 'allowed',
  count,
  firstSeen: true,
});

describe('createUsageSink', () => {
  it('sends one message of kind and version', async () => {
    const wire = createWire({ json: {} });
    await createUsageSink(new SQSClient({ ...wire.config, md5: false }), QUEUE).send([usage()]);
    expect(wire.calls).toHaveLength(1);
    expect(JSON.parse(String(wire.calls[0]?.body.MessageBody))).toEqual({
      kind: 'usage',
      v: 1,
      usages: [usage()],
    });
  });

  it('throws what SQS refuses', async () => {
    const wire = createWire(refusal('com.amazonaws.sqs#QueueDoesNotExist'));
    const sink = createUsageSink(new SQSClient({ ...wire.config, md5: false }), QUEUE);
    await expect(sink.send([usage()])).rejects.toMatchObject({ name: 'PortError' });
  });
});

describe('usageBodies', () => {
  it('keep every usage in order within the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 20 }), (sizes) => {
        const usages = sizes.map((size, index) => usage('é'.repeat(size), index));
        const bodies = usageBodies(usages);
        expect(bodies.flatMap((body) => JSON.parse(body).usages)).toEqual(usages);
        for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(USAGE_BODY_MAX_BYTES);
      }),
      { numRuns: 50 },
    );
  });

  it('are none for nothing', () => {
    expect(usageBodies([])).toEqual([]);
  });

  it('refuse one usage that can never fit', () => {
    expect(() => usageBodies([usage('x'.repeat(USAGE_BODY_MAX_BYTES))])).toThrow('at most');
  });
});
