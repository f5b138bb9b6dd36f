import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DescribeRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetFunctionCommand, GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deployLocal, destroyLocal, type LocalStacks } from './deploy.ts';
import { synthFixture } from './fixture/synth.ts';
import { type Emulator, startEmulator, type UserCredentials } from './start.ts';

let emulator: Emulator;
let vault: SecretsManagerClient;
let workDir: string;
let cloudAssemblyDir: string;
let deployed: LocalStacks;
const lines: string[] = [];

/** The value of an output; its absence fails the test. */
function output(name: string): string {
  const value = deployed.outputs[name];
  if (value === undefined) throw new Error(`no output ${name}`);
  return value;
}

beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'tokenward-fixture-'));
  cloudAssemblyDir = synthFixture(workDir);
  emulator = await startEmulator();
  const { endpoint, region, rootCredentials: credentials } = emulator;
  vault = new SecretsManagerClient({ endpoint, region, credentials });
  deployed = await deployLocal(emulator, { cloudAssemblyDir, progress: (line) => lines.push(line) });
});

afterAll(async () => {
  vault?.destroy();
  await emulator?.stop();
  await rm(workDir, { recursive: true, force: true });
});

describe('deploying', () => {
  it('says what it does, in order', () => {
    const at = ['bootstrapping the account', 'deployed fixture-state', 'deployed fixture-work'].map((line) =>
      lines.indexOf(line),
    );
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at).not.toContain(-1);
    expect(lines).toContain('first rotation of Schedule: succeeded');
  });

  it('names what the emulator refuses', () => {
    expect(deployed.dropped.map(({ type, applied }) => [type, applied])).toEqual([
      ['AWS::SecretsManager::ResourcePolicy', true],
      ['AWS::SecretsManager::RotationSchedule', true],
    ]);
  });

  it('gives back outputs, those of other stacks and the custom resource included', () => {
    expect(output('Greeting')).toBe('hello fixture');
    expect(output('SecretArn')).toMatch(/^arn:aws:secretsmanager:.+:secret:fixture\/secret-\w{6}$/);
    expect(output('ApiUrl')).toBe(`${emulator.endpoint}/_aws/execute-api/${output('ApiId')}/v1/`);
    expect(output('DeadQueueUrl').startsWith(`${emulator.endpoint}/${emulator.account}/`)).toBe(true);
    const plumbing = Object.keys(deployed.outputs).filter((name) =>
      /^(Exports|Publish|EmulatorKept)/.test(name),
    );
    expect(plumbing).toEqual([]);
  });
});

describe('what CloudFormation here ignores', () => {
  it('is on the table: time to live, recovery, encryption', async () => {
    const TableName = output('TableName');
    const { dynamodb } = emulator.direct;
    const ttl = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' });
    const backups = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }));
    const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    expect(recovery?.PointInTimeRecoveryStatus).toBe('ENABLED');
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(Table?.SSEDescription).toMatchObject({ SSEType: 'KMS', KMSMasterKeyArn: output('KeyArn') });
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['due']);
  });

  it('is on the function: reserved concurrency', async () => {
    const FunctionName = output('RotateFunction');
    const found = await emulator.direct.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    expect(found.ReservedConcurrentExecutions).toBe(5);
  });

  it('is on the secret: its resource policy', async () => {
    const found = await vault.send(new GetResourcePolicyCommand({ SecretId: output('SecretArn') }));
    expect(JSON.parse(found.ResourcePolicy ?? '{}')).toMatchObject({
      Statement: [{ Sid: 'OnlyOverTls', Effect: 'Deny' }],
    });
  });

  it('is not taken from the rule: its state', async () => {
    const Name = output('RuleArn').split('/').at(-1);
    const rule = await emulator.direct.events.send(new DescribeRuleCommand({ Name }));
    expect(rule.State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
  });
});

