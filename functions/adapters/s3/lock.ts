import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { LockFacts } from '#core/evidence/facts.ts';
import { guarded } from '../errors.ts';

/** How a bucket keeps what is put into it, as S3 says now. */
export function describeLock(client: S3Client, Bucket: string): Promise<LockFacts> {
  return guarded(async () => {
    const { ObjectLockConfiguration: lock } = await client.send(
      new GetObjectLockConfigurationCommand({ Bucket }),
    );
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }));
    const kept = lock?.Rule?.DefaultRetention;
    return {
      bucket: Bucket,
      mode: kept?.Mode ?? 'none',
      days: kept?.Days ?? (kept?.Years ?? 0) * 365,
      versioned: Status === 'Enabled',
    };
  });
}
