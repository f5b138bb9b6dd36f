import { DeleteTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import { keyOf } from '#core/keys.ts';
import { type Emulator, startEmulator } from '../emulator/start.ts';
import { registryContract } from './registry.ts';
import { createTable } from './table.ts';

let emulator: Emulator;
let client: DynamoDBClient;
let made = 0;

beforeAll(async () => {
  emulator = await startEmulator();
  client = new DynamoDBClient(emulator.clientConfig);
});

afterAll(async () => {
  client?.destroy();
  await emulator?.stop();
});

registryContract('the registry on DynamoDB', async () => {
  const TableName = `registry-${made++}`;
  await createTable(client, TableName);
  const random = createRandom();
  const deps = { client, tableName: TableName, feedCopies: 1, clock: createClock(), random };
  return {
    registry: createRegistry(deps),
    crowded: createRegistry({ ...deps, random: { next: () => (random.next() * 2) / 256 } }),
    async plant(record) {
      const { pk, sk } = keyOf(record);
      const Item = {
        pk: { S: pk },
        sk: { S: sk },
        kind: { S: record.kind },
        schema: { N: String(record.schema) },
        rev: { N: String(record.rev) },
        body: { S: JSON.stringify(record) },
      };
      await client.send(new PutItemCommand({ TableName, Item }));
    },
    async ttlOf({ pk, sk }) {
      const Key = { pk: { S: pk }, sk: { S: sk } };
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item?.ttlSeconds?.N === undefined ? undefined : Number(Item.ttlSeconds.N);
    },
    async stop() {
      await client.send(new DeleteTableCommand({ TableName }));
    },
  };
});