describe('the rotation schedule', () => {
  it('is registered as declared and has rotated once', async () => {
    const SecretId = output('SecretArn');
    const found = emulator.rotation.list().find(({ arn }) => arn === SecretId);
    expect(found).toMatchObject({
      enabled: true,
      lambdaArn: expect.stringContaining(`:function:${output('RotateFunction')}`),
      rules: { ScheduleExpression: 'rate(4 hours)', Duration: '1h' },
    });
    const described = await vault.send(new DescribeSecretCommand({ SecretId }));
    expect(described.RotationEnabled).toBe(true);
    expect(
      Object.values(described.VersionIdsToStages ?? {})
        .flat()
        .toSorted(),
    ).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  it('rotates by the real hook when told to', async () => {
    const SecretId = output('SecretArn');
    const before = await vault.send(new GetSecretValueCommand({ SecretId }));
    const { VersionId } = await vault.send(new RotateSecretCommand({ SecretId }));
    const ended = await emulator.rotation.settled(SecretId);
    expect(ended).toMatchObject({ outcome: 'succeeded', versionId: VersionId });
    const after = await vault.send(new GetSecretValueCommand({ SecretId }));
    expect(after.VersionId).toBe(VersionId);
    expect(after.SecretString).not.toBe(before.SecretString);
  });
});

describe('events', () => {
  const arrived = async (eventId: string): Promise<string | undefined> => {
    const Key = { pk: { S: `EVENT#${eventId}` } };
    const found = await emulator.direct.dynamodb.send(
      new GetItemCommand({ TableName: output('TableName'), Key }),
    );
    return found.Item?.name?.S;
  };

  it('reach the consumer: a read of the secret, by the rule in its full state and the queue', async () => {
    const reader = await secretReader('reads-the-secret');
    await reader.send(new GetSecretValueCommand({ SecretId: output('SecretArn') }));
    reader.destroy();
    await emulator.events.idle();
    const read = emulator.events.records().find(({ eventName, userIdentity }) => {
      const { userName } = (userIdentity ?? {}) as { userName?: string };
      return eventName === 'GetSecretValue' && userName === 'reads-the-secret';
    });
    const eventId = String(read?.eventID);
    await vi.waitFor(async () => expect(await arrived(eventId)).toBe('GetSecretValue'), { timeout: 20_000 });
    expect(emulator.events.failures()).toEqual([]);
  });

  it('reach the consumer: one put on the custom bus', async () => {
    const Detail = JSON.stringify({ eventID: 'by-hand', eventName: 'Said' });
    const entry = { EventBusName: output('BusName'), Source: 'fixture', DetailType: 'note', Detail };
    await emulator.direct.events.send(new PutEventsCommand({ Entries: [entry] }));
    await vi.waitFor(async () => expect(await arrived('by-hand')).toBe('Said'), { timeout: 20_000 });
  });

  it('are scheduled', async () => {
    const { endpoint, region, rootCredentials: credentials } = emulator;
    const scheduler = new SchedulerClient({ endpoint, region, credentials });
    const { Schedules } = await scheduler.send(new ListSchedulesCommand({}));
    scheduler.destroy();
    expect(Schedules).toMatchObject([
      { State: 'ENABLED', Target: { Arn: expect.stringContaining(':function:fixture-tick') } },
    ]);
  });

  async function secretReader(name: string): Promise<SecretsManagerClient> {
    const allowed = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' };
    const credentials = await emulator.createUser(name, { Version: '2012-10-17', Statement: [allowed] });
    return new SecretsManagerClient({ endpoint: emulator.endpoint, region: emulator.region, credentials });
  }
});

describe('the REST API', () => {
  let allowed: UserCredentials;
  let stranger: UserCredentials;

  beforeAll(async () => {
    const Resource = `arn:aws:execute-api:${emulator.region}:${emulator.account}:${output('ApiId')}/*`;
    const policy = (Effect: string): object => ({
      Version: '2012-10-17',
      Statement: [{ Effect, Action: 'execute-api:Invoke', Resource }],
    });
    allowed = await emulator.createUser('may-call', policy('Allow'));
    stranger = await emulator.createUser('may-not-call', policy('Deny'));
  });

  it('answers a signed call and names the caller', async () => {
    const reply = await signed(allowed);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ userArn: `arn:aws:iam::${emulator.account}:user/may-call` });
  });

  it('refuses an unsigned call, another user and a wrong secret key', async () => {
    const unsigned = await fetch(`${output('ApiUrl')}things`, { method: 'POST' });
    const wrong = await signed({ ...allowed, secretAccessKey: 'not-this-one' });
    const other = await signed(stranger);
    expect([unsigned.status, wrong.status, other.status]).toEqual([403, 403, 403]);
  });

  it('asks the authorizer', async () => {
    const get = (authorization?: string): Promise<Response> =>
      fetch(`${output('ApiUrl')}things`, {
        headers: authorization === undefined ? {} : { Authorization: authorization },
      });
    const admitted = await get('Bearer open-sesame');
    expect([admitted.status, await admitted.json()]).toMatchObject([200, { said: 'welcome' }]);
    expect((await get('Bearer close-sesame')).status).toBe(403);
    expect([401, 403]).toContain((await get()).status);
  });

  async function signed(credentials: UserCredentials): Promise<Response> {
    const url = new URL(`${output('ApiUrl')}things`);
    const { host, hostname, pathname: path } = url;
    const port = Number(url.port);
    const request = new HttpRequest({
      protocol: 'http:',
      method: 'POST',
      hostname,
      port,
      path,
      headers: { host },
    });
    const scope = { service: 'execute-api', region: emulator.region, sha256: Sha256 };
    const { headers } = await new SignatureV4({ ...scope, credentials }).sign(request);
    return fetch(url, { method: 'POST', headers });
  }
});

describe('afterwards', () => {
  const state = async (): Promise<unknown> => {
    const SecretId = output('SecretArn');
    const secret = await vault.send(new DescribeSecretCommand({ SecretId }));
    const { Stacks = [] } = await emulator.direct.cloudformation.send(new DescribeStacksCommand({}));
    const stacks = Stacks.map(({ StackName, LastUpdatedTime, StackStatus }) => [
      StackName,
      StackStatus,
      LastUpdatedTime,
    ]);
    return [secret.VersionIdsToStages, emulator.rotation.list(), stacks];
  };

  it('a second deploy changes nothing', async () => {
    const before = await state();
    const again = await deployLocal(emulator, { cloudAssemblyDir });
    expect(again.outputs).toEqual(deployed.outputs);
    expect(await state()).toEqual(before);
  });

  it('destroying takes everything away', async () => {
    await destroyLocal(emulator, { cloudAssemblyDir, progress: (line) => lines.push(line) });
    expect(lines.slice(-2)).toEqual(['destroyed fixture-work', 'destroyed fixture-state']);
    const { cloudformation, dynamodb, lambda } = emulator.direct;
    const { Stacks = [] } = await cloudformation.send(new DescribeStacksCommand({}));
    expect(Stacks.map(({ StackName }) => StackName)).toEqual(['CDKToolkit']);
    const table = dynamodb.send(new DescribeTableCommand({ TableName: output('TableName') }));
    await expect(table).rejects.toThrow();
    const fn = lambda.send(new GetFunctionCommand({ FunctionName: output('RotateFunction') }));
    await expect(fn).rejects.toThrow();
    expect(emulator.rotation.list().filter(({ enabled }) => enabled)).toEqual([]);
  });
});
