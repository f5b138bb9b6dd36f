import { randomUUID } from 'node:crypto';
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  RotateSecretCommand,
  type RotateSecretCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deployFunction } from './inline/deploy.ts';
import type { Seen } from './inline/rotator.ts';
import { type Emulator, startEmulator } from './start.ts';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const ROTATION_ACTIONS = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
  'sqs:SendMessage',
];
const RotationRules = { ScheduleExpression: 'rate(10 days)', Duration: '2h' };

describe('rotation as Secrets Manager does it', () => {
  let emulator: Emulator;
  let vault: SecretsManagerClient;
  let queueUrl: string;
  let rotator: string;

  beforeAll(async () => {
    emulator = await startEmulator({ rotation: { attempts: 2, backoffMs: 20 } });
    vault = new SecretsManagerClient({ ...emulator.clientConfig, maxAttempts: 1 });
    const queue = await emulator.direct.sqs.send(new CreateQueueCommand({ QueueName: 'seen' }));
    queueUrl = queue.QueueUrl ?? '';
    rotator = await deployFunction(emulator, {
      name: 'rotator',
      source: 'rotator.ts',
      actions: ROTATION_ACTIONS,
      environment: { QUEUE_URL: queueUrl },
      invokedBy: 'secretsmanager.amazonaws.com',
    });
  });
  afterAll(async () => {
    vault?.destroy();
    await emulator?.stop();
  });
  afterEach(async () => {
    emulator.faults.clear();
    await seen();
  });

  /** Takes everything the rotator has reported. */
  const seen = async (): Promise<Seen[]> => {
    const taken: Seen[] = [];
    for (;;) {
      const ask = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
      });
      const { Messages = [] } = await emulator.direct.sqs.send(ask);
      if (Messages.length === 0) return taken;
      taken.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '') as Seen));
    }
  };

  const newSecret = async (): Promise<{ SecretId: string; first: string }> => {
    const made = await vault.send(
      new CreateSecretCommand({ Name: `s-${randomUUID()}`, SecretString: 'one' }),
    );
    return { SecretId: made.ARN ?? '', first: made.VersionId ?? '' };
  };

  const stagesOf = async (SecretId: string): Promise<Record<string, string[]>> =>
    (await vault.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {};

  const rotate = (SecretId: string, rest: object = {}): Promise<RotateSecretCommandOutput> =>
    vault.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: rotator, RotationRules, ...rest }));

  it('goes through the four steps with the labels that AWS shows at each', async () => {
    const { SecretId, first } = await newSecret();

    const { VersionId: next = '' } = await rotate(SecretId);
    const outcome = await emulator.rotation.settled(SecretId);

    expect(outcome).toMatchObject({ outcome: 'succeeded', versionId: next, attempts: 1 });
    const stages = { [first]: ['AWSCURRENT'], [next]: ['AWSPENDING'] };
    expect(await seen()).toEqual([
      { step: 'createSecret', stages, value: 'absent' },
      { step: 'setSecret', stages, value: 'present' },
      { step: 'testSecret', stages, value: 'present' },
      { step: 'finishSecret', stages, value: 'present' },
    ]);
    expect(await stagesOf(SecretId)).toEqual({ [first]: ['AWSPREVIOUS'], [next]: ['AWSCURRENT'] });
    const current = await vault.send(new GetSecretValueCommand({ SecretId }));
    expect(current.SecretString).toBe(`value of ${next}`);
    const described = await vault.send(new DescribeSecretCommand({ SecretId }));
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: rotator, RotationRules });
    expect(described.LastRotatedDate?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(described.NextRotationDate?.getTime()).toBeGreaterThan(Date.now() + 9 * 86_400_000);
  });

  it('makes the ClientRequestToken the version, and lists no version without a label', async () => {
    const { SecretId, first } = await newSecret();
    const [second, third] = [randomUUID(), randomUUID()];

    for (const ClientRequestToken of [second, third]) {
      expect((await rotate(SecretId, { ClientRequestToken })).VersionId).toBe(ClientRequestToken);
      await emulator.rotation.settled(SecretId);
    }

    expect(await stagesOf(SecretId)).toEqual({ [second]: ['AWSPREVIOUS'], [third]: ['AWSCURRENT'] });
    const listed = await vault.send(new ListSecretVersionIdsCommand({ SecretId }));
    expect(listed.Versions?.map(({ VersionId }) => VersionId)).not.toContain(first);
  });

  it('retries the whole rotation, then leaves AWSPENDING and refuses the next RotateSecret', async () => {
    const { SecretId, first } = await newSecret();
    const operation = 'UpdateSecretVersionStage';
    const fault = emulator.faults.add({ kind: 'deny', service: 'secretsmanager', operation });

    const { VersionId: next = '' } = await rotate(SecretId);
    const outcome = await emulator.rotation.settled(SecretId);

    expect(outcome).toMatchObject({ outcome: 'failed', attempts: 2 });
    expect(outcome?.error).toMatch(/^finishSecret: /);
    expect(fault.hits()).toBe(2);
    expect((await seen()).map(({ step }) => step)).toEqual([...STEPS, ...STEPS]);
    expect(await stagesOf(SecretId)).toEqual({ [first]: ['AWSCURRENT'], [next]: ['AWSPENDING'] });
    await expect(rotate(SecretId)).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: "A previous rotation isn't complete. That rotation will be reattempted.",
    });
  });

  it('resumes the stranded version when the schedule fires', async () => {
    const { SecretId, first } = await newSecret();
    emulator.faults.add({ kind: 'deny', service: 'secretsmanager', operation: 'PutSecretValue', times: 2 });
    const { VersionId: next = '' } = await rotate(SecretId);
    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ outcome: 'failed' });

    expect(await emulator.rotation.trigger(SecretId)).toBe(next);

    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ outcome: 'succeeded' });
    expect(await stagesOf(SecretId)).toEqual({ [first]: ['AWSPREVIOUS'], [next]: ['AWSCURRENT'] });
  });

  it('survives a lost reply to PutSecretValue, as the next attempt finds the value', async () => {
    const { SecretId } = await newSecret();
    const operation = 'PutSecretValue';
    emulator.faults.add({ kind: 'cut-after', service: 'secretsmanager', operation, times: 1 });

    const { VersionId: next = '' } = await rotate(SecretId);

    expect(await emulator.rotation.settled(SecretId)).toMatchObject({ outcome: 'succeeded', attempts: 2 });
    const reports = (await seen()).filter(({ step }) => step === 'createSecret');
    expect(reports.map(({ value }) => value)).toEqual(['absent', 'present']);
    expect(await stagesOf(SecretId)).toMatchObject({ [next]: ['AWSCURRENT'] });
  });

  it('registers a schedule as CloudFormation does, and fires it on demand', async () => {
    const { SecretId, first } = await newSecret();
    const rules = { AutomaticallyAfterDays: 30 };
    await emulator.rotation.register(SecretId, { lambdaArn: rotator, rules, rotateImmediately: false });
    expect(await stagesOf(SecretId)).toEqual({ [first]: ['AWSCURRENT'] });

    const next = await emulator.rotation.trigger(SecretId);
    await emulator.rotation.settled(SecretId);

    expect(await stagesOf(SecretId)).toMatchObject({ [next]: ['AWSCURRENT'] });
    expect(emulator.rotation.list()).toContainEqual(expect.objectContaining({ arn: SecretId, rules }));
  });

  it('only tests when asked not to rotate at once', async () => {
    const { SecretId, first } = await newSecret();

    const { VersionId: probe = '' } = await rotate(SecretId, { RotateImmediately: false });
    await emulator.rotation.settled(SecretId);

    const stages = { [first]: ['AWSCURRENT'], [probe]: ['AWSPENDING'] };
    expect(await seen()).toEqual([{ step: 'testSecret', stages, value: 'absent' }]);
    expect(await stagesOf(SecretId)).toEqual({ [first]: ['AWSCURRENT'] });
  });

  it('turns off on CancelRotateSecret and refuses without a configuration', async () => {
    const { SecretId } = await newSecret();
    await expect(vault.send(new RotateSecretCommand({ SecretId }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    await rotate(SecretId);
    await emulator.rotation.settled(SecretId);

    await vault.send(new CancelRotateSecretCommand({ SecretId }));

    const { RotationEnabled } = await vault.send(new DescribeSecretCommand({ SecretId }));
    expect(RotationEnabled).toBe(false);
    await expect(emulator.rotation.trigger(SecretId)).rejects.toThrow('is off');
  });

  it('refuses a function that Secrets Manager may not invoke', async () => {
    const { SecretId } = await newSecret();
    const RotationLambdaARN = `${rotator}-of-nobody`;
    await expect(rotate(SecretId, { RotationLambdaARN })).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('cannot invoke the specified Lambda function'),
    });
  });

  it('asks IAM before it rotates', async () => {
    const { SecretId, first } = await newSecret();
    const policy = { Effect: 'Allow', Action: 'secretsmanager:DescribeSecret', Resource: '*' };
    const credentials = await emulator.createUser('looker', { Version: '2012-10-17', Statement: [policy] });
    const looker = new SecretsManagerClient({ ...emulator.clientConfig, credentials, maxAttempts: 1 });
    const setUp = { SecretId, RotationLambdaARN: rotator, RotationRules };
    const denied = { name: 'AccessDeniedException', message: expect.stringContaining('user/looker') };

    await expect(looker.send(new RotateSecretCommand(setUp))).rejects.toMatchObject(denied);
    await expect(looker.send(new CancelRotateSecretCommand({ SecretId }))).rejects.toMatchObject(denied);

    looker.destroy();
    expect(await stagesOf(SecretId)).toEqual({ [first]: ['AWSCURRENT'] });
  });

  it('writes the events of the service itself', async () => {
    const { SecretId } = await newSecret();
    emulator.faults.add({ kind: 'deny', service: 'secretsmanager', operation: 'PutSecretValue', times: 1 });

    const { VersionId } = await rotate(SecretId);
    await emulator.rotation.settled(SecretId);

    const events = emulator.events
      .records()
      .filter((record) => record.eventType === 'AwsServiceEvent')
      .filter((record) => JSON.stringify(record).includes(SecretId));
    expect(events.map(({ eventName }) => eventName)).toEqual([
      'RotationStarted',
      'RotationFailed',
      'RotationStarted',
      'RotationSucceeded',
    ]);
    expect(events[1]).toMatchObject({
      userIdentity: { accountId: emulator.account, invokedBy: 'secretsmanager.amazonaws.com' },
      sourceIPAddress: 'secretsmanager.amazonaws.com',
      errorMessage: expect.stringMatching(/^createSecret: /),
      additionalEventData: { SecretId },
      requestID: `Rotation-${SecretId}-${VersionId}`,
    });
  });
});
