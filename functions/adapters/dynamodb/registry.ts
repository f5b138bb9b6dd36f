import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock, Random, Registry, VerifierStore } from '#core/ports.ts';
import type { FeedRecord, RecordKey, RecordKind, RecordOf } from '#core/records.ts';
import { feedKey } from '#core/storage.ts';
import { EMPTY_FEED } from '#core/token/feed.ts';
import { toPortError } from '../errors.ts';
import { commitChange } from './commit.ts';
import { fromFeedItem, fromItem, type Item, toItem } from './items.ts';
import { auditOf, auditShard, due, getMany, openIntents, shardHeads, tokens } from './queries.ts';

export interface RegistryDeps {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly feedCopies: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** The registry on DynamoDB. */
export function createRegistry(deps: RegistryDeps): Registry {
  const read = createReader(deps);
  return {
    ...read,
    getMany: (wanted) => guarded(() => getMany(deps, wanted)),
    commit: (change) => guarded(() => commitChange(change, { ...deps, readFeed: () => read.feedCopy(0) })),
    remember: (record) =>
      guarded(async () => {
        const fresh = record.rev === 0;
        const command = new PutItemCommand({
          TableName: deps.tableName,
          Item: toItem(record, record.rev + 1),
          ConditionExpression: fresh ? 'attribute_not_exists(pk)' : 'rev = :rev',
          ...(fresh ? {} : { ExpressionAttributeValues: { ':rev': { N: String(record.rev) } } }),
        });
        try {
          await deps.client.send(command);
          return true;
        } catch (fault) {
          if (fault instanceof ConditionalCheckFailedException) return false;
          throw fault;
        }
      }),
    due: (shard, now, limit) => guarded(() => due(deps, shard, now, limit)),
    intents: (tokenId) => guarded(() => openIntents(deps, tokenId)),
    tokens: (filter, cursor) => guarded(() => tokens(deps, filter.principal, cursor)),
    auditOf: (subject, cursor) => guarded(() => auditOf(deps, subject, cursor)),
    auditShard: (shard, fromSeq, limit) => guarded(() => auditShard(deps, shard, fromSeq, limit)),
    shardHeads: () => guarded(() => shardHeads(deps)),
  };
}

/** The two reads of a verifier, each ended within `readTimeoutMs`: R of the revocation bound. */
export function createVerifierStore(
  deps: Omit<RegistryDeps, 'clock'> & { readonly readTimeoutMs: number },
): VerifierStore {
  const { get, feed } = createReader(deps);
  return { get, feed };
}

interface Reader extends VerifierStore {
  feedCopy(copy: number): Promise<FeedRecord>;
}

function createReader(
  deps: Omit<RegistryDeps, 'clock'> & { readonly readTimeoutMs?: number },
): Reader {
  const { client, tableName, feedCopies, random, readTimeoutMs } = deps;
  const read = (pk: string, sk: string): Promise<Item | undefined> =>
    guarded(async () => {
      const command = new GetItemCommand({
        TableName: tableName,
        Key: { pk: { S: pk }, sk: { S: sk } },
        ConsistentRead: true,
      });
      const options = readTimeoutMs === undefined ? {} : { abortSignal: AbortSignal.timeout(readTimeoutMs) };
      return (await client.send(command, options)).Item;
    });
  const feedCopy = async (copy: number): Promise<FeedRecord> => {
    const { pk, sk } = feedKey(copy);
    const item = await read(pk, sk);
    return item === undefined ? EMPTY_FEED : fromFeedItem(item);
  };
  return {
    async get<K extends RecordKind>(key: RecordKey<K>): Promise<RecordOf<K> | undefined> {
      const item = await read(key.pk, key.sk);
      return item === undefined ? undefined : fromItem(item, key.kind);
    },
    feed: () => feedCopy(Math.floor(random.next() * feedCopies)),
    feedCopy,
  };
}

async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (fault) {
    throw toPortError(fault);
  }
}
