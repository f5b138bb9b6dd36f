import { CreateTableCommand, type DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { TABLE } from '#core/storage.ts';

/** Makes the registry's table as `core/storage.ts` describes it, which is how the stack makes it too. */
export async function createTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const own = [
    { name: TABLE.partition, type: 'S' as const },
    { name: TABLE.sort, type: 'S' as const },
  ];
  const columns = [...own, ...TABLE.indexes.flatMap(({ partition, sort }) => [partition, sort])];
  const unique = new Map(columns.map(({ name, type }) => [name, type]));
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...unique].map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: schemaOf(TABLE.partition, TABLE.sort),
      GlobalSecondaryIndexes: TABLE.indexes.map(({ name, partition, sort, projection }) => ({
        IndexName: name,
        KeySchema: schemaOf(partition.name, sort.name),
        Projection: { ProjectionType: projection },
      })),
    }),
  );
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName,
      TimeToLiveSpecification: { Enabled: true, AttributeName: TABLE.ttl },
    }),
  );
}

const schemaOf = (hash: string, range: string): { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[] => [
  { AttributeName: hash, KeyType: 'HASH' },
  { AttributeName: range, KeyType: 'RANGE' },
];
