import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { guarded } from '../errors.ts';

/** What is kept as one item of the registry's table on a revision of its own, outside of the audited records. */
interface Revised {
  readonly schema: number;
  readonly rev: number;
}

interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** As stored: whoever reads it parses it. */
export interface StoredItem {
  readonly schema: string | undefined;
  readonly body: string;
}

/** Items that one writer at a time replaces: read strongly, written under the revision after the one that was read. */
export interface RevisedItems {
  /** @throws PortError */
  readonly read: (key: ItemKey) => Promise<StoredItem | undefined>;
  /** False: somebody else has replaced it meanwhile. @throws PortError */
  readonly replace: (key: ItemKey, kind: string, value: Revised) => Promise<boolean>;
}

export function createRevisedItems(client: DynamoDBClient, TableName: string): RevisedItems {
  return {
    read: ({ pk, sk }) =>
      guarded(async () => {
        const Key = { pk: { S: pk }, sk: { S: sk } };
        const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
        return Item === undefined ? undefined : { schema: Item.schema?.N, body: Item.body?.S ?? '' };
      }),
    replace: ({ pk, sk }, kind, value) =>
      guarded(async () => {
        const first = value.rev === 0;
        const rev = value.rev + 1;
        const command = new PutItemCommand({
          TableName,
          Item: {
            pk: { S: pk },
            sk: { S: sk },
            kind: { S: kind },
            schema: { N: String(value.schema) },
            rev: { N: String(rev) },
            body: { S: JSON.stringify({ ...value, rev }) },
          },
          ConditionExpression: first ? 'attribute_not_exists(pk)' : 'rev = :rev',
          ...(first ? {} : { ExpressionAttributeValues: { ':rev': { N: String(value.rev) } } }),
        });
        try {
          await client.send(command);
          return true;
        } catch (fault) {
          if (fault instanceof ConditionalCheckFailedException) return false;
          throw fault;
        }
      }),
  };
}
