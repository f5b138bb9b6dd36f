import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { ShardHead } from '#core/audit/entry.ts';
import type { CommitPlan } from '#core/audit/plan.ts';
import type { Write } from '#core/change.ts';
import type { FeedRecord } from '#core/records.ts';
import { type Item, toAuditItem, toFeedItem, toHeadItem, toItem } from './items.ts';

/**
 * A plan as the items of one TransactWriteItems, the change's own writes first and in order, so that a
 * cancellation reason is told by its index.
 */
export function toTransaction(
  plan: CommitPlan,
  before: ShardHead,
  table: { readonly tableName: string; readonly feedCopies: number },
): TransactWriteItem[] {
  const { tableName } = table;
  return [
    ...plan.writes.map((write) => writeItem(write, tableName)),
    ...plan.records.map((record) => create(toAuditItem(record), tableName)),
    headItem(plan.head, before, tableName),
    ...(plan.feed === undefined ? [] : feedItems(plan.feed, table)),
  ];
}

function writeItem(write: Write, TableName: string): TransactWriteItem {
  const condition =
    write.expect === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'rev = :rev',
          ExpressionAttributeValues: { ':rev': { N: String(write.expect) } },
        };
  if (write.kind === 'put') {
    return { Put: { TableName, Item: toItem(write.record, write.expect + 1), ...condition } };
  }
  return { Delete: { TableName, Key: { pk: { S: write.key.pk }, sk: { S: write.key.sk } }, ...condition } };
}

const create = (Item: Item, TableName: string): TransactWriteItem => ({
  Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' },
});

function headItem(head: ShardHead, before: ShardHead, TableName: string): TransactWriteItem {
  const Item = toHeadItem(head);
  if (before.seq === 0) return create(Item, TableName);
  return {
    Put: {
      TableName,
      Item,
      ConditionExpression: 'seq = :seq AND #hash = :hash',
      ExpressionAttributeNames: { '#hash': 'hash' },
      ExpressionAttributeValues: { ':seq': { N: String(before.seq) }, ':hash': { S: before.hash } },
    },
  };
}

/** Copy 0 is the lock. The others follow it in the same transaction, so that a copy added later heals by itself. */
function feedItems(
  feed: FeedRecord,
  { tableName: TableName, feedCopies }: { readonly tableName: string; readonly feedCopies: number },
): TransactWriteItem[] {
  return Array.from({ length: feedCopies }, (_, copy) => {
    const Item = toFeedItem(feed, copy);
    if (copy > 0) return { Put: { TableName, Item } };
    if (feed.gen === 1) return create(Item, TableName);
    const ExpressionAttributeValues = { ':gen': { N: String(feed.gen - 1) } };
    return { Put: { TableName, Item, ConditionExpression: 'gen = :gen', ExpressionAttributeValues } };
  });
}
