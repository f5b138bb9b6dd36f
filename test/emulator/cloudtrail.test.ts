import { randomUUID } from 'node:crypto';
import { PutRuleCommand, PutTargetsCommand, type RuleState } from '@aws-sdk/client-eventbridge';
import { CreateAccessKeyCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployFunction } from './inline/deploy.ts';
import { type Emulator, startEmulator } from './start.ts';

const ACCOUNT = '000000000000';
const STRANGER = '127.66.6.6';
const ALL_MANAGEMENT = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

type Envelope = Record<string, unknown> & { readonly detail: Record<string, unknown> };

describe('CloudTrail records on their way to the rules', () => {
  let emulator: Emulator;
  let vault: SecretsManagerClient;
  let secretArn: string;
  let versionId: string;

  beforeAll(async () => {
    emulator = await startEmulator({ trailDelayMs: 5 });
    vault = new SecretsManagerClient(emulator.clientConfig);
    const made = await vault.send(new CreateSecretCommand({ Name: 'app/token', SecretString: 'the value' }));
    secretArn = made.ARN ?? '';
    versionId = made.VersionId ?? '';
  });
  afterAll(async () => {
    vault.destroy();
    expect(emulator.events.failures()).toEqual([]);
    await emulator.stop();
  });

  /** Makes a rule with a queue as its target; `drain` takes what arrived there. */
  const listenTo = async (
    pattern: object,
    State: RuleState = 'ENABLED',
  ): Promise<{ name: string; drain: () => Promise<Envelope[]> }> => {
    const { events, sqs } = emulator.direct;
    const name = `r-${randomUUID()}`;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    await events.send(new PutRuleCommand({ Name: name, EventPattern: JSON.stringify(pattern), State }));
    const Arn = `arn:aws:sqs:${emulator.region}:${ACCOUNT}:${name}`;
    await events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: 'queue', Arn }] }));
    const drain = async (): Promise<Envelope[]> => {
      await emulator.events.idle();
      const taken: Envelope[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
        );
        if (Messages.length === 0) return taken;
        taken.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '') as Envelope));
      }
    };
    return { name, drain };
  };

  const reads = { source: ['aws.secretsmanager'], detail: { eventName: ['GetSecretValue'] } };
  const userPolicy = (Action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });

  it('carries a read by an IAM user from a strange address', async () => {
    const queue = await listenTo(reads, ALL_MANAGEMENT);
    const credentials = await emulator.createUser('mallory', userPolicy('secretsmanager:GetSecretValue'));
    const { requestHandler } = emulator.from(STRANGER);
    const thief = new SecretsManagerClient({ ...emulator.clientConfig, credentials, requestHandler });

    await thief.send(new GetSecretValueCommand({ SecretId: 'app/token' }));

    const [event, ...others] = await queue.drain();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      version: '0',
      source: 'aws.secretsmanager',
      'detail-type': 'AWS API Call via CloudTrail',
      account: ACCOUNT,
      region: 'us-east-1',
      time: event?.detail.eventTime,
      resources: [],
    });
    expect(event?.detail).toMatchObject({
      eventVersion: '1.11',
      eventSource: 'secretsmanager.amazonaws.com',
      eventName: 'GetSecretValue',
      awsRegion: 'us-east-1',
      sourceIPAddress: STRANGER,
      userAgent: expect.stringContaining('aws-sdk-js'),
      userIdentity: {
        type: 'IAMUser',
        principalId: expect.stringMatching(/^AIDA/),
        arn: `arn:aws:iam::${ACCOUNT}:user/mallory`,
        accountId: ACCOUNT,
        accessKeyId: credentials.accessKeyId,
        userName: 'mallory',
      },
      requestParameters: { secretId: 'app/token' },
      responseElements: null,
      readOnly: true,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
    });
    expect(JSON.stringify(event)).not.toContain('the value');
  });

  it('carries a read by a function, under its role', async () => {
    const queue = await listenTo(reads, ALL_MANAGEMENT);
    const actions = ['secretsmanager:GetSecretValue'];
    const FunctionName = await deployFunction(emulator, { name: 'reader', source: 'reader.ts', actions });

    const Payload = Buffer.from(JSON.stringify({ secretId: secretArn }));
    const answer = await emulator.direct.lambda.send(new InvokeCommand({ FunctionName, Payload }));

    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toEqual({ versionId });
    const [event] = await queue.drain();
    expect(event?.detail.userIdentity).toMatchObject({
      type: 'AssumedRole',
      principalId: expect.stringMatching(/^AROA\w+:reader$/),
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/reader-role/reader`,
      accessKeyId: expect.stringMatching(/^ASIA/),
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: expect.stringMatching(/^AROA\w+$/),
          arn: `arn:aws:iam::${ACCOUNT}:role/reader-role`,
          userName: 'reader-role',
        },
        attributes: { mfaAuthenticated: 'false' },
      },
    });
  });

  it('names the denial and hides its parameters', async () => {
    const credentials = await emulator.createUser('nosy', userPolicy('secretsmanager:DescribeSecret'));
    const nosy = new SecretsManagerClient({ ...emulator.clientConfig, credentials, maxAttempts: 1 });
    await expect(nosy.send(new GetSecretValueCommand({ SecretId: secretArn }))).rejects.toThrow(
      'not authorized',
    );
    nosy.destroy();
    await emulator.events.idle();

    expect(emulator.events.records().at(-1)).toMatchObject({
      eventName: 'GetSecretValue',
      errorCode: 'AccessDenied',
      errorMessage: expect.stringContaining('user/nosy is not authorized to perform'),
      requestParameters: null,
      responseElements: null,
    });
  });

  it('keeps read-only calls from a rule that is merely enabled', async () => {
    const pattern = { source: ['aws.secretsmanager'], 'detail-type': ['AWS API Call via CloudTrail'] };
    const plain = await listenTo(pattern);
    const standIn = await listenTo(pattern);
    emulator.cloudtrail.fullStateRules.add(standIn.name);

    await vault.send(new DescribeSecretCommand({ SecretId: secretArn }));
    await vault.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: 'another value' }));

    const names = (events: Envelope[]) => events.map(({ detail }) => detail.eventName).toSorted();
    expect(names(await plain.drain())).toEqual(['PutSecretValue']);
    expect(names(await standIn.drain())).toEqual(['DescribeSecret', 'PutSecretValue']);
  });

  it('tells which version was decrypted with a customer key', async () => {
    const kms = new KMSClient(emulator.clientConfig);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const made = await vault.send(
      new CreateSecretCommand({
        Name: 'app/sealed',
        SecretString: 'sealed value',
        KmsKeyId: KeyMetadata?.Arn ?? '',
      }),
    );
    const queue = await listenTo({ source: ['aws.kms'], detail: { eventName: ['Decrypt'] } }, ALL_MANAGEMENT);

    await vault.send(new GetSecretValueCommand({ SecretId: 'app/sealed' }));

    const [event] = await queue.drain();
    expect(event?.detail).toMatchObject({
      userIdentity: { invokedBy: 'secretsmanager.amazonaws.com', type: 'Root' },
      sourceIPAddress: 'secretsmanager.amazonaws.com',
      userAgent: 'secretsmanager.amazonaws.com',
      requestParameters: {
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        encryptionContext: { SecretARN: made.ARN, SecretVersionId: made.VersionId },
      },
      resources: [{ type: 'AWS::KMS::Key', ARN: KeyMetadata?.Arn, accountId: ACCOUNT }],
    });
    kms.destroy();
  });

  it('shows keys handed out, never their secrets', async () => {
    const iam = new IAMClient(emulator.clientConfig);
    await emulator.createUser('grower', userPolicy('iam:*'));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'grower' }));
    const sts = new STSClient(emulator.clientConfig);
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/reader-role`;
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'visit' }));
    const session = new SecretsManagerClient({
      ...emulator.clientConfig,
      credentials: {
        accessKeyId: assumed.Credentials?.AccessKeyId ?? '',
        secretAccessKey: assumed.Credentials?.SecretAccessKey ?? '',
        sessionToken: assumed.Credentials?.SessionToken ?? '',
      },
    });
    await session.send(new GetSecretValueCommand({ SecretId: secretArn }));
    await emulator.events.idle();

    const last = emulator.events.records().slice(-3);
    expect(last.map(({ eventName }) => eventName)).toEqual([
      'CreateAccessKey',
      'AssumeRole',
      'GetSecretValue',
    ]);
    expect(last[0]).toMatchObject({
      requestParameters: { userName: 'grower' },
      responseElements: {
        accessKey: {
          userName: 'grower',
          accessKeyId: AccessKey?.AccessKeyId,
          status: 'Active',
          createDate: expect.stringMatching(/^[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M$/),
        },
      },
    });
    expect(last[1]).toMatchObject({
      readOnly: true,
      requestParameters: { roleArn: RoleArn, roleSessionName: 'visit' },
      responseElements: { credentials: { accessKeyId: assumed.Credentials?.AccessKeyId } },
    });
    expect(last[2]?.userIdentity).toMatchObject({
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/reader-role/visit`,
      accessKeyId: assumed.Credentials?.AccessKeyId,
    });
    const text = JSON.stringify(emulator.events.records());
    for (const secret of [AccessKey?.SecretAccessKey, assumed.Credentials?.SecretAccessKey, 'sealed value']) {
      expect(text).not.toContain(secret);
    }
    for (const client of [iam, sts, session]) client.destroy();
  });

  it('keeps the caller’s own words in an encryption context', async () => {
    const kms = new KMSClient(emulator.clientConfig);
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const EncryptionContext = { Tenant: 'A', purpose: 'test' };
    const Plaintext = Buffer.from('open text');
    await kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext, EncryptionContext }));
    kms.destroy();
    await emulator.events.idle();

    const requestParameters = { keyId: KeyMetadata?.KeyId, encryptionContext: EncryptionContext };
    expect(emulator.events.records().at(-1)).toMatchObject({ eventName: 'Encrypt', requestParameters });
  });

  it('records nothing of a caller whom AWS cannot name', async () => {
    const before = emulator.events.records().length;
    const credentials = { accessKeyId: 'AKIAZZZZZZZZZZZZZZZZ', secretAccessKey: 'wrong' };
    const nobody = new SecretsManagerClient({ ...emulator.clientConfig, credentials, maxAttempts: 1 });
    await expect(nobody.send(new GetSecretValueCommand({ SecretId: secretArn }))).rejects.toThrow();
    nobody.destroy();
    await emulator.events.idle();

    expect(emulator.events.records()).toHaveLength(before);
  });
});
