import { setTimeout as wait } from 'node:timers/promises';
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { type Bus, PortError } from '#core/ports.ts';
import { toPortError } from '../errors.ts';
import { batches } from './batch.ts';

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 50;

/**
 * Our own bus. PutEvents may accept some entries of a call and refuse others: the refused ones, and only those,
 * are sent again, a bounded number of times.
 *
 * @throws PortError `publish-failed` when entries stay refused; others may have been delivered.
 */
export function createBus(
  client: EventBridgeClient,
  busName: string,
  sleep: (ms: number) => Promise<unknown> = wait,
): Bus {
  return {
    async publish(events) {
      const entries = events.map(({ type, detail }) => ({
        EventBusName: busName,
        Source: 'tokenward',
        DetailType: type,
        Detail: JSON.stringify(detail),
      }));
      for (const batch of batches(entries)) await publishBatch(client, batch, sleep);
    },
  };
}

async function publishBatch(
  client: EventBridgeClient,
  batch: readonly PutEventsRequestEntry[],
  sleep: (ms: number) => Promise<unknown>,
): Promise<void> {
  let open = [...batch];
  for (let attempt = 0; ; attempt++) {
    const replies = await put(client, open);
    open = open.filter((_, index) => replies[index]?.EventId === undefined);
    if (open.length === 0) return;
    if (attempt + 1 === ATTEMPTS) throw refused(open, replies);
    await sleep(FIRST_WAIT_MS * 2 ** attempt);
  }
}

async function put(
  client: EventBridgeClient,
  Entries: PutEventsRequestEntry[],
): Promise<PutEventsResultEntry[]> {
  try {
    const reply = await client.send(new PutEventsCommand({ Entries }));
    return reply.Entries ?? [];
  } catch (error) {
    throw toPortError(error);
  }
}

function refused(
  open: readonly PutEventsRequestEntry[],
  replies: readonly PutEventsResultEntry[],
): PortError {
  const codes = [...new Set(replies.flatMap((reply) => reply.ErrorCode ?? []))];
  return new PortError('publish-failed', {
    outcome: 'maybe-applied',
    retryable: true,
    message: `EventBridge refused ${open.length} events ${ATTEMPTS} times: ${codes.join(', ') || 'no reason given'}`,
  });
}
