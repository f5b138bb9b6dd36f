import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { PortError, type Usage, type UsageSink } from '#core/ports.ts';
import { toPortError } from '../errors.ts';

/** A message of the usage queue, in bytes. */
export const USAGE_BODY_MAX_BYTES: number = 256 * 1024;

/** Carries usage to `respond` through its queue, in as few messages as fit. */
export function createUsageSink(client: SQSClient, queueUrl: string): UsageSink {
  return {
    async send(usages) {
      for (const body of usageBodies(usages)) {
        try {
          await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
        } catch (error) {
          throw toPortError(error);
        }
      }
    },
  };
}

/** The messages' bodies, each within {@link USAGE_BODY_MAX_BYTES}. @throws PortError when one usage alone is too long. */
export function usageBodies(usages: readonly Usage[]): string[] {
  if (usages.length === 0) return [];
  const body = JSON.stringify({ kind: 'usage', v: 1, usages });
  if (Buffer.byteLength(body) <= USAGE_BODY_MAX_BYTES) return [body];
  if (usages.length === 1) {
    throw new PortError('usage-too-large', {
      outcome: 'not-applied',
      retryable: false,
      message: `one usage has ${Buffer.byteLength(body)} bytes; the queue takes at most ${USAGE_BODY_MAX_BYTES}`,
    });
  }
  const half = Math.ceil(usages.length / 2);
  return [...usageBodies(usages.slice(0, half)), ...usageBodies(usages.slice(half))];
}
