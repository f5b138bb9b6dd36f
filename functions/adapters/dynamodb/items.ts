import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { z } from 'zod/mini';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { jsonIn } from '#core/json.ts';
import { keyOf } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import {
  type FeedRecord,
  type RecordKind,
  type RecordOf,
  type RegistryRecord,
  SCHEMA,
} from '#core/records.ts';
import { auditPk, auditSk, dueKey, dueShardOf, feedKey, HEAD_SK } from '#core/storage.ts';
import { AUDIT, FEED, HEAD, RECORDS } from './schema.ts';

/** An item on the wire. */
export type Item = Record<string, AttributeValue>;

/**
 * The item of a record: the whole record as JSON in `body`, and beside it only what conditions, indexes and TTL
 * need. One text attribute needs no marshaller and reads the same in a console, and what an index is led by is
 * never what a decision rests on.
 *
 * @throws PortError `bad-item` for a record that no reader would take back.
 */
export function toItem(record: RegistryRecord, rev: number): Item {
  const { pk, sk } = keyOf(record);
  const stored = { ...record, rev };
  refuseUnlike(stored, RECORDS[record.kind], `${pk} / ${sk}`);
  return {
    ...header(pk, sk, record.kind),
    rev: { N: String(rev) },
    body: { S: JSON.stringify(stored) },
    ...('dueAt' in record && record.dueAt !== undefined
      ? { due: { S: dueKey(dueShardOf(pk)) }, dueAt: { N: String(record.dueAt) } }
      : {}),
    ...('ttlSeconds' in record && record.ttlSeconds !== undefined
      ? { ttlSeconds: { N: String(record.ttlSeconds) } }
      : {}),
    ...(record.kind === 'token'
      ? { principalArn: { S: record.fields.principal.arn }, tokenId: { S: record.tokenId } }
      : {}),
    ...(record.kind === 'intent' ? { state: { S: record.state } } : {}),
  };
}

const header = (pk: string, sk: string, kind: string): Item => ({
  pk: { S: pk },
  sk: { S: sk },
  kind: { S: kind },
  schema: { N: String(SCHEMA) },
});

/**
 * The record of an item.
 *
 * @throws PortError `unknown-schema` for a layout that this code does not know, `bad-item` for one that is not as
 * it must be: both are refused, never guessed.
 */
export function fromItem<K extends RecordKind>(item: Item, kind: K): RecordOf<K> {
  const record = parse<RecordOf<K>>(item, RECORDS[kind]);
  const { pk, sk } = keyOf(record);
  if (pk !== item.pk?.S || sk !== item.sk?.S) {
    throw unreadable('bad-item', `${item.pk?.S} / ${item.sk?.S} holds what belongs to ${pk} / ${sk}`);
  }
  return { ...record, rev: Number(item.rev?.N) };
}

/** A copy of the feed. */
export function toFeedItem(feed: FeedRecord, copy: number): Item {
  const { pk, sk } = feedKey(copy);
  return { ...header(pk, sk, 'feed'), gen: { N: String(feed.gen) }, body: { S: JSON.stringify(feed) } };
}

/** The feed of a copy. @throws PortError as {@link fromItem}. */
export const fromFeedItem = (item: Item): FeedRecord => parse(item, FEED);

/** An audit record, with what its two indexes need. */
export function toAuditItem(record: AuditRecord): Item {
  const { shard, seq, at, tokenId, incidentId, hash } = record;
  const [pk, sk] = [auditPk(shard), auditSk(seq)];
  return {
    ...header(pk, sk, 'audit'),
    hash: { S: hash },
    body: { S: JSON.stringify(record) },
    auditAt: { S: `${at}#${pk}#${sk}` },
    ...(tokenId === undefined ? {} : { auditToken: { S: tokenId } }),
    ...(incidentId === undefined ? {} : { auditIncident: { S: incidentId } }),
  };
}

/** An audit record as stored: whether it holds is the chain's question. @throws PortError as {@link fromItem}. */
export const fromAuditItem = (item: Item): AuditRecord => parse<unknown>(item, AUDIT) as AuditRecord;

/** A chain's head. */
export function toHeadItem({ shard, seq, hash }: ShardHead): Item {
  return {
    ...header(auditPk(shard), HEAD_SK, 'head'),
    hash: { S: hash },
    seq: { N: String(seq) },
  };
}

/** The head of a chain. @throws PortError as {@link fromItem}. */
export function fromHeadItem(item: Item): ShardHead {
  const head = parse(item, HEAD, { seq: Number(item.seq?.N), hash: item.hash?.S });
  return { shard: Number(item.pk?.S?.slice('AUDIT#'.length)), ...head };
}

/** Judged by its schema, and handed on as it was stored. */
function parse<T>(item: Item, schema: z.ZodMiniType<T>, stored: unknown = jsonIn(item.body?.S ?? '')): T {
  const where = `${item.pk?.S ?? '?'} / ${item.sk?.S ?? '?'}`;
  if (item.schema?.N !== String(SCHEMA)) {
    throw unreadable('unknown-schema', `${where} has schema ${item.schema?.N ?? 'none'}, not ${SCHEMA}`);
  }
  refuseUnlike(stored, schema, where);
  return stored as T;
}

function refuseUnlike(value: unknown, schema: z.ZodMiniType, where: string): void {
  const read = schema.safeParse(value);
  if (!read.success)
    throw unreadable('bad-item', `${where}: ${read.error.issues[0]?.path.join('.') || 'body'}`);
}

const unreadable = (code: string, message: string): PortError =>
  new PortError(code, { outcome: 'not-applied', retryable: false, message });
