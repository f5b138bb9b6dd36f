import { SNSClient } from '@aws-sdk/client-sns';
import { clientOptions } from '../system/client-options.ts';

/** The one SNS client of a container. */
export function createSnsClient(): SNSClient {
  return new SNSClient(clientOptions({ connectMs: 1_000, requestMs: 3_000 }));
}
