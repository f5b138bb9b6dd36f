import { IAMClient } from '@aws-sdk/client-iam';
import { clientOptions } from '../system/client-options.ts';

/** The one IAM client of a container. */
export function createIamClient(): IAMClient {
  return new IAMClient(clientOptions({ connectMs: 1_000, requestMs: 5_000 }));
}
