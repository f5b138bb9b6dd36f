import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { EvidenceStore } from '#core/evidence/ports.ts';
import { toPortError } from '../errors.ts';

/** The bucket that bundles lie in; every version of an object is kept. */
export function createEvidenceStore(client: S3Client, Bucket: string): EvidenceStore {
  return {
    async put(name, body) {
      const ContentType = name.endsWith('.html') ? 'text/html; charset=utf-8' : 'application/json';
      try {
        await client.send(
          new PutObjectCommand({ Bucket, Key: name, Body: body, ContentType, ChecksumAlgorithm: 'SHA256' }),
        );
      } catch (fault) {
        throw toPortError(fault);
      }
    },
    async get(name) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: name }));
        return await Body?.transformToString();
      } catch (fault) {
        if (fault instanceof Error && fault.name === 'NoSuchKey') return undefined;
        throw toPortError(fault);
      }
    },
  };
}
