import type { AuditRecord } from './audit/entry.ts';
import type { Change } from './change.ts';
import type {
  EpochMs,
  FeedRecord,
  HabitsRecord,
  Mac,
  ProfileRecord,
  RecordKey,
  RecordKind,
  RecordOf,
  TokenRecord,
} from './records.ts';
import type { Result } from './result.ts';
import type { Secret } from './secret.ts';

/**
 * What the core needs of the world. `functions/adapters/` implements these on AWS, `test/ports/` in memory with
 * AWS's semantics; one contract suite (`test/contract/`) holds both to the same behaviour.
 *
 * Expected refusals are values. Everything else is thrown as {@link PortError}, which says whether the call may
 * have taken effect.
 */

/** A fault of the world behind a port. `maybe-applied`: read back before acting again (F3). */
export class PortError extends Error {
  readonly code: string;
  readonly outcome: 'not-applied' | 'maybe-applied';
  readonly retryable: boolean;

  constructor(
    code: string,
    fault: { outcome: 'not-applied' | 'maybe-applied'; retryable: boolean; message?: string },
    options?: ErrorOptions,
  ) {
    super(fault.message ?? code, options);
    this.name = 'PortError';
    this.code = code;
    this.outcome = fault.outcome;
    this.retryable = fault.retryable;
  }
}

/** Wall clock, monotonic clock and sleep, all in milliseconds. */
export interface Clock {
  now(): EpochMs;
  /** Never goes back; no relation to the wall clock. */
  monotonic(): number;
  sleep(ms: number): Promise<void>;
}

/** Randomness for choices that need no secrecy (shards, jitter): uniform in [0, 1). */
export interface Random {
  next(): number;
}

/** What a committed change became. */
export interface Committed {
  /** Read from the clock after the store acknowledged: no earlier than the true commit. */
  readonly committedAt: EpochMs;
  readonly records: readonly AuditRecord[];
  /** The feed's generation that carries this change; absent where the change touched no feed. */
  readonly feedGeneration?: number;
}

/** An item was not as the decision had read it: read the facts again and decide again. */
export interface Conflict {
  readonly reason: 'conflict';
  readonly keys: readonly RecordKey[];
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it back for the next page; absent on the last. */
  readonly cursor?: string;
}

/** What is due, found in the sparse index; the item itself is read again, consistently, before anything is decided. */
export interface DueItem {
  readonly key: RecordKey<'token' | 'version' | 'intent' | 'incident' | 'quarantine' | 'event'>;
  readonly dueAt: EpochMs;
}

/** How many partitions the `expiry` index has. */
export const DUE_SHARDS = 16;

/** The registry. Reads are strongly consistent unless said otherwise. */
export interface Registry {
  get<K extends RecordKind>(key: RecordKey<K>): Promise<RecordOf<K> | undefined>;
  /** At most 100 keys; absent items are left out. */
  getMany<K extends RecordKind>(keys: readonly RecordKey<K>[]): Promise<readonly RecordOf<K>[]>;
  /** One transaction, with audit records, shard head and feed; retries a busy head or feed by itself with jitter. */
  commit(change: Change): Promise<Result<Committed, Conflict>>;
  /** Telemetry and its like: a conditional put without audit. False: somebody wrote first. */
  remember(record: ProfileRecord | HabitsRecord): Promise<boolean>;
  feed(): Promise<FeedRecord>;
  /** Due at or before `now`, earliest first, at most `limit` (≤ 1,000). Eventually consistent. */
  due(shard: number, now: EpochMs, limit: number): Promise<readonly DueItem[]>;
  /** Open intents of a token, newest first, at most 20. */
  intents(tokenId: string): Promise<readonly RecordOf<'intent'>[]>;
  /** By principal ARN, or all. Eventually consistent. */
  tokens(filter: { principal?: string }, cursor?: string): Promise<Page<TokenRecord>>;
  /** Oldest first, eventually consistent. */
  auditOf(subject: { tokenId: string } | { incidentId: string }, cursor?: string): Promise<Page<AuditRecord>>;
  /** One shard's chain from `fromSeq` on, in order, consistently. */
  auditShard(shard: number, fromSeq: number, limit: number): Promise<readonly AuditRecord[]>;
  /** Every shard that has records, with its head. */
  shardHeads(): Promise<readonly { shard: number; seq: number; hash: string }[]>;
}

/** What `authorize` needs of the registry, and nothing more: two reads. */
export type VerifierStore = Pick<Registry, 'get' | 'feed'>;

