import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Partials } from '#core/detection/ports.ts';
import { toPortError } from '../errors.ts';
import { createLogReader } from './log-reader.ts';

/** What the steps of a replay leave to each other, in a bucket of our own. */
export function createPartials(client: S3Client, bucket: string): Partials {
  const { names, read } = createLogReader(client, bucket);
  return {
    names,
    read: async (name) => Buffer.from(await read(name)),
    async put(name, bytes) {
      const { length } = bytes;
      try {
        const command = new PutObjectCommand({
          Bucket: bucket,
          Key: name,
          Body: bytes,
          ContentLength: length,
        });
        await client.send(command);
      } catch (fault) {
        throw toPortError(fault);
      }
    },
  };
}
