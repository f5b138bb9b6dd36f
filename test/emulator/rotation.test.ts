import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CancelRotateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deployLocal } from './deploy.ts';
import { synthFixture } from './fixture/synth.ts';
import { type Emulator, startEmulator } from './start.ts';

let emulator: Emulator;
let client: SecretsManagerClient;
let workDir: string;
let SecretId: string;
let tableName: string;

beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'tokenward-rotation-'));
  emulator = await startEmulator({ rotation: { attempts: 2, backoffMs: 50 } });
  const { outputs } = await deployLocal(emulator, { cloudAssemblyDir: synthFixture(workDir) });
  SecretId = outputs.SecretArn ?? '';
  tableName = outputs.TableName ?? '';
  client = new SecretsManagerClient(emulator.clientConfig);
});

afterAll(async () => {
  client?.destroy();
  await emulator?.stop();
  await rm(workDir, { recursive: true, force: true });
});

afterEach(() => emulator.faults.clear());

const labels = async (): Promise<Record<string, string[]>> => {
  const found = await client.send(new DescribeSecretCommand({ SecretId }));
  return found.VersionIdsToStages ?? {};
};

const holderOf = async (label: string): Promise<string | undefined> =>
  Object.entries(await labels()).find(([, stages]) => stages.includes(label))?.[0];

const rotate = async (): Promise<string> =>
  (await client.send(new RotateSecretCommand({ SecretId }))).VersionId ?? '';

/** Holds the rotation function's next call of this kind, so that the state around it can be looked at. */
const holdFunction = (operation: string): { reached: () => Promise<void> } => {
  const match = ({ accessKeyId }: { accessKeyId: string }): boolean => accessKeyId.startsWith('ASIA');
  const fault = {
    kind: 'delay',
    service: 'secretsmanager',
    operation,
    delayMs: 1500,
    times: 1,
    match,
  } as const;
  const held = emulator.faults.add(fault);
  return { reached: () => until(async () => held.hits() > 0) };
};

const until = async (met: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 20_000;
  while (!(await met())) {
    if (Date.now() > deadline) throw new Error('did not happen within 20 s');
    await sleep(25);
  }
};

