import { BatchGetItemCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Clock, PortError, type Random, type VerifierStore } from '#core/ports.ts';
import type { FeedRecord, RecordKey, RecordKind, RecordOf } from '#core/records.ts';
import { feedKey } from '#core/storage.ts';
import { EMPTY_FEED } from '#core/token/feed.ts';
import { guarded } from '../errors.ts';
import { fromFeedItem, fromItem, type Item } from './items.ts';

/** The registry's table, and what waiting for it needs. */
export interface Table {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
  readonly random: Random;
}

interface Key {
  readonly pk: string;
  readonly sk: string;
}

type AbortOptions = { readonly abortSignal?: AbortSignal };

const BATCH = 100;
const ROUNDS = 10;

/** Strongly consistent reads of many items, in no order; what DynamoDB leaves unprocessed is asked for again. */
export async function readBatch(table: Table, wanted: readonly Key[]): Promise<readonly Item[]> {
  const found: Item[] = [];
  for (let start = 0; start < wanted.length; start += BATCH) {
    let left: Item[] = wanted
      .slice(start, start + BATCH)
      .map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
    for (let round = 0; left.length > 0; round++) {
      if (round === ROUNDS)
        throw new PortError('keys-unprocessed', { outcome: 'not-applied', retryable: true });
      if (round > 0) await table.clock.sleep(10 * 2 ** round * table.random.next());
      const answer = await table.client.send(
        new BatchGetItemCommand({
          RequestItems: { [table.tableName]: { Keys: left, ConsistentRead: true } },
        }),
      );
      found.push(...(answer.Responses?.[table.tableName] ?? []));
      left = answer.UnprocessedKeys?.[table.tableName]?.Keys ?? [];
    }
  }
  return found;
}

/** Records by key, in the order asked for, each once; absent ones left out. */
export async function readMany<K extends RecordKind>(
  table: Table,
  wanted: readonly RecordKey<K>[],
): Promise<readonly RecordOf<K>[]> {
  const unique = new Map(wanted.map((key) => [`${key.pk}|${key.sk}`, key]));
  if (unique.size > BATCH) {
    throw new PortError('too-many-keys', { outcome: 'not-applied', retryable: false });
  }
  const items = new Map(
    (await readBatch(table, [...unique.values()])).map((item) => [`${item.pk?.S}|${item.sk?.S}`, item]),
  );
  return [...unique].flatMap(([id, key]) => {
    const item = items.get(id);
    return item === undefined ? [] : [fromItem(item, key.kind)];
  });
}

/** The two reads that verifying needs, and one copy of the feed by its number. */
export interface Reader extends VerifierStore {
  feedCopy(copy: number): Promise<FeedRecord>;
}

/** Strongly consistent reads; each ends within `readTimeoutMs` where that is given. */
export function createReader(deps: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly feedCopies: number;
  readonly random: Random;
  readonly readTimeoutMs?: number;
}): Reader {
  const { client, tableName, feedCopies, random, readTimeoutMs } = deps;

  const deadline = (): AbortOptions =>
    readTimeoutMs === undefined ? {} : { abortSignal: AbortSignal.timeout(readTimeoutMs) };

  async function read({ pk, sk }: Key, options: AbortOptions): Promise<Item | undefined> {
    const command = new GetItemCommand({
      TableName: tableName,
      Key: { pk: { S: pk }, sk: { S: sk } },
      ConsistentRead: true,
    });
    return (await guarded(() => client.send(command, options))).Item;
  }

  /** A copy that is not there yet says nothing: copy 0 does. */
  async function feedCopy(copy: number, options: AbortOptions = deadline()): Promise<FeedRecord> {
    const item = await read(feedKey(copy), options);
    if (item !== undefined) return fromFeedItem(item);
    return copy === 0 ? EMPTY_FEED : feedCopy(0, options);
  }

  return {
    async get<K extends RecordKind>(key: RecordKey<K>): Promise<RecordOf<K> | undefined> {
      const item = await read(key, deadline());
      return item === undefined ? undefined : fromItem(item, key.kind);
    },
    feed: () => feedCopy(Math.floor(random.next() * feedCopies)),
    feedCopy,
  };
}
