import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { PortError } from '#core/ports.ts';
import type { Cursor } from '#core/reconcile/cursor.ts';
import type { CursorStore } from '#core/reconcile/ports.ts';
import { cursorKey } from '#core/storage.ts';
import { guarded } from './read.ts';

const COUNT = z.int().check(z.nonnegative());
const CURSOR: z.ZodMiniType<Cursor> = z.object({
  schema: z.literal(1),
  rev: COUNT,
  region: z.string(),
  newest: COUNT,
  seen: z.array(z.string()),
});

/** How far each region's trail has been read: items of the registry's table, on revisions of their own. */
export function createCursorStore(client: DynamoDBClient, tableName: string): CursorStore {
  return {
    read: (region) =>
      guarded(async () => {
        const { pk, sk } = cursorKey(region);
        const { Item } = await client.send(
          new GetItemCommand({
            TableName: tableName,
            Key: { pk: { S: pk }, sk: { S: sk } },
            ConsistentRead: true,
          }),
        );
        return Item === undefined ? undefined : parse(Item.body?.S ?? '', region);
      }),
    replace: (cursor) =>
      guarded(async () => {
        const { pk, sk } = cursorKey(cursor.region);
        const first = cursor.rev === 0;
        const command = new PutItemCommand({
          TableName: tableName,
          Item: {
            pk: { S: pk },
            sk: { S: sk },
            kind: { S: 'cursor' },
            schema: { N: String(cursor.schema) },
            rev: { N: String(cursor.rev + 1) },
            body: { S: JSON.stringify({ ...cursor, rev: cursor.rev + 1 }) },
          },
          ConditionExpression: first ? 'attribute_not_exists(pk)' : 'rev = :rev',
          ...(first ? {} : { ExpressionAttributeValues: { ':rev': { N: String(cursor.rev) } } }),
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

/** @throws PortError `bad-item`: from a guess the reader could jump over what it has not read. */
function parse(body: string, region: string): Cursor {
  const read = CURSOR.safeParse(json(body));
  if (read.success && read.data.region === region) return read.data;
  throw new PortError('bad-item', {
    outcome: 'not-applied',
    retryable: false,
    message: `the cursor of ${region} is not one that this release knows`,
  });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
