import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { PortError } from '#core/ports.ts';
import type { TrailFiles } from '#core/reconcile/ports.ts';
import { toPortError } from '../errors.ts';

/** A trail's bucket. CloudTrail packs each file with gzip; what is not packed is given as it is. */
export function createTrailFiles(client: S3Client, bucket: string): TrailFiles {
  return {
    async list(prefix, after) {
      try {
        const answer = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after }),
        );
        const names = (answer.Contents ?? []).flatMap(({ Key }) => Key ?? []);
        return { names, more: answer.IsTruncated ?? false };
      } catch (fault) {
        throw toPortError(fault);
      }
    },
    async *bytes(name) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
        if (Body === undefined) return;
        const stored = Body instanceof Readable ? Body : Readable.from([await Body.transformToByteArray()]);
        if (!name.endsWith('.gz')) return yield* stored;
        const unpacked = createGunzip();
        stored.once('error', (fault) => unpacked.destroy(fault));
        yield* stored.pipe(unpacked);
      } catch (fault) {
        throw isBroken(fault) ? broken(fault) : toPortError(fault);
      }
    },
  };
}

/** What zlib says of bytes that are no gzip, or end too early. */
const isBroken = (fault: unknown): boolean =>
  fault instanceof Error && 'code' in fault && /^Z_[A-Z]+_ERROR$/.test(String(fault.code));

const broken = (cause: unknown): PortError =>
  new PortError('broken-file', { outcome: 'not-applied', retryable: false }, { cause });
