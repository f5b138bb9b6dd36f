import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './start.ts';

describe('faults', () => {
  let emulator: Emulator;
  let vault: SecretsManagerClient;
  const SecretId = 'faulty';
  const service = 'secretsmanager';

  beforeAll(async () => {
    emulator = await startEmulator();
    vault = new SecretsManagerClient({ ...emulator.clientConfig, maxAttempts: 1 });
    await vault.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'one' }));
  });
  afterEach(() => emulator.faults.clear());
  afterAll(async () => {
    vault?.destroy();
    await emulator?.stop();
  });

  const read = async (): Promise<string> => {
    const found = await vault.send(new GetSecretValueCommand({ SecretId }));
    return found.SecretString ?? '';
  };

  it('throttles after some calls, for some calls', async () => {
    const fault = emulator.faults.add({
      kind: 'throttle',
      service,
      operation: 'GetSecretValue',
      skip: 1,
      times: 2,
    });
    const outcomes: string[] = [];
    for (let call = 0; call < 5; call += 1) {
      outcomes.push(await read().catch((error: Error) => error.name));
    }
    expect(outcomes).toEqual(['one', 'ThrottlingException', 'ThrottlingException', 'one', 'one']);
    expect(fault.hits()).toBe(2);
  });

  it('speaks the protocol of the service it fails', async () => {
    emulator.faults.add({ kind: 'throttle', service: 'iam' });
    const iam = new IAMClient({ ...emulator.clientConfig, maxAttempts: 1 });
    await expect(iam.send(new ListUsersCommand())).rejects.toMatchObject({ name: 'Throttling' });
    iam.destroy();
  });

  it('leaves other operations alone, and is retried away by the SDK', async () => {
    emulator.faults.add({ kind: 'throttle', service, operation: 'GetSecretValue', times: 2 });
    await vault.send(new DescribeSecretCommand({ SecretId }));
    const patient = new SecretsManagerClient({ ...emulator.clientConfig, maxAttempts: 3 });
    const found = await patient.send(new GetSecretValueCommand({ SecretId }));
    patient.destroy();
    expect(found.SecretString).toBe('one');
  });

  it('denies', async () => {
    const fault = emulator.faults.add({ kind: 'deny', service });
    await expect(read()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    fault.remove();
    expect(await read()).toBe('one');
  });

  it('delays', async () => {
    emulator.faults.add({ kind: 'delay', service, delayMs: 150 });
    const startedAt = performance.now();
    await read();
    expect(performance.now() - startedAt).toBeGreaterThan(145);
  });

  it.each([
    { kind: 'cut-before', effect: 'none', versions: 0, records: 0 },
    { kind: 'cut-after', effect: 'all', versions: 1, records: 1 },
  ] as const)('$kind drops the connection, with $effect of the effect and its record', async (expected) => {
    const ClientRequestToken = randomUUID();
    emulator.faults.add({ kind: expected.kind, service, operation: 'PutSecretValue', times: 1 });
    const put = { SecretId, SecretString: 'two', ClientRequestToken, VersionStages: ['AWSPENDING'] };

    await expect(vault.send(new PutSecretValueCommand(put))).rejects.toMatchObject({ code: 'ECONNRESET' });

    const { VersionIdsToStages } = await vault.send(new DescribeSecretCommand({ SecretId }));
    await emulator.events.idle();
    const records = emulator.events
      .records()
      .filter((each) => JSON.stringify(each).includes(ClientRequestToken));
    expect(Object.keys(VersionIdsToStages ?? {}).filter((id) => id === ClientRequestToken)).toHaveLength(
      expected.versions,
    );
    expect(records).toHaveLength(expected.records);
  });

  it('loses the reply of a data-plane write, too', async () => {
    const dynamodb = new DynamoDBClient({ ...emulator.clientConfig, maxAttempts: 1 });
    const TableName = 'items';
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 20, minDelay: 1 }, { TableName });
    emulator.faults.add({ kind: 'cut-after', service: 'dynamodb', operation: 'PutItem', times: 1 });
    const Item = { pk: { S: 'a' } };

    await expect(dynamodb.send(new PutItemCommand({ TableName, Item }))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });

    const found = await dynamodb.send(new GetItemCommand({ TableName, Key: Item }));
    expect(found.Item).toEqual(Item);
    dynamodb.destroy();
  });

  it('can look at the whole call', async () => {
    const match = ({ peer }: { readonly peer: string }): boolean => peer === '127.7.7.7';
    emulator.faults.add({ kind: 'deny', service, match });
    const { requestHandler } = emulator.from('127.7.7.7');
    const remote = new SecretsManagerClient({ ...emulator.clientConfig, requestHandler });
    await expect(remote.send(new GetSecretValueCommand({ SecretId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(await read()).toBe('one');
  });
});
