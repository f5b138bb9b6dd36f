import { SQSClient } from '@aws-sdk/client-sqs';
import { clientOptions } from '../system/client-options.ts';

/** The one SQS client of a container. */
export function createSqsClient(): SQSClient {
  return new SQSClient(clientOptions({ connectMs: 500, requestMs: 2_000 }));
}
