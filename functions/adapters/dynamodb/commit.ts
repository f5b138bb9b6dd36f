import { randomUUID } from 'node:crypto';
import {
  type CancellationReason,
  type DynamoDBClient,
  GetItemCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { append, emptyHead } from '#core/audit/chain.ts';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { CHANGE_MAX_ITEMS, type Change, type Write } from '#core/change.ts';
import { keyOf } from '#core/keys.ts';
import { type Clock, type Committed, type Conflict, PortError, type Random } from '#core/ports.ts';
import type { FeedRecord, RegistryRecord } from '#core/records.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { AUDIT_SHARDS, auditPk, auditSk, HEAD_SK } from '#core/storage.ts';
import { nextFeed } from '#core/token/feed.ts';
import { toPortError } from '../errors.ts';
import { type Item, toAuditItem, toFeedItem, toItem } from './items.ts';

export interface CommitDeps {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly feedCopies: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly readFeed: () => Promise<FeedRecord>;
}

const ATTEMPTS = 12;
const RESENDS = 3;

/**
 * One change as one TransactWriteItems: the writes, each on the revision it was decided from; the audit records and
 * their shard's head; every copy of the feed. A busy head or feed is tried again on another shard; a write that
 * was decided from something old is the caller's to decide anew. A reply that never came is asked for again under
 * the same ClientRequestToken, which DynamoDB applies once.
 */
export async function commitChange(change: Change, deps: CommitDeps): Promise<Result<Committed, Conflict>> {
  const { clock, random, tableName } = deps;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await readHead(Math.floor(random.next() * AUDIT_SHARDS), deps);
    const feed = change.feed.length === 0 ? undefined : await deps.readFeed();
    const next = feed === undefined ? undefined : nextFeed(feed, change.feed);
    const { records, head } = append(change.audit, before);
    const items = [
      ...change.writes.map((write) => writeItem(write, change, next?.gen, tableName)),
      ...records.map((record) => putNew(toAuditItem(record), tableName)),
      putHead(before, head, tableName),
      ...(next === undefined ? [] : feedPuts(next, deps)),
    ];
    if (items.length > CHANGE_MAX_ITEMS) throw tooLarge(items.length);
    const outcome = await transact(items, change.writes.length, records, deps);
    if (outcome === 'done') {
      return ok({ committedAt: clock.now(), records, ...(next === undefined ? {} : { feedGeneration: next.gen }) });
    }
    if (outcome !== 'busy') {
      const keys = outcome.flatMap((index) => {
        const write = change.writes[index];
        return write === undefined ? [] : [write.kind === 'put' ? keyOf(write.record) : write.key];
      });
      return refuse({ reason: 'conflict', keys });
    }
    await clock.sleep(Math.min(400, 10 * 2 ** attempt) * random.next());
  }
  throw new PortError('registry-busy', {
    outcome: 'not-applied',
    retryable: true,
    message: `no audit shard and feed held still for ${ATTEMPTS} attempts`,
  });
}

async function transact(
  items: TransactWriteItem[],
  writes: number,
  records: readonly AuditRecord[],
  deps: CommitDeps,
): Promise<'done' | 'busy' | readonly number[]> {
  const command = new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: randomUUID() });
  for (let sent = 1; ; sent++) {
    try {
      await deps.client.send(command);
      return 'done';
    } catch (fault) {
      if (fault instanceof TransactionCanceledException) {
        if (sent > 1 && (await isStored(records[0], deps))) return 'done';
        return reasonOf(fault.CancellationReasons ?? [], writes);
      }
      const error = toPortError(fault);
      if (error.outcome !== 'maybe-applied' || sent >= RESENDS) throw error;
    }
  }
}

/** Which of our own writes failed their condition; `busy` when only head, feed or a crossing transaction was in the way. */
function reasonOf(reasons: readonly CancellationReason[], writes: number): 'busy' | readonly number[] {
  const failed = reasons.flatMap(({ Code }, index) => (Code === 'ConditionalCheckFailed' && index < writes ? [index] : []));
  if (failed.length > 0) return failed;
  const known = ['None', 'ConditionalCheckFailed', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];
  const other = reasons.find(({ Code }) => !known.includes(Code ?? 'None'));
  if (other === undefined) return 'busy';
  throw new PortError(other.Code ?? 'TransactionCanceled', {
    outcome: 'not-applied',
    retryable: false,
    message: other.Message ?? 'the transaction was refused',
  });
}

async function isStored(record: AuditRecord | undefined, { client, tableName }: CommitDeps): Promise<boolean> {
  if (record === undefined) return false;
  const Key = { pk: { S: auditPk(record.shard) }, sk: { S: auditSk(record.seq) } };
  const { Item: stored } = await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }));
  return stored?.hash?.S === record.hash;
}

async function readHead(shard: number, { client, tableName }: CommitDeps): Promise<ShardHead> {
  try {
    const Key = { pk: { S: auditPk(shard) }, sk: { S: HEAD_SK } };
    const { Item: item } = await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }));
    if (item === undefined) return emptyHead(shard);
    return { shard, seq: Number(item.seq?.N), hash: item.hash?.S ?? '' };
  } catch (fault) {
    throw toPortError(fault);
  }
}

function writeItem(write: Write, change: Change, feedGen: number | undefined, TableName: string): TransactWriteItem {
  const condition =
    write.expect === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'rev = :rev', ExpressionAttributeValues: { ':rev': { N: String(write.expect) } } };
  if (write.kind === 'delete') {
    return { Delete: { TableName, Key: { pk: { S: write.key.pk }, sk: { S: write.key.sk } }, ...condition } };
  }
  const Item = toItem(stamped(write.record, change, feedGen), write.expect + 1);
  return { Put: { TableName, Item, ...condition } };
}

function stamped(record: RegistryRecord, change: Change, feedGen: number | undefined): RegistryRecord {
  if (record.kind !== 'version' || feedGen === undefined || !change.feed.includes(record.keyId)) return record;
  return { ...record, feedGen };
}

const putNew = (Item: Item, TableName: string): TransactWriteItem => ({
  Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' },
});

function putHead(before: ShardHead, head: ShardHead, TableName: string): TransactWriteItem {
  const Item = {
    pk: { S: auditPk(head.shard) },
    sk: { S: HEAD_SK },
    kind: { S: 'head' },
    seq: { N: String(head.seq) },
    hash: { S: head.hash },
  };
  if (before.seq === 0) return putNew(Item, TableName);
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

function feedPuts(next: FeedRecord, { feedCopies, tableName: TableName }: CommitDeps): TransactWriteItem[] {
  return Array.from({ length: feedCopies }, (_, copy) => {
    const Item = toFeedItem(next, copy);
    if (next.gen === 1) return putNew(Item, TableName);
    const values = { ':gen': { N: String(next.gen - 1) } };
    return { Put: { TableName, Item, ConditionExpression: 'gen = :gen', ExpressionAttributeValues: values } };
  });
}

const tooLarge = (count: number): PortError =>
  new PortError('change-too-large', {
    outcome: 'not-applied',
    retryable: false,
    message: `${count} items in one change; DynamoDB takes ${CHANGE_MAX_ITEMS}`,
  });
