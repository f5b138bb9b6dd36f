import * as z from 'zod/mini';
import type { AuditRecord } from '#core/audit/entry.ts';
import { type FeedRecord, type RecordKind, type RecordOf, SCHEMA } from '#core/records.ts';

/** How a stored record of each kind must look; unknown attributes pass, so that an older reader drops nothing. */
type Schemas = { readonly [K in RecordKind]: z.ZodMiniType<RecordOf<K>> };

const TIME = z.number();
const COUNT = z.int().check(z.minimum(0));
const TEXTS = z.array(z.string());
const CLASS = z.enum(['managed', 'return-once', 'ephemeral']);
const ISSUER = z.literal('api-token');
const STATE = z.enum(['pending', 'current', 'retiring', 'expired', 'revoked']);
const MAC = z.object({ pepper: z.union([z.int(), z.literal('kms')]), value: z.string() });
const FIELDS = z.looseObject({
  tokenId: z.string(),
  principal: z.looseObject({ arn: z.string(), uniqueId: z.exactOptional(z.string()) }),
  scopes: TEXTS,
  audience: z.string(),
  networks: TEXTS,
  hardMaxAt: TIME,
});
const ACTOR = z.looseObject({
  kind: z.enum(['iam', 'invoke', 'system']),
  id: z.string(),
  uniqueId: z.exactOptional(z.string()),
  sourceIp: z.exactOptional(z.string()),
});
const ORDER = { at: TIME, reason: z.string(), incidentId: z.string(), actor: ACTOR };
const BASE = { schema: z.literal(SCHEMA), rev: COUNT };
const DUE = { dueAt: z.exactOptional(TIME) };