describe('a rotation', () => {
  it('moves the labels as AWS does, step by step', async () => {
    const old = await holderOf('AWSCURRENT');
    const creating = holdFunction('PutSecretValue');
    const finishing = holdFunction('UpdateSecretVersionStage');
    const versionId = await rotate();

    await creating.reached();
    expect(await labels()).toMatchObject({ [old ?? '']: ['AWSCURRENT'], [versionId]: ['AWSPENDING'] });
    const noValue = client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSPENDING' }));
    await expect(noValue).rejects.toMatchObject({ name: 'ResourceNotFoundException' });

    await finishing.reached();
    expect(await holderOf('AWSCURRENT')).toBe(old);
    const pending = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSPENDING' }));
    expect(pending).toMatchObject({ VersionId: versionId, SecretString: expect.stringMatching(/^.{32}$/) });

    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ versionId, outcome: 'succeeded' });
    expect(await labels()).toEqual({ [old ?? '']: ['AWSPREVIOUS'], [versionId]: ['AWSCURRENT'] });
  });

  it('runs when its schedule fires, and dates the next', async () => {
    const versionId = await emulator.rotation.trigger(SecretId);
    await emulator.rotation.settled(SecretId);
    const found = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(found.VersionIdsToStages?.[versionId]).toEqual(['AWSCURRENT']);
    const { LastRotatedDate: last, NextRotationDate: next } = found;
    expect((next?.getTime() ?? 0) - (last?.getTime() ?? 0)).toBeCloseTo(4 * 3_600_000, -2);
  });

  it('only runs testSecret when it is not to start at once, and leaves no pending version', async () => {
    const before = await labels();
    await client.send(new RotateSecretCommand({ SecretId, RotateImmediately: false }));
    // The fixture's testSecret insists on a value, which a version made for the test alone does not have.
    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ outcome: 'failed' });
    expect(await labels()).toEqual(before);
    const names = emulator.events.records().map(({ eventName }) => eventName);
    expect(names.slice(names.lastIndexOf('TestRotationStarted'))).toContain('TestRotationFailed');
  });

  it('that fails leaves AWSPENDING behind and bars the next one until it is repaired', async () => {
    const old = await holderOf('AWSCURRENT');
    emulator.faults.add({ kind: 'deny', service: 'secretsmanager', operation: 'UpdateSecretVersionStage' });
    const versionId = await rotate();
    const outcome = await emulator.rotation.settled(SecretId);
    expect(outcome).toMatchObject({
      outcome: 'failed',
      attempts: 2,
      error: expect.stringContaining('finishSecret'),
    });
    expect(await labels()).toMatchObject({ [old ?? '']: ['AWSCURRENT'], [versionId]: ['AWSPENDING'] });
    const message = "A previous rotation isn't complete. That rotation will be reattempted.";
    await expect(rotate()).rejects.toMatchObject({ name: 'InvalidRequestException', message });

    emulator.faults.clear();
    expect(await emulator.rotation.trigger(SecretId)).toBe(versionId);
    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ versionId, outcome: 'succeeded' });
  });

  it('whose function never hears that its value was stored puts the same token again in vain', async () => {
    const lost = {
      kind: 'cut-after',
      service: 'secretsmanager',
      operation: 'PutSecretValue',
      times: 1,
    } as const;
    const fault = emulator.faults.add(lost);
    const versionId = await rotate();
    // The SDK sends the very same call again after the cut: same token, same value, so nothing happens twice.
    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ versionId, outcome: 'succeeded' });
    expect(fault.hits()).toBe(1);
  });

  it('can be called off, and RotateSecret turns it on again', async () => {
    await client.send(new CancelRotateSecretCommand({ SecretId }));
    const off = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(off.RotationEnabled).toBe(false);
    expect(off.NextRotationDate).toBeUndefined();
    await expect(emulator.rotation.trigger(SecretId)).rejects.toThrow('off');
    const versionId = await rotate();
    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ versionId, outcome: 'succeeded' });
  });

  it('is refused to a caller without the right, and to a function Secrets Manager may not invoke', async () => {
    const Statement = [{ Effect: 'Allow', Action: 'secretsmanager:DescribeSecret', Resource: '*' }];
    const onlooker = await emulator.createUser('onlooker', { Version: '2012-10-17', Statement });
    const theirs = new SecretsManagerClient({ ...emulator.clientConfig, credentials: onlooker });
    const denied = theirs.send(new RotateSecretCommand({ SecretId }));
    await expect(denied).rejects.toMatchObject({ name: 'AccessDeniedException' });
    theirs.destroy();
    const RotationLambdaARN = `arn:aws:lambda:${emulator.region}:${emulator.account}:function:fixture-tick`;
    const barred = client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN }));
    await expect(barred).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('versions', () => {
  const token = '00000000-0000-4000-8000-000000000001';
  const put = (SecretString: string, VersionStages = ['AWSPENDING']) =>
    client.send(
      new PutSecretValueCommand({ SecretId, ClientRequestToken: token, SecretString, VersionStages }),
    );

  it('take a token once: the same value changes nothing, another is refused', async () => {
    await put('one');
    const { VersionId, VersionStages } = await put('one');
    expect({ VersionId, VersionStages }).toEqual({ VersionId: token, VersionStages: ['AWSPENDING'] });
    await expect(put('two')).rejects.toMatchObject({ name: 'ResourceExistsException' });
    const kept = await client.send(new GetSecretValueCommand({ SecretId, VersionId: token }));
    expect(kept.SecretString).toBe('one');
  });

  it('share no label: a newer pending value takes AWSPENDING with it', async () => {
    const newer = await client.send(
      new PutSecretValueCommand({ SecretId, SecretString: 'newer', VersionStages: ['AWSPENDING'] }),
    );
    expect(await holderOf('AWSPENDING')).toBe(newer.VersionId);
    expect((await labels())[token]).toBeUndefined();
  });

  it('give a label up only by name', async () => {
    const current = (await holderOf('AWSCURRENT')) ?? '';
    const pending = (await holderOf('AWSPENDING')) ?? '';
    const move = (RemoveFromVersionId?: string) =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: pending,
          ...(RemoveFromVersionId === undefined ? {} : { RemoveFromVersionId }),
        }),
      );
    await expect(move()).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(move(pending)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await move(current);
    expect(await labels()).toMatchObject({
      [current]: ['AWSPREVIOUS'],
      [pending]: ['AWSPENDING', 'AWSCURRENT'],
    });
  });

  it('hold at most 65,536 bytes', async () => {
    await expect(put('x'.repeat(65_537))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('the trail of a rotation', () => {
  it('names the function by its role and session, and reaches the rule, its queue and its consumer', async () => {
    const reads = emulator.events.records().filter(({ eventName }) => eventName === 'GetSecretValue');
    const { userIdentity } =
      reads.find((each) => JSON.stringify(each.userIdentity).includes('assumed-role')) ?? {};
    expect(userIdentity).toMatchObject({
      type: 'AssumedRole',
      arn: expect.stringMatching(
        /^arn:aws:sts::\d{12}:assumed-role\/fixture-work-Rotate\S+\/fixture-rotate$/,
      ),
      principalId: expect.stringMatching(/^AROA\w+:fixture-rotate$/),
      sessionContext: { sessionIssuer: { type: 'Role', principalId: expect.stringMatching(/^AROA/) } },
    });
    await until(async () => {
      const { Items = [] } = await emulator.direct.dynamodb.send(new ScanCommand({ TableName: tableName }));
      return Items.some(({ name }) => name?.S === 'GetSecretValue');
    });
    expect(emulator.events.failures()).toEqual([]);
  });

  it('names the version that was decrypted, in the record that KMS makes for Secrets Manager', async () => {
    const { VersionId } = await client.send(new GetSecretValueCommand({ SecretId }));
    await emulator.events.idle();
    expect(emulator.events.records().findLast(({ eventName }) => eventName === 'Decrypt')).toMatchObject({
      eventSource: 'kms.amazonaws.com',
      sourceIPAddress: 'secretsmanager.amazonaws.com',
      userIdentity: { invokedBy: 'secretsmanager.amazonaws.com', type: 'Root' },
      requestParameters: { encryptionContext: { SecretARN: SecretId, SecretVersionId: VersionId } },
    });
  });

  it('holds no value of the secret', async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    await emulator.events.idle();
    expect(SecretString).not.toBe('');
    expect(JSON.stringify(emulator.events.records())).not.toContain(SecretString);
    expect(JSON.stringify(emulator.events.records())).not.toContain('"one"');
  });
});
