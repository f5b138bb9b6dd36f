import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { createEventQueue } from '#adapters/sqs/event-queue.ts';
import type { EventQueue } from '#core/reconcile/ports.ts';
import { createWire, refusal, type Wire, type WireAnswer } from '../wire.ts';

const URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/tokenward-dev-events';

function queueOn(...answers: WireAnswer[]): { queue: EventQueue; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  // The client would check each message's digest, which no scripted answer has.
  return { queue: createEventQueue(new SQSClient({ ...wire.config, md5: false }), URL), calls: wire.calls };
}
const sizes = (calls: Wire['calls']): readonly number[] =>
  calls.map(({ body }) => (body.Entries as readonly unknown[]).length);

describe('createEventQueue', () => {
  it('sends ten messages a call', async () => {
    const { queue, calls } = queueOn({ json: { Successful: [] } });
    await queue.send(Array.from({ length: 23 }, (_, n) => `{"n":${n}}`));
    expect(sizes(calls)).toEqual([10, 10, 3]);
    expect(calls[0]?.body).toMatchObject({
      QueueUrl: URL,
      Entries: expect.arrayContaining([{ Id: '1', MessageBody: '{"n":1}' }]),
    });
  });

  it('sends no more bytes in a call than it takes', async () => {
    const { queue, calls } = queueOn({ json: { Successful: [] } });
    const large = 'é'.repeat(60 * 1024);
    await queue.send([large, large, large, 'x']);
    expect(sizes(calls)).toEqual([2, 2]);
  });

  it('sends nothing of nothing', async () => {
    const { queue, calls } = queueOn({ json: {} });
    await queue.send([]);
    expect(calls).toEqual([]);
  });

  it.each([
    [{ json: { Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }] } }, 'InternalError'],
    [{ json: { Failed: [{ Id: '0' }] } }, 'SendFailed'],
  ])('fails where one message was not taken', async (answer, code) => {
    await expect(queueOn(answer).queue.send(['x'])).rejects.toMatchObject({ code, retryable: true });
  });

  it('throws what SQS refuses', async () => {
    await expect(queueOn(refusal('AccessDenied', 'no', 403)).queue.send(['x'])).rejects.toMatchObject({
      name: 'PortError',
      outcome: 'not-applied',
    });
  });
});
