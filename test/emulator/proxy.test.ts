import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandOutput,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './start.ts';

const allow = (Action: string, Condition?: object): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*', ...(Condition === undefined ? {} : { Condition }) }],
});

describe('the proxy', () => {
  let emulator: Emulator;
  let vault: SecretsManagerClient;

  beforeAll(async () => {
    emulator = await startEmulator();
    vault = new SecretsManagerClient({ ...emulator.clientConfig, maxAttempts: 1 });
  });
  afterAll(async () => {
    vault?.destroy();
    await emulator?.stop();
  });

  describe('forwards', () => {
    it('signed calls, with their signature still right and the real IAM behind it', async () => {
      const credentials = await emulator.createUser('signer', allow('s3:ListAllMyBuckets'));
      const signer = new STSClient({ ...emulator.clientConfig, credentials });
      const forged = { ...credentials, secretAccessKey: `${credentials.secretAccessKey}x` };
      const forger = new STSClient({ ...emulator.clientConfig, credentials: forged });
      const Arn = `arn:aws:iam::${emulator.account}:user/signer`;
      expect(await signer.send(new GetCallerIdentityCommand())).toMatchObject({ Arn });
      await expect(forger.send(new GetCallerIdentityCommand())).rejects.toMatchObject({
        name: 'SignatureDoesNotMatch',
      });
      for (const client of [signer, forger]) client.destroy();
    });

    it('objects and messages, byte for byte', async () => {
      const s3 = new S3Client({ ...emulator.clientConfig, forcePathStyle: true });
      const sqs = new SQSClient(emulator.clientConfig);
      const Body = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
      await s3.send(new CreateBucketCommand({ Bucket: 'bytes' }));
      await s3.send(new PutObjectCommand({ Bucket: 'bytes', Key: 'a b/ü', Body }));
      const got = await s3.send(new GetObjectCommand({ Bucket: 'bytes', Key: 'a b/ü' }));
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(Body);

      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'words' }));
      expect(QueueUrl).toContain(emulator.endpoint);
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'späť' }));
      const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      expect(received.Messages?.map((message) => message.Body)).toEqual(['späť']);
      for (const client of [s3, sqs]) client.destroy();
    });

    it('the address of the caller, which aws:SourceIp then is', async () => {
      await vault.send(new CreateSecretCommand({ Name: 'local', SecretString: 'value' }));
      const home = { IpAddress: { 'aws:SourceIp': '127.66.6.6/32' } };
      const credentials = await emulator.createUser('homebody', allow('secretsmanager:GetSecretValue', home));
      const read = (address: string): Promise<unknown> => {
        const { requestHandler } = emulator.from(address);
        const config = { ...emulator.clientConfig, credentials, requestHandler };
        return new SecretsManagerClient(config).send(new GetSecretValueCommand({ SecretId: 'local' }));
      };
      expect(await read('127.66.6.6')).toMatchObject({ SecretString: 'value' });
      await expect(read('127.66.6.7')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    });

    it('unsigned requests from an address of choice', async () => {
      const answer = await emulator.from('127.66.6.6').fetch(`${emulator.endpoint}/_ministack/health`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ auth: 'enabled' });
    });

    it('many calls at once, at little cost', async () => {
      await vault.send(new CreateSecretCommand({ Name: 'busy', SecretString: 'value' }));
      const reads = Array.from({ length: 100 }, () =>
        vault.send(new GetSecretValueCommand({ SecretId: 'busy' })),
      );
      const values = (await Promise.all(reads)).map(({ SecretString }) => SecretString);
      expect(new Set(values)).toEqual(new Set(['value']));
    });
  });

  describe('limits', () => {
    it('access keys to two a user, Inactive ones counted', async () => {
      const iam = new IAMClient({ ...emulator.clientConfig, maxAttempts: 1 });
      const UserName = 'keyed';
      await emulator.createUser(UserName, allow('s3:ListAllMyBuckets'));
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
      await expect(iam.send(new CreateAccessKeyCommand({ UserName }))).rejects.toMatchObject({
        name: 'LimitExceededException',
      });
      const listed = await iam.send(new ListAccessKeysCommand({ UserName }));
      expect(listed.AccessKeyMetadata).toHaveLength(2);
      await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: AccessKey?.AccessKeyId }));
      await iam.send(new CreateAccessKeyCommand({ UserName }));
      iam.destroy();
    });
  });

  describe('keeps to the rules for versions', () => {
    const newSecret = async (): Promise<{ SecretId: string; first: string }> => {
      const made = await vault.send(
        new CreateSecretCommand({ Name: `s-${randomUUID()}`, SecretString: 'one' }),
      );
      return { SecretId: made.ARN ?? '', first: made.VersionId ?? '' };
    };
    const put = (
      SecretId: string,
      SecretString: string,
      ClientRequestToken: string,
      stage = 'AWSPENDING',
    ): Promise<PutSecretValueCommandOutput> =>
      vault.send(
        new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken, VersionStages: [stage] }),
      );
    const stagesOf = async (SecretId: string): Promise<Record<string, string[]>> =>
      (await vault.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {};

    it('a used token is the same request, or is refused with another value', async () => {
      const { SecretId } = await newSecret();
      const token = randomUUID();
      await put(SecretId, 'two', token);

      expect((await put(SecretId, 'two', token)).VersionStages).toEqual(['AWSPENDING']);
      await expect(put(SecretId, 'three', token)).rejects.toMatchObject({ name: 'ResourceExistsException' });
    });

    it('the token of a version that has lost its last label stays used', async () => {
      const { SecretId } = await newSecret();
      const token = randomUUID();
      await put(SecretId, 'two', token, 'AWSCURRENT');
      await put(SecretId, 'three', randomUUID(), 'AWSCURRENT');
      await put(SecretId, 'four', randomUUID(), 'AWSCURRENT');

      await expect(put(SecretId, 'five', token)).rejects.toMatchObject({ name: 'ResourceExistsException' });
    });

    it('AWSPENDING is on one version', async () => {
      const { SecretId, first } = await newSecret();
      const [old, young] = [randomUUID(), randomUUID()];
      await put(SecretId, 'two', old);
      await put(SecretId, 'three', young);

      expect(await stagesOf(SecretId)).toEqual({ [first]: ['AWSCURRENT'], [young]: ['AWSPENDING'] });
    });

    it('AWSCURRENT moves only away from the version that has it, and AWSPREVIOUS follows', async () => {
      const { SecretId, first } = await newSecret();
      const next = randomUUID();
      await put(SecretId, 'two', next);
      const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: next };

      for (const wrong of [{}, { RemoveFromVersionId: next }]) {
        await expect(
          vault.send(new UpdateSecretVersionStageCommand({ ...move, ...wrong })),
        ).rejects.toMatchObject({
          name: 'InvalidParameterException',
        });
      }
      await vault.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: first }));

      const stages = await stagesOf(SecretId);
      expect(stages[first]).toEqual(['AWSPREVIOUS']);
      expect(stages[next]?.toSorted()).toEqual(['AWSCURRENT', 'AWSPENDING']);
    });

    it('a value has at most 65,536 bytes', async () => {
      const { SecretId } = await newSecret();
      await put(SecretId, 'x'.repeat(65_536), randomUUID());
      const tooLong = 'x'.repeat(65_537);
      await expect(put(SecretId, tooLong, randomUUID())).rejects.toMatchObject({
        name: 'ValidationException',
      });
      const create = new CreateSecretCommand({ Name: 'too-long', SecretString: tooLong });
      await expect(vault.send(create)).rejects.toMatchObject({ name: 'ValidationException' });
    });
  });
});

describe('stopping', () => {
  it('leaves no process, no port and no file', async () => {
    const emulator = await startEmulator();
    const { pid = 0 } = emulator;
    expect(() => process.kill(pid, 0)).not.toThrow();
    expect(existsSync(emulator.env.HOME ?? '')).toBe(true);

    await emulator.stop();

    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(() => process.kill(-pid, 0)).toThrow('ESRCH');
    expect(existsSync(emulator.env.HOME ?? '')).toBe(false);
    await expect(fetch(emulator.endpoint)).rejects.toThrow();
  });
});