/** One schema for each kind of record, tied by type to `core/records.ts`: neither can change alone. */
export const RECORDS: Schemas = {
  token: z.looseObject({
    ...BASE,
    ...DUE,
    kind: z.literal('token'),
    tokenId: z.string(),
    class: CLASS,
    issuer: ISSUER,
    fields: FIELDS,
    fieldsMac: MAC,
    readers: TEXTS,
    regions: TEXTS,
    criticality: z.enum(['low', 'normal', 'production']),
    canary: z.boolean(),
    owner: z.string(),
    approver: z.string(),
    changeReference: z.string(),
    purpose: z.string(),
    secretArn: z.exactOptional(z.string()),
    policy: z.looseObject({
      rotationIntervalMs: TIME,
      overlapMs: TIME,
      hardMaxMs: TIME,
      consumerCacheMs: TIME,
      unusedAfterMs: TIME,
    }),
    standing: z.enum(['active', 'suspended', 'revoked']),
    suspension: z.exactOptional(z.looseObject({ ...ORDER, until: z.exactOptional(TIME) })),
    revocation: z.exactOptional(z.looseObject(ORDER)),
    cancelling: z.exactOptional(z.looseObject({ at: TIME, attempts: COUNT })),
    versions: z.array(
      z.looseObject({
        keyId: z.string(),
        versionId: z.string(),
        state: STATE,
        createdAt: TIME,
        expiresAt: TIME,
      }),
    ),
    reissue: z.exactOptional(
      z.looseObject({
        at: TIME,
        incidentId: z.string(),
        attempts: COUNT,
        pagedAt: z.exactOptional(TIME),
      }),
    ),
    removal: z.exactOptional(z.looseObject({ at: TIME, suspendAt: TIME, revokeAt: TIME })),
    warnedPercent: z.number(),
    nudge: z.exactOptional(z.looseObject({ at: TIME, count: COUNT })),
    reviewAt: z.exactOptional(TIME),
    createdAt: TIME,
  }),
  version: z.looseObject({
    ...BASE,
    ...DUE,
    kind: z.literal('version'),
    keyId: z.string(),
    versionId: z.string(),
    class: CLASS,
    state: STATE,
    suspended: z.boolean(),
    canary: z.boolean(),
    fields: FIELDS,
    fieldsMac: MAC,
    tokenMac: MAC,
    createdAt: TIME,
    expiresAt: TIME,
    feedGen: z.exactOptional(COUNT),
    ttlSeconds: z.exactOptional(z.int()),
  }),
  intent: z.looseObject({
    ...BASE,
    ...DUE,
    kind: z.literal('intent'),
    tokenId: z.string(),
    versionId: z.string(),
    secretArn: z.string(),
    issuer: ISSUER,
    state: z.enum(['begun', 'minted', 'set', 'finished', 'aborted']),
    keyId: z.exactOptional(z.string()),
    tokenMac: z.exactOptional(MAC),
    startedAt: TIME,
    ttlSeconds: z.exactOptional(z.int()),
  }),
  secret: z.looseObject({
    ...BASE,
    kind: z.literal('secret'),
    secretArn: z.string(),
    tokenId: z.string(),
  }),
  pepper: z.looseObject({
    ...BASE,
    kind: z.literal('pepper'),
    version: z.int(),
    wrapped: z.string(),
    createdAt: TIME,
    state: z.enum(['active', 'verify-only', 'destroyed']),
  }),
  request: z.looseObject({
    ...BASE,
    kind: z.literal('request'),
    principal: z.string(),
    idempotencyKey: z.string(),
    tokenId: z.string(),
    keyId: z.string(),
    at: TIME,
    ttlSeconds: z.int(),
  }),
  event: z.looseObject({
    ...BASE,
    ...DUE,
    kind: z.literal('event'),
    account: z.string(),
    eventId: z.string(),
    at: TIME,
    outcome: z.string(),
    state: z.exactOptional(z.enum(['intended', 'decided'])),
    left: z.exactOptional(
      z.looseObject({
        rung: z.enum(['alert', 'suspend', 'reissue', 'revoke']),
        outcome: z.enum(['alerted', 'done', 'held', 'observed']),
        cause: z.string(),
        signal: z.string(),
        seen: z.string(),
        seenAt: TIME,
        tokenId: z.exactOptional(z.string()),
        key: z.exactOptional(z.looseObject({ userArn: z.string(), accessKeyId: z.string() })),
        page: z.looseObject({
          key: z.string(),
          title: z.string(),
          body: z.string(),
          owner: z.exactOptional(z.string()),
        }),
      }),
    ),
    ttlSeconds: z.int(),
  }),
  profile: z.looseObject({
    ...BASE,
    kind: z.literal('profile'),
    credential: z.string(),
    firstSeenAt: TIME,
    lastUsedAt: TIME,
    uses: COUNT,
    denials: COUNT,
    networks: z.record(z.string(), z.looseObject({ first: TIME, last: TIME, count: COUNT })),
    ttlSeconds: z.int(),
  }),
  habits: z.looseObject({
    ...BASE,
    kind: z.literal('habits'),
    subject: z.string(),
    settledTo: TIME,
    habits: z.record(z.string(), z.string()),
    evidence: z.string(),
    recent: z.string(),
    ttlSeconds: z.int(),
  }),
  breaker: z.looseObject({
    ...BASE,
    kind: z.literal('breaker'),
    scope: z.string(),
    windowStart: TIME,
    taken: COUNT,
    held: COUNT,
    day: z.exactOptional(
      z.array(z.looseObject({ credential: z.string(), at: TIME, network: z.string(), client: z.string() })),
    ),
    ttlSeconds: z.int(),
  }),
  incident: z.looseObject({
    ...BASE,
    ...DUE,
    kind: z.literal('incident'),
    incidentId: z.string(),
    state: z.enum(['pending', 'applied', 'dropped']),
    openedAt: TIME,
    reason: z.string(),
    held: z.array(
      z.looseObject({
        tokenId: z.string(),
        signal: z.string(),
        eventId: z.string(),
        rung: z.string(),
        why: z.exactOptional(z.string()),
      }),
    ),
  }),
  quarantine: z.looseObject({
    ...BASE,
    ...DUE,
    kind: z.literal('quarantine'),
    userArn: z.string(),
    state: z.enum(['blocking', 'quiet', 'releasing', 'released']),
    rung: z.enum(['suspend', 'revoke']),
    incidentId: z.string(),
    reason: z.string(),
    openedAt: TIME,
    settledAt: z.exactOptional(TIME),
    keyIds: TEXTS,
    attachedBefore: z.boolean(),
    sessions: TEXTS,
    attempts: COUNT,
  }),
};

/** The feed, and nothing beside it. */
export const FEED: z.ZodMiniType<FeedRecord> = z.object({
  schema: z.literal(SCHEMA),
  kind: z.literal('feed'),
  gen: COUNT,
  oldestGen: COUNT,
  entries: z.array(z.object({ keyId: z.string(), gen: COUNT })),
});

/** What the chain needs of an audit record to judge it; whether the rest is as written is for its hash to say. */
export const AUDIT: z.ZodMiniType<Pick<AuditRecord, 'schema' | 'shard' | 'seq' | 'prevHash' | 'hash'>> =
  z.looseObject({
    schema: z.literal(1),
    shard: COUNT,
    seq: COUNT,
    prevHash: z.string(),
    hash: z.string(),
  });

/** A chain's head. */
export const HEAD: z.ZodMiniType<{ readonly seq: number; readonly hash: string }> = z.object({
  seq: COUNT,
  hash: z.string(),
});