/** A secret as DescribeSecret shows it. */
export interface SecretDescription {
  readonly arn: string;
  readonly rotationEnabled: boolean;
  readonly deletedAt?: EpochMs;
  /** versionId → staging labels; a version made by RotateSecret may be here without a value. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
}

/** Secrets Manager. `not-found` covers a secret, a version, and a version without a value. */
export interface SecretVault {
  describe(secretId: string): Promise<Result<SecretDescription, { reason: 'not-found' }>>;
  value(
    secretId: string,
    versionId: string,
    stage?: string,
  ): Promise<Result<Secret<string>, { reason: 'not-found' }>>;
  /** `exists`: the version has another value already. Same value again: ok. */
  put(put: {
    secretId: string;
    versionId: string;
    value: Secret<string>;
    stage: 'AWSPENDING' | 'AWSCURRENT';
    rotationToken?: Secret<string>;
  }): Promise<Result<void, { reason: 'exists' } | { reason: 'not-found' }>>;
  /** `moved`: the label was not on `from` any more. */
  moveCurrent(
    secretId: string,
    move: { to: string; from: string },
  ): Promise<Result<void, { reason: 'moved' } | { reason: 'not-found' }>>;
  /** Takes AWSPENDING off a version. Not being there is a success. */
  clearPending(secretId: string, versionId: string): Promise<Result<void, { reason: 'not-found' }>>;
  /** Starts a rotation; `busy`: a pending version from an earlier one is in the way. */
  rotate(
    secretId: string,
    requestToken: string,
  ): Promise<Result<void, { reason: 'busy' } | { reason: 'not-found' } | { reason: 'disabled' }>>;
  /** Ends the schedule. Not being there is a success. */
  cancelRotation(secretId: string): Promise<void>;
}

/** KMS. Lengths in bytes. */
export interface KeyModule {
  /** GenerateRandom: 1 to 1,024 bytes. */
  randomBytes(length: number): Promise<Uint8Array>;
  /** GenerateDataKeyWithoutPlaintext, AES_256: a new pepper, wrapped. */
  newWrappedKey(context: Readonly<Record<string, string>>): Promise<Uint8Array>;
  /** Decrypt. */
  unwrap(wrapped: Uint8Array, context: Readonly<Record<string, string>>): Promise<Secret<Uint8Array>>;
  /** GenerateMac, HMAC_SHA_256 (strictFips). At most 4,096 bytes. */
  mac(message: Uint8Array): Promise<Uint8Array>;
}

/** Makes MACs under the newest pepper and checks them under the one that made them. */
export interface MacEngine {
  /** The MAC under the newest active pepper. */
  make(message: Uint8Array): Promise<Mac>;
  /**
   * The MAC's value, base64url, under a given pepper; `undefined` where that pepper is unknown or destroyed. Sync
   * once it is warm.
   */
  remake(message: Uint8Array, pepper: Mac['pepper']): string | undefined | Promise<string | undefined>;
}

/** IAM, read only: the unique id of a role or user, `undefined` where there is none. */
export interface Directory {
  uniqueIdOf(arn: string): Promise<string | undefined>;
}

/** Our own event bus: what happened, for whoever subscribes. At most 256 KB an event; details are public facts. */
export interface Bus {
  publish(
    events: readonly { readonly type: string; readonly detail: Readonly<Record<string, unknown>> }[],
  ): Promise<void>;
}

/** A human must look: SNS. `key` names the condition, so that the reader can tell a repeat; `owner` routes it. */
export interface Pager {
  page(page: { key: string; title: string; body: string; owner?: string }): Promise<void>;
}

/** One verifier's answer about a keyId, without a secret. */
export interface Explanation {
  readonly keyId: string;
  readonly wouldAllow: boolean;
  readonly reason: string;
  readonly feedGeneration: number;
  readonly at: EpochMs;
}

/** Asks one deployed `authorize` in explain mode. */
export interface Verifier {
  explain(keyId: string): Promise<Explanation>;
}

/** What `authorize` saw, without the token. Counts are since the last report of that container. */
export interface Usage {
  readonly usageId: string;
  readonly at: EpochMs;
  readonly keyId: string;
  readonly tokenId: string;
  /** The address the gateway saw, or the VPC endpoint. */
  readonly network: string;
  readonly client: string;
  readonly outcome: 'allowed' | 'denied';
  /** For denials: the rich reason, e.g. `network`, `suspended`, `retired`, `revoked`. */
  readonly reason?: string;
  readonly count: number;
  readonly firstSeen: boolean;
}

/** Carries usage to `respond`. */
export interface UsageSink {
  send(usages: readonly Usage[]): Promise<void>;
}

/** Structured log: fields are ids and reasons. Secrets print as `[redacted]`. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** EMF metrics: name, value, unit. Flushed by the handler. */
export interface Metrics {
  count(name: string, value?: number, dimensions?: Readonly<Record<string, string>>): void;
  milliseconds(name: string, value: number): void;
}

/** Takes a reader's way to one secret, so that it does not get the next value too. */
export interface ReaderBlock {
  /** Denies the principal on that secret and reads back that it is denied; false: not confirmed. */
  block(secretArn: string, principalArn: string): Promise<boolean>;
}

/** An IAM user as its keys are ended by: never another user of the same name in another account or on another path. */
export interface KeyUser {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** An access key of an IAM user, Inactive ones too. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly status: 'Active' | 'Inactive';
  readonly createdAt: EpochMs;
}

type OfUser<T, E = never> = Promise<Result<T, { reason: 'not-found' } | E>>;

/**
 * IAM, as far as the responder's hands reach: the keys of a user, and one managed policy on or off it. Everything is
 * idempotent, and reads may lag behind writes by seconds (F24). `not-found`: no such user, or none in this account.
 */
export interface KeyControl {
  user(userArn: string): OfUser<KeyUser>;
  keys(userArn: string): OfUser<readonly AccessKey[]>;
  /** A key that is gone is a success: it authenticates nobody. */
  setStatus(userArn: string, accessKeyId: string, status: AccessKey['status']): Promise<void>;
  /** ARNs of the managed policies on the user. */
  attached(userArn: string): OfUser<readonly string[]>;
  /** ARN of the one policy that the next two put on and take off. */
  readonly policyArn: string;
  /** Users whose tag has this value are in our hands, and nobody else. */
  readonly environment: string;
  /** `policy-gone`: somebody deleted it. `full`: IAM lets a user carry no more policies. */
  quarantine(userArn: string): OfUser<void, { reason: 'policy-gone' } | { reason: 'full' }>;
  /** Not being there is a success. */
  unquarantine(userArn: string): Promise<void>;
}
