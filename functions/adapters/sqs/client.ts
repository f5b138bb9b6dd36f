import { SQSClient } from '@aws-sdk/client-sqs';
import { clientOptions } from '../system/client-options.ts';

/**
 * The one SQS client of a container. It calls the endpoint that is configured, where the SDK would take the host out of the
 * queue's URL, which is never a FIPS endpoint. TLS guards a message on its way, no MD5 of it.
 */
export function createSqsClient(): SQSClient {
  return new SQSClient({
    ...clientOptions({ connectMs: 500, requestMs: 2_000 }),
    useQueueUrlAsEndpoint: false,
    md5: false,
  });
}
