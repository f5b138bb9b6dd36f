import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createTrailFiles } from '#adapters/s3/trail-files.ts';

const RECORDS = JSON.stringify({ Records: [{ eventID: 'e-1' }] });

/** A client whose every call gets this answer, or this fault. */
function clientOf(answer: unknown): { client: S3Client; sent: unknown[] } {
  const sent: unknown[] = [];
  const send = async ({ input }: { input: unknown }): Promise<unknown> => {
    sent.push(input);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { client: { send } as unknown as S3Client, sent };
}

async function textOf(name: string, answer: unknown): Promise<string> {
  const chunks: Buffer[] = [];
  const files = createTrailFiles(clientOf(answer).client, 'the-trail');
  for await (const chunk of files.bytes(name)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('createTrailFiles', () => {
  it('lists names after another, and says whether there are more', async () => {
    const { client, sent } = clientOf({ Contents: [{ Key: 'a' }, {}, { Key: 'b' }], IsTruncated: true });
    expect(await createTrailFiles(client, 'the-trail').list('AWSLogs/', 'AWSLogs/x')).toEqual({
      names: ['a', 'b'],
      more: true,
    });
    expect(sent).toEqual([{ Bucket: 'the-trail', Prefix: 'AWSLogs/', StartAfter: 'AWSLogs/x' }]);
    expect(await createTrailFiles(clientOf({}).client, 'the-trail').list('', '')).toEqual({
      names: [],
      more: false,
    });
  });

  it('unpacks what is packed', async () => {
    expect(await textOf('x.json.gz', { Body: Readable.from([gzipSync(RECORDS)]) })).toBe(RECORDS);
    expect(await textOf('x.json', { Body: Readable.from([Buffer.from(RECORDS)]) })).toBe(RECORDS);
    const plain = { transformToByteArray: async () => new Uint8Array(Buffer.from(RECORDS)) };
    expect(await textOf('x.json', { Body: plain })).toBe(RECORDS);
    expect(await textOf('x.json', {})).toBe('');
  });

  it.each([
    ['cut off', gzipSync(RECORDS).subarray(0, 30)],
    ['no gzip', Buffer.from(RECORDS)],
  ])('says of a file that is %s that it is broken', async (_what, bytes) => {
    await expect(textOf('x.json.gz', { Body: Readable.from([bytes]) })).rejects.toMatchObject({
      name: 'PortError',
      code: 'broken-file',
      retryable: false,
    });
  });

  it('throws what S3 refuses, and what breaks on the way', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    await expect(textOf('x.json.gz', denied)).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(createTrailFiles(clientOf(denied).client, 'b').list('', '')).rejects.toMatchObject({
      name: 'PortError',
    });
    const breaks = new Readable({
      read() {
        this.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
      },
    });
    await expect(textOf('x.json.gz', { Body: breaks })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
