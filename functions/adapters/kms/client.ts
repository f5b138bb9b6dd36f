import { KMSClient } from '@aws-sdk/client-kms';
import { clientOptions } from '../system/client-options.ts';

/** The one KMS client of a container. */
export function createKmsClient(): KMSClient {
  return new KMSClient(clientOptions({ connectMs: 1_000, requestMs: 3_000 }));
}
