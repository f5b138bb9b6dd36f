import { S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from '../system/client-options.ts';

/**
 * The one S3 client of a container that seals: one attempt, so that `exists` means that the object was there before
 * the call, and never that an earlier attempt of the same call had written it.
 */
export function createArchiveClient(): S3Client {
  return new S3Client(clientOptions({ connectMs: 1_000, requestMs: 10_000, attempts: 1 }));
}

/** The S3 client of a container that replays: it reads, and writes over what it wrote. */
export function createReplayClient(): S3Client {
  return new S3Client(clientOptions({ connectMs: 1_000, requestMs: 60_000, attempts: 4 }));
}

/** The one S3 client of a container that reads a trail, from whichever region its bucket is in. */
export function createTrailClient(): S3Client {
  return new S3Client({
    ...clientOptions({ connectMs: 1_000, requestMs: 30_000 }),
    followRegionRedirects: true,
  });
}

/** The one S3 client of a container that reports: what it writes may be written twice. */
export function createEvidenceClient(): S3Client {
  return new S3Client(clientOptions({ connectMs: 1_000, requestMs: 10_000 }));
}
