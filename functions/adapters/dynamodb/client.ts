import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../system/client-options.ts';

/** The one DynamoDB client of a container that writes. */
export function createDynamoClient(): DynamoDBClient {
  return new DynamoDBClient(clientOptions({ connectMs: 1_000, requestMs: 3_000 }));
}

/** The one DynamoDB client of a verifier: one attempt, since each of its reads must end within R. */
export function createVerifierClient(readTimeoutMs: number): DynamoDBClient {
  return new DynamoDBClient(
    clientOptions({ connectMs: readTimeoutMs, requestMs: readTimeoutMs, attempts: 1 }),
  );
}
