import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock, Random, Registry, VerifierStore } from '#core/ports.ts';
import type { HabitsRecord, ProfileRecord } from '#core/records.ts';
import { guarded } from '../errors.ts';
import { commitChange } from './commit.ts';
import { toItem } from './items.ts';
import { auditOf, auditShard, due, openIntents, shardHeads, tokens } from './queries.ts';
import { createReader, readMany } from './read.ts';

export interface RegistryDeps {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** How many copies of the feed are written together; verifiers read one of them at random. */
  readonly feedCopies: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** The registry on DynamoDB (docs/storage.md). */
export function createRegistry(deps: RegistryDeps): Registry {
  const { get, feed, feedCopy } = createReader(deps);
  return {
    get,
    feed,
    getMany: (wanted) => guarded(() => readMany(deps, wanted)),
    commit: (change) => guarded(() => commitChange(change, { ...deps, readFeed: () => feedCopy(0) })),
    remember: (record) => guarded(() => remember(record, deps)),
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

async function remember(
  record: ProfileRecord | HabitsRecord,
  { client, tableName }: RegistryDeps,
): Promise<boolean> {
  const condition =
    record.rev === 0
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'rev = :rev',
          ExpressionAttributeValues: { ':rev': { N: String(record.rev) } },
        };
  try {
    const Item = toItem(record, record.rev + 1);
    await client.send(new PutItemCommand({ TableName: tableName, Item, ...condition }));
    return true;
  } catch (fault) {
    if (fault instanceof ConditionalCheckFailedException) return false;
    throw fault;
  }
}
