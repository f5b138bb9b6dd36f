import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Partials } from '#core/detection/ports.ts';
import { guarded } from '../errors.ts';
import { createLogReader } from './log-reader.ts';

/** What the steps of a replay leave to each other, in a bucket of our own. */
export function createPartials(client: S3Client, bucket: string): Partials {
  const { names, read } = createLogReader(client, bucket);
  return {
    names,
    read: async (name) => Buffer.from(await read(name)),
    put: (name, bytes) =>
      guarded(async () => {
        const ContentLength = bytes.length;
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: bytes, ContentLength }));
      }),
  };
}
