import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { createSealStore } from '#adapters/dynamodb/seal-store.ts';
import { createSigner } from '#adapters/kms/signer.ts';
import { createLogArchive, createWitness } from '#adapters/s3/archive.ts';
import { createLogReader } from '#adapters/s3/log-reader.ts';
import { type Emulator, startEmulator } from '../emulator/start.ts';
import { sealContract } from './seal.ts';
import { createTable } from './table.ts';

const [LOG, ELSEWHERE, TABLE] = ['contract-log', 'contract-witness', 'contract-seal'];
let starting: Promise<Emulator> | undefined;
const emulator = (): Promise<Emulator> => {
  starting ??= startEmulator();
  return starting;
};
afterAll(async () => (await starting)?.stop());

const s3 = async (): Promise<S3Client> =>
  new S3Client({ ...(await emulator()).clientConfig, forcePathStyle: true, maxAttempts: 1 });

sealContract('the log on the emulator', async () => {
  const { clientConfig } = await emulator();
  const [client, dynamo, kms] = [await s3(), new DynamoDBClient(clientConfig), new KMSClient(clientConfig)];
  await client.send(new CreateBucketCommand({ Bucket: LOG, ObjectLockEnabledForBucket: true }));
  await client.send(new CreateBucketCommand({ Bucket: ELSEWHERE }));
  await createTable(dynamo, TABLE);
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
  );
  const reader = createLogReader(client, LOG);
  return {
    store: createSealStore(dynamo, TABLE),
    archive: createLogArchive({ client, bucket: LOG, retentionDays: 1, now: Date.now }),
    signer: createSigner(kms, KeyMetadata?.Arn ?? ''),
    witness: createWitness(client, ELSEWHERE),
    read: async (name) => Buffer.from(await reader.read(name)).toString(),
    names: async (prefix) => {
      const names: string[] = [];
      for await (const name of reader.names(prefix)) names.push(name);
      return names;
    },
  };
});

describe('Object Lock on the emulator', () => {
  it('holds what was written against its deletion, in compliance mode', async () => {
    const client = await s3();
    const Key = 'segments/000000000000.ndjson';
    const { Retention } = await client.send(new GetObjectRetentionCommand({ Bucket: LOG, Key }));
    expect(Retention?.Mode).toBe('COMPLIANCE');
    expect(Retention?.RetainUntilDate?.getTime()).toBeGreaterThan(Date.now() + 86_300_000);
    const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket: LOG, Prefix: Key }));
    expect(Versions).toHaveLength(1);
    const VersionId = Versions?.[0]?.VersionId;
    await expect(
      client.send(new DeleteObjectCommand({ Bucket: LOG, Key, ...(VersionId && { VersionId }) })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});
