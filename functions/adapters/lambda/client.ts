import { LambdaClient } from '@aws-sdk/client-lambda';
import { clientOptions } from '../system/client-options.ts';

/** The one Lambda client of a container. */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient(clientOptions({ connectMs: 1_000, requestMs: 10_000 }));
}
