import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Partials, TrailFiles } from '#core/detection/ports.ts';
import { PortError } from '#core/ports.ts';
import { toPortError } from '../errors.ts';
import { unpacked } from '../files/walk.ts';
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

/** The files of a trail, as CloudTrail wrote them. */
export function createTrailFiles(client: S3Client, bucket: string): TrailFiles {
  return {
    async *bytes(name) {
      let body: AsyncIterable<Uint8Array>;
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
        body = Body as unknown as AsyncIterable<Uint8Array>;
      } catch (fault) {
        throw toPortError(fault);
      }
      yield* unpacked(whole(body));
    },
  };
}

/** A body that breaks off is a fault of the line, not of the file. */
async function* whole(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  } catch (fault) {
    throw new PortError('BodyCutOff', { outcome: 'not-applied', retryable: true }, { cause: fault });
  }
}
