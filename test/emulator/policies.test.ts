import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '#infra/bundle.ts';
import { deployLocal, type LocalStacks } from './deploy.ts';
import { type Emulator, startEmulator, type UserCredentials } from './start.ts';

/**
 * The part of test/policies' table that can be asked over the wire: the product's stacks are deployed with AUTH=true, and each
 * role of ours really calls. What the emulator cannot judge (conditions on `kms:`, `events:` and `s3:` keys, TLS) is
 * left to the table.
 */

const ROOT = resolve(import.meta.dirname, '../..');
const ENV = 'demo';
const FUNCTIONS = ['issue', 'authorize', 'rotate', 'sweep', 'respond', 'revoke', 'seal'] as const;
const DUTIES = ['issuer', 'responder', 'auditor', 'deployer'] as const;
const ROLES: readonly string[] = [...FUNCTIONS, ...DUTIES];
const COMMITTING = ['issue', 'rotate', 'sweep', 'respond', 'revoke'];
const PAGING = ['issue', 'sweep', 'respond', 'revoke'];

/** Who holds each duty. */
const persons = new Map<string, UserCredentials>();

let emulator: Emulator;
let assembly: string;
let deployed: LocalStacks;

beforeAll(async () => {
  assembly = await mkdtemp(join(tmpdir(), 'tokenward-policies-'));
  await bundle(ROOT);
  emulator = await startEmulator();
  const person = (name: string): string => `arn:aws:iam::${emulator.account}:user/${name}`;
  const operators = Object.fromEntries(DUTIES.map((duty) => [duty, [person(`a-${duty}`)]]));
  await promisify(execFile)(process.execPath, ['test/demo/app.ts'], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: assembly,
      CDK_DEFAULT_ACCOUNT: emulator.account,
      CDK_DEFAULT_REGION: emulator.region,
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ stage: 'sandbox', env: ENV, strictFips: true, operators }),
    },
  });
  deployed = await deployLocal(emulator, { cloudAssemblyDir: assembly });
  const assume = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }],
  };
  for (const duty of DUTIES) persons.set(duty, await emulator.createUser(`a-${duty}`, assume));
});

afterAll(async () => {
  await emulator?.stop();
  await rm(assembly, { recursive: true, force: true });
});

interface Service {
  // biome-ignore lint/suspicious/noExplicitAny: each client takes the commands of its own service
  send(command: any): Promise<unknown>;
  destroy(): void;
}

interface Ask {
  readonly action: string;
  readonly may: readonly string[];
  readonly client: new (config: ReturnType<typeof as>) => Service;
  readonly call: () => unknown;
}

type Identity = Readonly<{ accessKeyId: string; secretAccessKey: string; sessionToken: string }>;

const as = (credentials: Identity) => ({
  ...emulator.clientConfig,
  credentials,
  maxAttempts: 1,
  forcePathStyle: true,
});

/** A session of a role: of a duty's by the person who holds it, of a function's by root in Lambda's place. */
async function sessionOf(role: string, by = persons.get(role)): Promise<Identity> {
  const sts = new STSClient({ ...emulator.clientConfig, ...(by === undefined ? {} : { credentials: by }) });
  try {
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: `arn:aws:iam::${emulator.account}:role/tokenward-${ENV}-${role}`,
        RoleSessionName: `tokenward-${ENV}-${role}`,
      }),
    );
    return {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
  } finally {
    sts.destroy();
  }
}

const table = `tokenward-${ENV}-registry`;
const item = { pk: { S: 'NOBODY#1' }, sk: { S: 'NOBODY' } };
const secret = `tokenward/${ENV}/orders-service`;
const fn = (name: string): string => `tokenward-${ENV}-${name}`;
const output = (name: string): string => {
  const value = deployed.outputs[name];
  if (value === undefined) throw new Error(`no output ${name} in ${Object.keys(deployed.outputs).join()}`);
  return value;
};

