import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { PortError } from '#core/ports.ts';
import type { EventQueue } from '#core/reconcile/ports.ts';
import { toPortError } from '../errors.ts';

const MESSAGES_MOST = 10;
const BATCH_MOST_BYTES: number = 256 * 1024;

/** The responder's queue, ten messages a call. One that is not taken fails the call: it is sent again with the rest. */
export function createEventQueue(client: SQSClient, queueUrl: string): EventQueue {
  return {
    async send(bodies) {
      for (const batch of batchesOf(bodies)) {
        const Entries = batch.map((MessageBody, n) => ({ Id: String(n), MessageBody }));
        try {
          const { Failed = [] } = await client.send(
            new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
          );
          if (Failed.length === 0) continue;
          const code = Failed[0]?.Code ?? 'SendFailed';
          throw new PortError(code, { outcome: 'maybe-applied', retryable: true });
        } catch (fault) {
          throw toPortError(fault);
        }
      }
    },
  };
}

function batchesOf(bodies: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let room = 0;
  for (const body of bodies) {
    const bytes = Buffer.byteLength(body);
    const last = batches.at(-1);
    if (last === undefined || last.length === MESSAGES_MOST || bytes > room) {
      batches.push([body]);
      room = BATCH_MOST_BYTES - bytes;
    } else {
      last.push(body);
      room -= bytes;
    }
  }
  return batches;
}
