import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createLogReader } from '#adapters/s3/log-reader.ts';
import { createWire } from '../wire.ts';

const page = (keys: readonly string[], next?: string): { text: string } => ({
  text: `<?xml version="1.0"?><ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}${
    next === undefined
      ? ''
      : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`
  }</ListBucketResult>`,
});

describe('createLogReader', () => {
  it('lists every page', async () => {
    const wire = createWire(page(['segments/1', 'segments/2'], 'more'), page(['segments/3']));
    const names: string[] = [];
    for await (const name of createLogReader(new S3Client(wire.config), 'log').names('segments/'))
      names.push(name);
    expect(names).toEqual(['segments/1', 'segments/2', 'segments/3']);
    expect(wire.calls).toHaveLength(2);
  });

  it('reads the bytes as stored', async () => {
    const wire = createWire({ text: '{"a":1}\n' });
    const read = await createLogReader(new S3Client(wire.config), 'log').read('segments/1');
    expect(Buffer.from(read).toString()).toBe('{"a":1}\n');
  });

  it('says what S3 refused', async () => {
    const text = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>';
    const reader = createLogReader(new S3Client(createWire({ status: 403, text }).config), 'log');
    await expect(reader.read('a')).rejects.toMatchObject({ name: 'PortError', code: 'AccessDenied' });
  });
});
