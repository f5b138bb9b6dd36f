import { QueryCommand, type QueryCommandInput, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { keys } from '#core/keys.ts';
import { type DueItem, type Page, PortError } from '#core/ports.ts';
import type { EpochMs, IntentRecord, TokenRecord } from '#core/records.ts';
import { AUDIT_SHARDS, auditPk, auditSk, dueKey, HEAD_SK, INDEX } from '#core/storage.ts';
import { fromAuditItem, fromHeadItem, fromItem, type Item } from './items.ts';
import { readBatch, type Table } from './read.ts';

const PAGE = 100;
const INTENTS_MOST = 20;
const LAST_SEQ = 999_999_999_999;

/** What is due in one partition of the `expiry` index, earliest first. */
export async function due(
  table: Table,
  shard: number,
  now: EpochMs,
  limit: number,
): Promise<readonly DueItem[]> {
  const items = await queryAll(table, limit, {
    IndexName: INDEX.expiry,
    KeyConditionExpression: 'due = :due AND dueAt <= :now',
    ExpressionAttributeValues: { ':due': { S: dueKey(shard) }, ':now': { N: String(now) } },
  });
  return items.flatMap((item) => {
    const key = dueItemKey(item.pk?.S ?? '', item.sk?.S ?? '');
    return key === undefined ? [] : [{ key, dueAt: Number(item.dueAt?.N) }];
  });
}

function dueItemKey(pk: string, sk: string): DueItem['key'] | undefined {
  const id = pk.slice(pk.indexOf('#') + 1);
  if (pk.startsWith('KEY#')) return keys.version(id);
  if (pk.startsWith('INCIDENT#')) return keys.incident(id);
  if (pk.startsWith('QUARANTINE#')) return keys.quarantine(id);
  if (pk.startsWith('EVENT#')) return { kind: 'event', pk, sk };
  if (!pk.startsWith('TOKEN#')) return undefined;
  return sk === 'META' ? keys.token(id) : keys.intent(id, sk.slice('INTENT#'.length));
}

/** A token's open intents, newest first; finished ones wait for TTL beside them and may be many. */
export async function openIntents(table: Table, tokenId: string): Promise<readonly IntentRecord[]> {
  const items = await queryAll(table, Number.POSITIVE_INFINITY, {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    FilterExpression: 'NOT #state IN (:finished, :aborted)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':pk': { S: keys.token(tokenId).pk },
      ':prefix': { S: 'INTENT#' },
      ':finished': { S: 'finished' },
      ':aborted': { S: 'aborted' },
    },
    ConsistentRead: true,
  });
  return items
    .map((item) => fromItem(item, 'intent'))
    .sort((a, b) => b.startedAt - a.startedAt)
    .slice(0, INTENTS_MOST);
}

/** Tokens from the sparse `principal` index, which holds nothing else. */
export async function tokens(
  { client, tableName }: Table,
  principal: string | undefined,
  cursor: string | undefined,
): Promise<Page<TokenRecord>> {
  const page = { TableName: tableName, IndexName: INDEX.principal, Limit: PAGE, ...startAt(cursor) };
  const answer =
    principal === undefined
      ? await client.send(new ScanCommand(page))
      : await client.send(
          new QueryCommand({
            ...page,
            KeyConditionExpression: 'principalArn = :arn',
            ExpressionAttributeValues: { ':arn': { S: principal } },
          }),
        );
  const items = (answer.Items ?? []).map((item) => fromItem(item, 'token'));
  return { items, ...cursorOf(answer.LastEvaluatedKey) };
}

/** Audit records of a token or of an incident, oldest first. */
export async function auditOf(
  { client, tableName }: Table,
  subject: { tokenId: string } | { incidentId: string },
  cursor: string | undefined,
): Promise<Page<AuditRecord>> {
  const [IndexName, name, id] =
    'tokenId' in subject
      ? [INDEX.auditToken, 'auditToken', subject.tokenId]
      : [INDEX.auditIncident, 'auditIncident', subject.incidentId];
  const answer = await client.send(
    new QueryCommand({
      TableName: tableName,
      IndexName,
      KeyConditionExpression: `${name} = :subject`,
      ExpressionAttributeValues: { ':subject': { S: id } },
      Limit: PAGE,
      ...startAt(cursor),
    }),
  );
  return { items: (answer.Items ?? []).map(fromAuditItem), ...cursorOf(answer.LastEvaluatedKey) };
}

/** One chain, in order. */
export async function auditShard(
  table: Table,
  shard: number,
  fromSeq: number,
  limit: number,
): Promise<readonly AuditRecord[]> {
  const items = await queryAll(table, limit, {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':pk': { S: auditPk(shard) },
      ':from': { S: auditSk(fromSeq) },
      ':to': { S: auditSk(LAST_SEQ) },
    },
    ConsistentRead: true,
  });
  return items.map(fromAuditItem);
}

/** The heads of all chains that have begun. */
export async function shardHeads(table: Table): Promise<readonly ShardHead[]> {
  const wanted = Array.from({ length: AUDIT_SHARDS }, (_, shard) => ({ pk: auditPk(shard), sk: HEAD_SK }));
  const items = await readBatch(table, wanted);
  return items.map(fromHeadItem).sort((a, b) => a.shard - b.shard);
}

type Query = Omit<QueryCommandInput, 'TableName' | 'Limit' | 'ExclusiveStartKey'>;

async function queryAll({ client, tableName }: Table, limit: number, query: Query): Promise<readonly Item[]> {
  const found: Item[] = [];
  let from: Item | undefined;
  do {
    const left = limit - found.length;
    const answer = await client.send(
      new QueryCommand({
        ...query,
        TableName: tableName,
        ...(Number.isFinite(left) ? { Limit: left } : {}),
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    found.push(...(answer.Items ?? []));
    from = answer.LastEvaluatedKey;
  } while (from !== undefined && found.length < limit);
  return found;
}

const cursorOf = (last: Item | undefined): { readonly cursor?: string } =>
  last === undefined ? {} : { cursor: Buffer.from(JSON.stringify(last)).toString('base64url') };

function startAt(cursor: string | undefined): { readonly ExclusiveStartKey?: Item } {
  if (cursor === undefined) return {};
  try {
    return { ExclusiveStartKey: JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as Item };
  } catch (cause) {
    throw new PortError('bad-cursor', { outcome: 'not-applied', retryable: false }, { cause });
  }
}