/** Each asks for something that changes nothing of note where it is allowed. */
const ASKS: readonly Ask[] = [
  ask(
    'dynamodb:Query',
    [...COMMITTING, 'seal', 'auditor'],
    dynamodb.DynamoDBClient,
    () =>
      new dynamodb.QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :shard',
        ExpressionAttributeValues: { ':shard': { S: 'AUDIT#255' } },
      }),
  ),
  ask(
    'dynamodb:Scan',
    ['auditor'],
    dynamodb.DynamoDBClient,
    () => new dynamodb.ScanCommand({ TableName: table, Limit: 1 }),
  ),
  ask(
    'dynamodb:UpdateItem',
    COMMITTING,
    dynamodb.DynamoDBClient,
    () =>
      new dynamodb.UpdateItemCommand({
        TableName: table,
        Key: item,
        ConditionExpression: 'attribute_exists(pk)',
      }),
  ),
  ask(
    'dynamodb:DeleteItem',
    COMMITTING,
    dynamodb.DynamoDBClient,
    () => new dynamodb.DeleteItemCommand({ TableName: table, Key: item }),
  ),
  ask(
    'dynamodb:DeleteTable',
    [],
    dynamodb.DynamoDBClient,
    () => new dynamodb.DeleteTableCommand({ TableName: table }),
  ),
  ask(
    'secretsmanager:GetSecretValue',
    ['issue', 'rotate'],
    secrets.SecretsManagerClient,
    () => new secrets.GetSecretValueCommand({ SecretId: secret }),
  ),
  ask(
    'secretsmanager:DescribeSecret',
    ['rotate', 'sweep', 'respond', 'revoke'],
    secrets.SecretsManagerClient,
    () => new secrets.DescribeSecretCommand({ SecretId: secret }),
  ),
  ask(
    'secretsmanager:GetResourcePolicy',
    ['respond'],
    secrets.SecretsManagerClient,
    () => new secrets.GetResourcePolicyCommand({ SecretId: secret }),
  ),
  ask(
    'secretsmanager:DeleteSecret',
    [],
    secrets.SecretsManagerClient,
    () => new secrets.DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 30 }),
  ),
  ask(
    'secretsmanager:DeleteResourcePolicy',
    [],
    secrets.SecretsManagerClient,
    () => new secrets.DeleteResourcePolicyCommand({ SecretId: secret }),
  ),
  ask(
    'kms:GenerateRandom',
    ['issue', 'rotate'],
    kms.KMSClient,
    () => new kms.GenerateRandomCommand({ NumberOfBytes: 8 }),
  ),
  ask(
    'kms:Sign',
    ['seal'],
    kms.KMSClient,
    () =>
      new kms.SignCommand({
        KeyId: output('SigningKeyArn'),
        Message: Buffer.from('asked'),
        MessageType: 'RAW',
        SigningAlgorithm: 'ECDSA_SHA_256',
      }),
  ),
  ask(
    'kms:GetPublicKey',
    ['seal', 'auditor'],
    kms.KMSClient,
    () => new kms.GetPublicKeyCommand({ KeyId: output('SigningKeyArn') }),
  ),
  ask(
    'kms:ScheduleKeyDeletion',
    [],
    kms.KMSClient,
    () => new kms.ScheduleKeyDeletionCommand({ KeyId: output('SigningKeyArn'), PendingWindowInDays: 30 }),
  ),
  ask(
    'kms:PutKeyPolicy',
    [],
    kms.KMSClient,
    () => new kms.PutKeyPolicyCommand({ KeyId: output('SigningKeyArn'), Policy: '{}' }),
  ),
  ask(
    's3:PutObject',
    ['seal'],
    s3.S3Client,
    () =>
      new s3.PutObjectCommand({
        Bucket: output('LogBucket'),
        Key: `segments/asked-${Math.random()}`,
        Body: 'asked',
      }),
  ),
  ask(
    's3:ListBucket',
    ['auditor'],
    s3.S3Client,
    () => new s3.ListObjectsV2Command({ Bucket: output('LogBucket') }),
  ),
  ask(
    's3:DeleteObject',
    [],
    s3.S3Client,
    () => new s3.DeleteObjectCommand({ Bucket: output('LogBucket'), Key: 'segments/a' }),
  ),
  ask(
    's3:PutBucketPolicy',
    [],
    s3.S3Client,
    () => new s3.PutBucketPolicyCommand({ Bucket: output('LogBucket'), Policy: '{}' }),
  ),
  ask(
    'sqs:SendMessage to usage',
    ['authorize'],
    sqs.SQSClient,
    () => new sqs.SendMessageCommand({ QueueUrl: output('UsageQueueUrl'), MessageBody: '{}' }),
  ),
  ask(
    'sqs:SendMessage to events',
    [],
    sqs.SQSClient,
    () => new sqs.SendMessageCommand({ QueueUrl: output('RespondQueueUrl'), MessageBody: '{}' }),
  ),
  ask(
    'sqs:PurgeQueue',
    [],
    sqs.SQSClient,
    () => new sqs.PurgeQueueCommand({ QueueUrl: output('UsageQueueUrl') }),
  ),
  ask(
    'sns:Publish',
    PAGING,
    sns.SNSClient,
    () => new sns.PublishCommand({ TopicArn: output('AlertTopicArn'), Message: 'asked' }),
  ),
  ask(
    'lambda:InvokeFunction authorize',
    ['revoke'],
    lambda.LambdaClient,
    () =>
      new lambda.InvokeCommand({
        FunctionName: fn('authorize'),
        Payload: Buffer.from('{"mode":"explain","keyId":"0000000000000000"}'),
      }),
  ),
  ask(
    'lambda:InvokeFunction revoke',
    ['responder'],
    lambda.LambdaClient,
    () => new lambda.InvokeCommand({ FunctionName: fn('revoke'), Payload: Buffer.from('{}') }),
  ),
  ask(
    'lambda:InvokeFunction issue',
    [],
    lambda.LambdaClient,
    () => new lambda.InvokeCommand({ FunctionName: fn('issue'), Payload: Buffer.from('{}') }),
  ),
  ask(
    'lambda:UpdateFunctionConfiguration',
    [],
    lambda.LambdaClient,
    () => new lambda.UpdateFunctionConfigurationCommand({ FunctionName: fn('authorize'), Timeout: 5 }),
  ),
  ask(
    'events:PutEvents',
    COMMITTING,
    eventbridge.EventBridgeClient,
    () =>
      new eventbridge.PutEventsCommand({
        Entries: [
          { EventBusName: output('BusName'), Source: 'tokenward', DetailType: 'asked', Detail: '{}' },
        ],
      }),
  ),
  ask(
    'events:DisableRule',
    [],
    eventbridge.EventBridgeClient,
    () => new eventbridge.DisableRuleCommand({ Name: `tokenward-${ENV}-secret-reads` }),
  ),
  ask(
    'iam:GetRole',
    ['issue'],
    iam.IAMClient,
    () => new iam.GetRoleCommand({ RoleName: fn('sample-orders') }),
  ),
  ask('iam:CreateAccessKey', [], iam.IAMClient, () => new iam.CreateAccessKeyCommand({ UserName: 'nobody' })),
];

