import { randomUUID } from 'node:crypto';
import {
  type CancellationReason,
  type DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { emptyHead } from '#core/audit/chain.ts';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { type CommitPlan, planCommit } from '#core/audit/plan.ts';
import { COMMIT_ATTEMPTS, commitWaitMs } from '#core/audit/retry.ts';
import { type Change, keyOfWrite } from '#core/change.ts';
import { type Clock, type Committed, type Conflict, PortError, type Random } from '#core/ports.ts';
import type { FeedRecord } from '#core/records.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { AUDIT_SHARDS, auditPk, auditSk, HEAD_SK } from '#core/storage.ts';
import { EMPTY_FEED } from '#core/token/feed.ts';
import { toPortError } from '../errors.ts';
import { fromHeadItem, type Item } from './items.ts';
import { toTransaction } from './transaction.ts';

export interface CommitDeps {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly feedCopies: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly readFeed: () => Promise<FeedRecord>;
}

/** How often a transaction without an answer is sent, all told. */
const SENDS = 3;

/**
 * One change as one TransactWriteItems: the writes, each on the revision it was decided from; the audit records and
 * their shard's head; every copy of the feed. A busy head or feed is tried again, on another shard; a write that
 * was decided from something old is the caller's to decide anew. A transaction whose reply never came is sent again
 * under its ClientRequestToken, which DynamoDB applies once, and read back by its audit record.
 *
 * @throws PortError whose `outcome` speaks of the change as a whole; `registry-busy` when the attempts are spent.
 */
export async function commitChange(change: Change, deps: CommitDeps): Promise<Result<Committed, Conflict>> {
  const { clock, random } = deps;
  for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
    const [before, feed] = await notAppliedYet(() =>
      Promise.all([
        readHead(Math.floor(random.next() * AUDIT_SHARDS), deps),
        change.feed.length === 0 ? EMPTY_FEED : deps.readFeed(),
      ]),
    );
    const plan = planCommit(change, { head: before, feed, feedCopies: deps.feedCopies });
    const outcome = await send(plan, before, deps);
    if (outcome === 'applied') {
      const feedGeneration = plan.feed?.gen;
      return ok({
        committedAt: clock.now(),
        records: plan.records,
        ...(feedGeneration === undefined ? {} : { feedGeneration }),
      });
    }
    if (outcome !== 'busy') return refuse({ reason: 'conflict', keys: outcome.map(keyOfWrite) });
    await clock.sleep(commitWaitMs(attempt, random.next()));
  }
  throw new PortError('registry-busy', {
    outcome: 'not-applied',
    retryable: true,
    message: `no audit shard and feed held still for ${COMMIT_ATTEMPTS} attempts`,
  });
}

type Outcome = 'applied' | 'busy' | CommitPlan['writes'];

async function send(plan: CommitPlan, before: ShardHead, deps: CommitDeps): Promise<Outcome> {
  const command = new TransactWriteItemsCommand({
    TransactItems: toTransaction(plan, before, deps),
    ClientRequestToken: randomUUID(),
  });
  for (let sent = 1; ; sent++) {
    try {
      await deps.client.send(command);
      return 'applied';
    } catch (fault) {
      const error = toPortError(fault);
      const mayBeStored = sent > 1 || error.outcome === 'maybe-applied';
      if (fault instanceof TransactionCanceledException) {
        if (mayBeStored && (await isStored(plan, deps))) return 'applied';
        return judge(fault.CancellationReasons ?? [], plan);
      }
      if (!mayBeStored && error.retryable) return 'busy';
      if (!mayBeStored) throw error;
      if (sent >= SENDS) {
        if (await isStored(plan, deps)) return 'applied';
        throw new PortError(error.code, { outcome: 'maybe-applied', retryable: true }, { cause: fault });
      }
      await deps.clock.sleep(commitWaitMs(sent, deps.random.next()));
    }
  }
}

const CROSSINGS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/** Which writes of the change itself failed their condition; `busy` when only head, feed or a crossing was in the way. */
function judge(reasons: readonly CancellationReason[], plan: CommitPlan): Outcome {
  const failed = plan.writes.filter((_, index) => reasons[index]?.Code === 'ConditionalCheckFailed');
  if (failed.length > 0) return failed;
  const other = reasons.find(
    ({ Code = 'None' }) => Code !== 'None' && Code !== 'ConditionalCheckFailed' && !CROSSINGS.has(Code),
  );
  if (other === undefined) return 'busy';
  throw new PortError(other.Code ?? 'TransactionCanceled', {
    outcome: 'not-applied',
    retryable: false,
    message: other.Message ?? 'the transaction was refused',
  });
}

/** Whether this very attempt was applied: its first audit record is there, under its hash. */
async function isStored(plan: CommitPlan, deps: CommitDeps): Promise<boolean> {
  const [record] = plan.records as readonly [AuditRecord];
  try {
    const stored = await readItem(auditPk(record.shard), auditSk(record.seq), deps);
    return stored?.hash?.S === record.hash;
  } catch (cause) {
    throw new PortError('unknown-outcome', { outcome: 'maybe-applied', retryable: true }, { cause });
  }
}

async function readHead(shard: number, deps: CommitDeps): Promise<ShardHead> {
  const item = await readItem(auditPk(shard), HEAD_SK, deps);
  return item === undefined ? emptyHead(shard) : fromHeadItem(item);
}

async function readItem(
  pk: string,
  sk: string,
  { client, tableName }: CommitDeps,
): Promise<Item | undefined> {
  const Key = { pk: { S: pk }, sk: { S: sk } };
  return (await client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item;
}

/** A read that fails says nothing was applied, however it failed. */
async function notAppliedYet<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const { code, retryable, message } = toPortError(cause);
    throw new PortError(code, { outcome: 'not-applied', retryable, message }, { cause });
  }
}
