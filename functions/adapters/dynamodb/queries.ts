import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { keys } from '#core/keys.ts';
import type { DueItem, Page } from '#core/ports.ts';
import type { EpochMs, IntentRecord, RecordKey, RecordKind, RecordOf, TokenRecord } from '#core/records.ts';
import { AUDIT_SHARDS, auditPk, auditSk, dueKey, HEAD_SK, INDEX } from '#core/storage.ts';
import { type Item, fromAuditItem, fromItem } from './items.ts';

interface Table {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

const PAGE = 100;
const BATCH = 100;

/** Strongly consistent reads of many keys; what DynamoDB leaves unprocessed is asked for again. */
export async function getItems(table: Table, wanted: readonly { pk: string; sk: string }[]): Promise<readonly Item[]> {
  const found: Item[] = [];
  for (let start = 0; start < wanted.length; start += BATCH) {
    let Keys: Record<string, AttributeValue>[] = wanted
      .slice(start, start + BATCH)
      .map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
    for (let round = 0; Keys.length > 0; round++) {
      if (round > 20) throw new Error('DynamoDB left keys unprocessed twenty times');
      const answer = await table.client.send(
        new BatchGetItemCommand({ RequestItems: { [table.tableName]: { Keys, ConsistentRead: true } } }),
      );
      found.push(...(answer.Responses?.[table.tableName] ?? []));
      Keys = answer.UnprocessedKeys?.[table.tableName]?.Keys ?? [];
    }
  }
  return found;
}

/** Records by key, in no order; absent ones left out. */
export async function getMany<K extends RecordKind>(
  table: Table,
  wanted: readonly RecordKey<K>[],
): Promise<readonly RecordOf<K>[]> {
  const unique = [...new Map(wanted.map((key) => [`${key.pk}|${key.sk}`, key])).values()];
  const kind = new Map(unique.map((key) => [`${key.pk}|${key.sk}`, key.kind]));
  const items = await getItems(table, unique);
  return items.flatMap((item) => {
    const of = kind.get(`${item.pk?.S}|${item.sk?.S}`);
    return of === undefined ? [] : [fromItem(item, of)];
  });
}

export async function due(table: Table, shard: number, now: EpochMs, limit: number): Promise<readonly DueItem[]> {
  const items = await queryAll(table, limit, {
    IndexName: INDEX.expiry,
    KeyConditionExpression: 'due = :due AND dueAt <= :now',
    ExpressionAttributeValues: { ':due': { S: dueKey(shard) }, ':now': { N: String(now) } },
  });
  return items.flatMap((item) => {
    const key = dueKeyOf(item.pk?.S ?? '', item.sk?.S ?? '');
    return key === undefined ? [] : [{ key, dueAt: Number(item.dueAt?.N) }];
  });
}

function dueKeyOf(pk: string, sk: string): DueItem['key'] | undefined {
  const id = pk.slice(pk.indexOf('#') + 1);
  if (pk.startsWith('KEY#')) return keys.version(id);
  if (pk.startsWith('INCIDENT#')) return keys.incident(id);
  if (!pk.startsWith('TOKEN#')) return undefined;
  return sk === 'META' ? keys.token(id) : keys.intent(id, sk.slice('INTENT#'.length));
}

export async function openIntents(table: Table, tokenId: string): Promise<readonly IntentRecord[]> {
  const items = await queryAll(table, 100, {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: keys.token(tokenId).pk }, ':prefix': { S: 'INTENT#' } },
    ConsistentRead: true,
  });
  return items
    .map((item) => fromItem(item, 'intent'))
    .filter((intent) => intent.state !== 'finished' && intent.state !== 'aborted')
    .sort((a, b) => b.startedAt - a.startedAt)
    .slice(0, 20);
}

/** Tokens from the sparse `principal` index, which holds nothing else. */
export async function tokens(table: Table, principal: string | undefined, cursor?: string): Promise<Page<TokenRecord>> {
  const from = cursor === undefined ? {} : { ExclusiveStartKey: decode(cursor) };
  const base = { TableName: table.tableName, IndexName: INDEX.principal, Limit: PAGE, ...from };
  const answer =
    principal === undefined
      ? await table.client.send(new ScanCommand(base))
      : await table.client.send(
          new QueryCommand({
            ...base,
            KeyConditionExpression: 'principalArn = :arn',
            ExpressionAttributeValues: { ':arn': { S: principal } },
          }),
        );
  return page((answer.Items ?? []).map((item) => fromItem(item, 'token')), answer.LastEvaluatedKey);
}

export async function auditOf(
  table: Table,
  subject: { tokenId: string } | { incidentId: string },
  cursor?: string,
): Promise<Page<AuditRecord>> {
  const byToken = 'tokenId' in subject;
  const answer = await table.client.send(
    new QueryCommand({
      TableName: table.tableName,
      IndexName: byToken ? INDEX.auditToken : INDEX.auditIncident,
      KeyConditionExpression: `${byToken ? 'auditToken' : 'auditIncident'} = :subject`,
      ExpressionAttributeValues: { ':subject': { S: byToken ? subject.tokenId : subject.incidentId } },
      Limit: PAGE,
      ...(cursor === undefined ? {} : { ExclusiveStartKey: decode(cursor) }),
    }),
  );
  return page((answer.Items ?? []).map(fromAuditItem), answer.LastEvaluatedKey);
}

export async function auditShard(table: Table, shard: number, fromSeq: number, limit: number): Promise<readonly AuditRecord[]> {
  const items = await queryAll(table, limit, {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':pk': { S: auditPk(shard) },
      ':from': { S: auditSk(fromSeq) },
      ':to': { S: auditSk(999_999_999_999) },
    },
    ConsistentRead: true,
  });
  return items.map(fromAuditItem);
}

export async function shardHeads(table: Table): Promise<readonly ShardHead[]> {
  const wanted = Array.from({ length: AUDIT_SHARDS }, (_, shard) => ({ pk: auditPk(shard), sk: HEAD_SK }));
  const items = await getItems(table, wanted);
  return items
    .map((item) => ({
      shard: Number(item.pk?.S?.slice('AUDIT#'.length)),
      seq: Number(item.seq?.N),
      hash: item.hash?.S ?? '',
    }))
    .sort((a, b) => a.shard - b.shard);
}

async function queryAll(
  table: Table,
  limit: number,
  query: Omit<QueryCommandInput, 'TableName' | 'Limit'>,
): Promise<readonly Item[]> {
  const found: Item[] = [];
  let start: Record<string, AttributeValue> | undefined;
  do {
    const answer = await table.client.send(
      new QueryCommand({
        ...query,
        TableName: table.tableName,
        Limit: limit - found.length,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      }),
    );
    found.push(...(answer.Items ?? []));
    start = answer.LastEvaluatedKey;
  } while (start !== undefined && found.length < limit);
  return found;
}

const page = <T>(items: readonly T[], last: Record<string, AttributeValue> | undefined): Page<T> => ({
  items,
  ...(last === undefined ? {} : { cursor: Buffer.from(JSON.stringify(last)).toString('base64url') }),
});

const decode = (cursor: string): Record<string, AttributeValue> =>
  JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as Record<string, AttributeValue>;