function ask(action: string, may: readonly string[], client: Ask['client'], call: Ask['call']): Ask {
  return { action, may, client, call };
}

const REFUSED = /AccessDenied|NotAuthorized|Forbidden|not authorized/i;

/** Whether IAM let it through; what the service then says of it is no matter. */
async function isAllowed({ client, call }: Ask, identity: Identity): Promise<boolean> {
  const service = new client(as(identity));
  try {
    await service.send(call());
    return true;
  } catch (fault) {
    const { name, message } = fault as Error;
    return !REFUSED.test(`${name} ${message}`);
  } finally {
    service.destroy();
  }
}

describe('each role, calling', () => {
  it.each(ROLES)('%s may what it may, and nothing else', async (role) => {
    const identity = await sessionOf(role);
    const wrong: string[] = [];
    for (const asked of ASKS) {
      const may = asked.may.includes(role);
      if ((await isAllowed(asked, identity)) !== may)
        wrong.push(`${may ? 'is refused' : 'may'} ${asked.action}`);
    }
    expect(wrong).toEqual([]);
  });

  it('is a table of many cases, and one that notices a right too many', async () => {
    expect(ASKS.length * ROLES.length).toBeGreaterThan(300);
    const scan = ASKS.find(({ action }) => action === 'dynamodb:Scan');
    if (scan === undefined) throw new Error('nobody scans');
    const identity = await sessionOf('authorize');
    expect(await isAllowed(scan, identity)).toBe(false);
    await emulator.direct.iam.send(
      new iam.PutRolePolicyCommand({
        RoleName: fn('authorize'),
        PolicyName: 'let-slip',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }],
        }),
      }),
    );
    expect(await isAllowed(scan, identity)).toBe(true);
  });
});

describe('a duty', () => {
  it.each(DUTIES)('%s is taken by whoever holds it, and by nobody who holds another', async (duty) => {
    for (const holder of DUTIES) {
      const session = sessionOf(duty, persons.get(holder));
      if (holder === duty) expect((await session).sessionToken).not.toBe('');
      else await expect(session).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });
});
