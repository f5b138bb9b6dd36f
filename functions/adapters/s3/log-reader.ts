import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { guarded } from '../errors.ts';

/** A sealed log as its auditor reads it. */
export interface LogReader {
  /** Every name that begins so, in order, page by page. */
  names(prefix: string): AsyncIterable<string>;
  /** The bytes of one object, as stored. */
  read(name: string): Promise<Uint8Array>;
}

/** @throws PortError where S3 refuses or cannot be reached. */
export function createLogReader(client: S3Client, bucket: string): LogReader {
  return {
    async *names(prefix) {
      let from: string | undefined;
      do {
        const page = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(from === undefined ? {} : { ContinuationToken: from }),
        });
        const answer = await guarded(() => client.send(page));
        for (const { Key } of answer.Contents ?? []) if (Key !== undefined) yield Key;
        from = answer.NextContinuationToken;
      } while (from !== undefined);
    },
    read: (name) =>
      guarded(async () => {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
        return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      }),
  };
}
