import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueFacts } from '#core/evidence/facts.ts';
import { PortError } from '#core/ports.ts';
import { guarded } from '../errors.ts';

/** Queues by name, as SQS describes them now; what keeps failures is known by its name. */
export function describeQueues(client: SQSClient, names: readonly string[]): Promise<readonly QueueFacts[]> {
  return Promise.all(names.map((name) => describe(client, name)));
}

function describe(client: SQSClient, name: string): Promise<QueueFacts> {
  return guarded(async () => {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await client.send(command);
    const messages = Number(Attributes.ApproximateNumberOfMessages);
    if (!Number.isInteger(messages)) {
      throw new PortError('bad-reply', { outcome: 'not-applied', retryable: true });
    }
    return {
      name,
      messages,
      encrypted: Attributes.SqsManagedSseEnabled === 'true' || Attributes.KmsMasterKeyId !== undefined,
      deadLetters: /(?:-failed|-undelivered)$/.test(name),
    };
  });
}
