import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { clientOptions } from '../system/client-options.ts';

/** A CloudTrail client, of the home region or of another. */
export function createCloudTrailClient(region?: string): CloudTrailClient {
  return new CloudTrailClient({
    ...clientOptions({ connectMs: 1_000, requestMs: 10_000 }),
    ...(region === undefined ? {} : { region }),
  });
}
