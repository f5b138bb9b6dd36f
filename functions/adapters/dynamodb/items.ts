import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod/mini';
import type { AuditRecord } from '#core/audit/entry.ts';
import { keyOf } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import { type FeedRecord, type RecordKind, type RecordOf, type RegistryRecord, SCHEMA } from '#core/records.ts';
import { auditPk, auditSk, dueKey, dueShardOf, feedKey } from '#core/storage.ts';

/** An item on the wire. */
export type Item = Record<string, AttributeValue>;

const TIME = z.number();
const MAC = z.object({ pepper: z.union([z.int(), z.literal('kms')]), value: z.string() });
const FIELDS = z.object({
  tokenId: z.string(),
  principal: z.object({ arn: z.string(), uniqueId: z.optional(z.string()) }),
  scopes: z.array(z.string()),
  audience: z.string(),
  networks: z.array(z.string()),
  hardMaxAt: TIME,
});
const STATE = z.enum(['pending', 'current', 'retiring', 'expired', 'revoked']);

/** What a reader decides from, checked before it is believed; attributes not named here pass as they are. */
const SHAPES: Readonly<Record<RecordKind, z.ZodMiniType>> = {
  token: z.looseObject({
    tokenId: z.string(),
    fields: FIELDS,
    fieldsMac: MAC,
    standing: z.enum(['active', 'suspended', 'revoked']),
    policy: z.object({ overlapMs: TIME, hardMaxMs: TIME, rotationIntervalMs: TIME, consumerCacheMs: TIME, unusedAfterMs: TIME }),
    versions: z.array(z.object({ keyId: z.string(), versionId: z.string(), state: STATE, createdAt: TIME, expiresAt: TIME })),
  }),
  version: z.looseObject({
    keyId: z.string(),
    state: STATE,
    suspended: z.boolean(),
    canary: z.boolean(),
    fields: FIELDS,
    fieldsMac: MAC,
    tokenMac: MAC,
    expiresAt: TIME,
  }),
  intent: z.looseObject({
    tokenId: z.string(),
    versionId: z.string(),
    secretArn: z.string(),
    state: z.enum(['begun', 'minted', 'set', 'finished', 'aborted']),
    startedAt: TIME,
  }),
  secret: z.looseObject({ secretArn: z.string(), tokenId: z.string() }),
  pepper: z.looseObject({ version: z.int(), wrapped: z.string(), state: z.enum(['active', 'verify-only', 'destroyed']) }),
  request: z.looseObject({ tokenId: z.string(), keyId: z.string() }),
  event: z.looseObject({ eventId: z.string(), outcome: z.string() }),
  profile: z.looseObject({ credential: z.string(), lastUsedAt: TIME, uses: TIME, denials: TIME }),
  breaker: z.looseObject({ scope: z.string(), windowStart: TIME, taken: TIME, held: TIME }),
  incident: z.looseObject({ incidentId: z.string(), state: z.enum(['pending', 'applied', 'dropped']) }),
};

/** The item of a record: its body as JSON, beside it what keys, conditions and indexes need. */
export function toItem(record: RegistryRecord, rev: number): Item {
  const { pk, sk } = keyOf(record);
  const dueAt = 'dueAt' in record ? record.dueAt : undefined;
  return {
    pk: { S: pk },
    sk: { S: sk },
    kind: { S: record.kind },
    schema: { N: String(SCHEMA) },
    rev: { N: String(rev) },
    body: { S: JSON.stringify({ ...record, rev }) },
    ...(dueAt === undefined ? {} : { due: { S: dueKey(dueShardOf(pk)) }, dueAt: { N: String(dueAt) } }),
    ...('ttlSeconds' in record && record.ttlSeconds !== undefined ? { ttlSeconds: { N: String(record.ttlSeconds) } } : {}),
    ...(record.kind === 'token' ? { principalArn: { S: record.fields.principal.arn }, tokenId: { S: record.tokenId } } : {}),
  };
}

/**
 * The record of an item.
 *
 * @throws PortError `unknown-schema` for a layout this code does not know, `bad-item` for one that is not as it
 * must be: both are refused, never guessed.
 */
export function fromItem<K extends RecordKind>(item: Item, kind: K): RecordOf<K> {
  const where = `${item.pk?.S ?? '?'} / ${item.sk?.S ?? '?'}`;
  if (item.schema?.N !== String(SCHEMA)) throw unreadable('unknown-schema', `${where} has schema ${item.schema?.N ?? 'none'}, not ${SCHEMA}`);
  const body: unknown = JSON.parse(item.body?.S ?? 'null');
  const read = SHAPES[kind].safeParse(body);
  if (!read.success || item.kind?.S !== kind) {
    throw unreadable('bad-item', `${where}: ${read.success ? 'kind' : (read.error.issues[0]?.path.join('.') ?? 'body')}`);
  }
  return { ...(body as RecordOf<K>), rev: Number(item.rev?.N) };
}

const FEED = z.object({
  schema: z.literal(SCHEMA),
  kind: z.literal('feed'),
  gen: z.int(),
  oldestGen: z.int(),
  entries: z.array(z.object({ keyId: z.string(), gen: z.int() })),
});

export function toFeedItem(feed: FeedRecord, copy: number): Item {
  const { pk, sk } = feedKey(copy);
  return { pk: { S: pk }, sk: { S: sk }, kind: { S: 'feed' }, gen: { N: String(feed.gen) }, body: { S: JSON.stringify(feed) } };
}

export function fromFeedItem(item: Item): FeedRecord {
  const read = FEED.safeParse(JSON.parse(item.body?.S ?? 'null'));
  if (!read.success) throw unreadable('bad-item', `the feed: ${read.error.issues[0]?.path.join('.') ?? ''}`);
  return read.data;
}

export function toAuditItem(record: AuditRecord): Item {
  const { shard, seq, at, tokenId, incidentId } = record;
  return {
    pk: { S: auditPk(shard) },
    sk: { S: auditSk(seq) },
    kind: { S: 'audit' },
    hash: { S: record.hash },
    body: { S: JSON.stringify(record) },
    auditAt: { S: `${at}#${auditPk(shard)}#${auditSk(seq)}` },
    ...(tokenId === undefined ? {} : { auditToken: { S: tokenId } }),
    ...(incidentId === undefined ? {} : { auditIncident: { S: incidentId } }),
  };
}

/** An audit record as stored, unjudged: whether it holds is the chain's question. */
export const fromAuditItem = (item: Item): AuditRecord => JSON.parse(item.body?.S ?? 'null') as AuditRecord;

const unreadable = (code: string, message: string): PortError =>
  new PortError(code, { outcome: 'not-applied', retryable: false, message });
