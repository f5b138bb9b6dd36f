import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { jsonIn } from '#core/json.ts';
import { PortError } from '#core/ports.ts';
import type { Cursor } from '#core/reconcile/cursor.ts';
import type { CursorStore } from '#core/reconcile/ports.ts';
import { cursorKey } from '#core/storage.ts';
import { createRevisedItems } from './revised-item.ts';

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
  const items = createRevisedItems(client, tableName);
  return {
    async read(region) {
      const stored = await items.read(cursorKey(region));
      return stored && parse(stored.body, region);
    },
    replace: (cursor) => items.replace(cursorKey(cursor.region), 'cursor', cursor),
  };
}

/** @throws PortError `bad-item`: from a guess the reader could jump over what it has not read. */
function parse(body: string, region: string): Cursor {
  const read = CURSOR.safeParse(jsonIn(body));
  if (read.success && read.data.region === region) return read.data;
  throw new PortError('bad-item', {
    outcome: 'not-applied',
    retryable: false,
    message: `the cursor of ${region} is not one that this release knows`,
  });
}
