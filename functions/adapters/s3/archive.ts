import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LogArchive, Witness } from '#core/seal/ports.ts';
import { toPortError } from '../errors.ts';

const DAY_MS = 86_400_000;

/** Where a log is kept, and for how long nobody can end it. */
export interface ArchiveDeps {
  readonly client: S3Client;
  readonly bucket: string;
  /** AU-11. */
  readonly retentionDays: number;
  readonly now: () => number;
}

/**
 * The log's bucket. Each object is written once (`If-None-Match: *`) and under Object Lock in compliance mode, named
 * in the request itself: the bucket refuses a write without it, and whoever changes the bucket's default changes
 * nothing. Until its time has passed no principal can delete it, the account's root included (AU-9, AU-11).
 */
export function createLogArchive({ client, bucket, retentionDays, now }: ArchiveDeps): LogArchive {
  return {
    async put(name, body) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: name,
        Body: body,
        ContentType: name.endsWith('.ndjson') ? 'application/x-ndjson' : 'text/plain; charset=utf-8',
        IfNoneMatch: '*',
        ChecksumAlgorithm: 'SHA256',
        ObjectLockMode: 'COMPLIANCE',
        // Whole seconds, and one more: the header has none smaller, and a shorter lock than the bucket demands is refused.
        ObjectLockRetainUntilDate: new Date(Math.ceil(now() / 1000 + 1) * 1000 + retentionDays * DAY_MS),
      });
      return (await written(client, command))
        ? { ok: true, value: undefined }
        : { ok: false, error: { reason: 'exists' } };
    },
  };
}

/** A bucket of another account, which keeps what each checkpoint said (AU-9(2)). */
export function createWitness(client: S3Client, bucket: string): Witness {
  return {
    async tell(said) {
      await written(
        client,
        new PutObjectCommand({
          Bucket: bucket,
          Key: `witness/${String(said.segment).padStart(12, '0')}.json`,
          Body: JSON.stringify(said),
          ContentType: 'application/json',
          IfNoneMatch: '*',
        }),
      );
    },
  };
}

/** False: an object of that name was there. */
async function written(client: S3Client, command: PutObjectCommand): Promise<boolean> {
  try {
    await client.send(command);
    return true;
  } catch (fault) {
    if (fault instanceof Error && fault.name === 'PreconditionFailed') return false;
    throw toPortError(fault);
  }
}
