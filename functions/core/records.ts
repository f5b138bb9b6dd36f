/**
 * What the registry holds: one discriminated type for each kind of item. `docs/storage.md` documents every
 * attribute; `functions/adapters/dynamodb/` maps them to the table. All times are epoch milliseconds except
 * `ttlSeconds`, which DynamoDB's TTL wants in epoch seconds.
 */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** Versions of the item layout that this code reads; anything else is refused, never guessed. */
export const SCHEMA = 1;

/** `managed`: vaulted and rotated. `return-once`: shown once to an external client. `ephemeral`: exchanged for minutes. */
export type TokenClass = 'managed' | 'return-once' | 'ephemeral';

/** A version's life: `pending → current → retiring → expired`, any of them `→ revoked`; the last two are absorbing. */
export type VersionState = 'pending' | 'current' | 'retiring' | 'expired' | 'revoked';

/** A token's own standing. `revoked` is absorbing. */
export type Standing = 'active' | 'suspended' | 'revoked';

export type Criticality = 'low' | 'normal' | 'production';

/** The one identity that a token belongs to. `uniqueId` (AROA…, AIDA…) is resolved at registration, so that a recreated role inherits nothing. */
export interface Principal {
  /** IAM role or user ARN, or `external:<name>` for a client outside AWS. */
  readonly arn: string;
  readonly uniqueId?: string;
}

/**
 * What `authorize` grants from. Written by `issue` alone (and copied, verified, to each new version by `rotate`)
 * and sealed by a MAC of its own, so that a writer to the table cannot widen it.
 */
export interface AuthorisingFields {
  readonly tokenId: string;
  readonly principal: Principal;
  readonly scopes: readonly string[];
  readonly audience: string;
  /** CIDR blocks (IPv4, IPv6) or `vpce-…` ids; empty means any network. */
  readonly networks: readonly string[];
  /** Never valid at or after this time, whatever else the item says. For a token (not a version) 0: no bound of its own. */
  readonly hardMaxAt: EpochMs;
}

/** A MAC with what made it: `pepper` is the pepper's version, or `kms` where KMS computed it (strictFips). */
export interface Mac {
  readonly pepper: number | 'kms';
  /** base64url, 32 bytes. */
  readonly value: string;
}

/** Who did it, as AWS authenticated them; never a name from a request body. */
export interface Actor {
  /** `iam`: SigV4 at the gateway. `invoke`: a direct Lambda invoke (CloudTrail knows who, by requestId). `system`: a function of ours. */
  readonly kind: 'iam' | 'invoke' | 'system';
  /** ARN for `iam`; function name for `system`; the invoke's request id for `invoke`. */
  readonly id: string;
  readonly uniqueId?: string;
  readonly sourceIp?: string;
}

/** Timing promises of one token, all in milliseconds; checked against each other at synth. */
export interface TokenPolicy {
  /** Between scheduled rotations; 0 where there is no rotation. */
  readonly rotationIntervalMs: number;
  /** How long the old version stays valid after a planned rotation. */
  readonly overlapMs: number;
  /** A version's longest life, from mint to denial. */
  readonly hardMaxMs: number;
  /** Longest time that a consumer may keep a value before it asks the vault again. */
  readonly consumerCacheMs: number;
  /** Suspended when unused for this long; 0: never. */
  readonly unusedAfterMs: number;
}

interface Base {
  readonly schema: typeof SCHEMA;
  /** Optimistic lock: every write demands the revision that it read and stores the next. */
  readonly rev: number;
}

/** A version as its token lists it: enough to know what is live without reading it. */
export interface VersionRef {
  readonly keyId: string;
  readonly versionId: string;
  readonly state: VersionState;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/** The logical token: `TOKEN#id / META`. */
export interface TokenRecord extends Base {
  readonly kind: 'token';
  readonly tokenId: string;
  readonly class: TokenClass;
  readonly issuer: 'api-token';
  /** With `hardMaxAt` 0; sealed by `fieldsMac`. */
  readonly fields: AuthorisingFields;
  readonly fieldsMac: Mac;
  readonly readers: readonly string[];
  readonly regions: readonly string[];
  readonly criticality: Criticality;
  readonly canary: boolean;
  readonly owner: string;
  readonly approver: string;
  readonly changeReference: string;
  readonly purpose: string;
  /** Set for class `managed`. */
  readonly secretArn?: string;
  readonly policy: TokenPolicy;
  readonly standing: Standing;
  readonly suspension?: {
    readonly at: EpochMs;
    readonly reason: string;
    readonly incidentId: string;
    readonly actor: Actor;
    /** Released by the sweep at this time; absent: until somebody releases it. */
    readonly until?: EpochMs;
  };
  readonly revocation?: {
    readonly at: EpochMs;
    readonly reason: string;
    readonly incidentId: string;
    readonly actor: Actor;
  };
  /** A revoked token whose secret's rotation is not known to be cancelled yet; `at`: the revocation or the last try. */
  readonly cancelling?: { readonly at: EpochMs; readonly attempts: number };
  /** Newest first; live ones always, dead ones up to {@link VERSIONS_KEPT} in all. */
  readonly versions: readonly VersionRef[];
  /** A revoke-and-reissue whose new version is not promoted yet. */
  readonly reissue?: {
    readonly at: EpochMs;
    readonly incidentId: string;
    readonly attempts: number;
    readonly pagedAt?: EpochMs;
  };
  /** The declaration was removed; suspended at `suspendAt`, revoked at `revokeAt` unless declared again. */
  readonly removal?: { readonly at: EpochMs; readonly suspendAt: EpochMs; readonly revokeAt: EpochMs };
  /** The highest share of the current version's life already warned about: 0, 50, 75, 90 or 95. */
  readonly warnedPercent: number;
  /** When the sweep last asked for a rotation that had not come by itself, and how often in a row. */
  readonly nudge?: { readonly at: EpochMs; readonly count: number };
  /** When the sweep next asks whether the token is used at all; absent: never. */
  readonly reviewAt?: EpochMs;
  readonly createdAt: EpochMs;
  /** When the sweep must look at this item next; absent: never. */
  readonly dueAt?: EpochMs;
}

/** How many version references a token keeps. */
export const VERSIONS_KEPT = 16;

/** One concrete value: `KEY#keyId / KEY`; all that `authorize` needs in one read. */
export interface VersionRecord extends Base {
  readonly kind: 'version';
  readonly keyId: string;
  readonly versionId: string;
  readonly class: TokenClass;
  readonly state: VersionState;
  /** Copied from the token's standing in the same transaction that changes it. */
  readonly suspended: boolean;
  readonly canary: boolean;
  readonly fields: AuthorisingFields;
  readonly fieldsMac: Mac;
  readonly tokenMac: Mac;
  readonly createdAt: EpochMs;
  /** Denied at and after; at most `fields.hardMaxAt`. */
  readonly expiresAt: EpochMs;
  /**
   * The feed generation of the transaction that last wrote this item together with a feed entry for it; stamped
   * by the registry. A reader that knows a newer entry holds a torn read: two plain reads may straddle a
   * transaction, and see its feed before its record.
   */
  readonly feedGen?: number;
  readonly dueAt?: EpochMs;
  readonly ttlSeconds?: number;
}

/** Written before an external side effect: `TOKEN#id / INTENT#versionId`. */
export interface IntentRecord extends Base {
  readonly kind: 'intent';
  readonly tokenId: string;
  readonly versionId: string;
  readonly secretArn: string;
  readonly issuer: 'api-token';
  /** `begun`: nothing minted for sure. `minted`: a value may be in the vault. `set`: its version record exists. */
  readonly state: 'begun' | 'minted' | 'set' | 'finished' | 'aborted';
  /** From `minted` on. */
  readonly keyId?: string;
  readonly tokenMac?: Mac;
  readonly startedAt: EpochMs;
  readonly dueAt?: EpochMs;
  readonly ttlSeconds?: number;
}

/** `SECRET#arn / SECRET`: which token a secret belongs to. */
export interface SecretRecord extends Base {
  readonly kind: 'secret';
  readonly secretArn: string;
  readonly tokenId: string;
}

/** `PEPPER#n / PEPPER`: a wrapped HMAC key. The plaintext exists in function memory only. */
export interface PepperRecord extends Base {
  readonly kind: 'pepper';
  readonly version: number;
  /** base64, KMS ciphertext. */
  readonly wrapped: string;
  readonly createdAt: EpochMs;
  readonly state: 'active' | 'verify-only' | 'destroyed';
}

/** `REQUEST#principal#key / REQUEST`: what an Idempotency-Key minted, so that a repeat revokes it first. */
export interface RequestRecord extends Base {
  readonly kind: 'request';
  readonly principal: string;
  readonly idempotencyKey: string;
  readonly tokenId: string;
  readonly keyId: string;
  readonly at: EpochMs;
  readonly ttlSeconds: number;
}

/**
 * `EVENT#account#eventId#target / EVENT`: what an event led to about one target; n deliveries make one effect (S8).
 */
export interface EventRecord extends Base {
  readonly kind: 'event';
  readonly account: string;
  readonly eventId: string;
  /** Of the decision; of an intent, when it was written. */
  readonly at: EpochMs;
  readonly outcome: string;
  /** `intended`: a stranger is being kept out. `decided`: what follows outside may be left to do. Absent: answered and told. */
  readonly state?: 'intended' | 'decided';
  /** Of a decision: what follows it outside, for whoever takes it up after a crash, the event itself at hand or not. */
  readonly left?: {
    readonly rung: 'alert' | 'suspend' | 'reissue' | 'revoke';
    readonly outcome: 'alerted' | 'done' | 'held' | 'observed';
    /** The id that the event came with. */
    readonly cause: string;
    readonly signal: string;
    readonly seen: string;
    readonly seenAt: EpochMs;
    /** The token that it is about. */
    readonly tokenId?: string;
    /** The key whose user is put in quarantine. */
    readonly key?: { readonly userArn: string; readonly accessKeyId: string };
    readonly page: {
      readonly key: string;
      readonly title: string;
      readonly body: string;
      readonly owner?: string;
    };
  };
  /** While a decision is open: when the sweep takes it up. */
  readonly dueAt?: EpochMs;
  readonly ttlSeconds: number;
}

/** `PROFILE#credential / PROFILE`: what is usual for a credential. Telemetry, not a state: no audit record. */
export interface ProfileRecord extends Base {
  readonly kind: 'profile';
  /** `key:<keyId>` or `token:<tokenId>`. */
  readonly credential: string;
  readonly firstSeenAt: EpochMs;
  readonly lastUsedAt: EpochMs;
  readonly uses: number;
  readonly denials: number;
  /** Source network → first and last seen, count; at most 64, the stalest dropped. */
  readonly networks: Readonly<
    Record<string, { readonly first: EpochMs; readonly last: EpochMs; readonly count: number }>
  >;
  readonly ttlSeconds: number;
}

/**
 * `HABITS#subject / HABITS`: what the engine keeps of a principal, or of `token:<id>`: habits of at most 4 KB a
 * credential, and beside them what was seen in the last hours. Telemetry, not a state: no audit record.
 */
export interface HabitsRecord extends Base {
  readonly kind: 'habits';
  readonly subject: string;
  /** What is older is part of `habits`. */
  readonly settledTo: EpochMs;
  /** Serialised baselines by access key id; under `` the subject's own. */
  readonly habits: Readonly<Record<string, string>>;
  /** Evidence that lasts, and observations not settled yet, packed. */
  readonly evidence: string;
  readonly recent: string;
  readonly ttlSeconds: number;
}

/** `BREAKER#scope#windowStart / BREAKER`: automatic actions taken in one window. */
export interface BreakerRecord extends Base {
  readonly kind: 'breaker';
  readonly scope: string;
  readonly windowStart: EpochMs;
  readonly taken: number;
  readonly held: number;
  /** Of scope `cause`: the last day's candidates, one for each credential, at most 64. */
  readonly day?: readonly {
    readonly credential: string;
    readonly at: EpochMs;
    readonly network: string;
    readonly client: string;
  }[];
  readonly ttlSeconds: number;
}

/** `INCIDENT#id / INCIDENT`: what the breaker holds for a human, at most 64 items each. */
export interface IncidentRecord extends Base {
  readonly kind: 'incident';
  readonly incidentId: string;
  readonly state: 'pending' | 'applied' | 'dropped';
  readonly openedAt: EpochMs;
  readonly reason: string;
  readonly held: readonly {
    readonly tokenId: string;
    readonly signal: string;
    readonly eventId: string;
    readonly rung: string;
    /** Why it waits: see `HoldReason`. */
    readonly why?: string;
  }[];
  readonly dueAt?: EpochMs;
}

/**
 * `QUARANTINE#userArn / QUARANTINE`: an IAM user whose keys are being ended, or have been. Written before anything is
 * done to the user, so that a crash leaves something to finish or to undo.
 */
export interface QuarantineRecord extends Base {
  readonly kind: 'quarantine';
  readonly userArn: string;
  /** `blocking`: not known to be quiet yet. `quiet`: nothing of the user works. `releasing`, `released`: given back. */
  readonly state: 'blocking' | 'quiet' | 'releasing' | 'released';
  /** `revoke` is not released by an order. */
  readonly rung: 'suspend' | 'revoke';
  readonly incidentId: string;
  readonly reason: string;
  readonly openedAt: EpochMs;
  /** When it was last found quiet, or given back. */
  readonly settledAt?: EpochMs;
  /** Keys that were Active when we came: a release makes these active again, and no other. */
  readonly keyIds: readonly string[];
  /** Somebody else had put the policy on: a release leaves it. */
  readonly attachedBefore: boolean;
  /** What was minted with the keys and cannot be ended here: a human decides, at most 32. */
  readonly sessions: readonly string[];
  /** Times in a row that it was not found quiet. */
  readonly attempts: number;
  readonly dueAt?: EpochMs;
}

/** The small item that every verifier reads: `FEED#copy / FEED`. */
export interface FeedRecord {
  readonly schema: typeof SCHEMA;
  readonly kind: 'feed';
  /** Grows by one with each transaction that touches it. */
  readonly gen: number;
  /** Entries older than this generation have been dropped; nothing tagged before `oldestGen − 1` may be trusted. */
  readonly oldestGen: number;
  readonly entries: readonly { readonly keyId: string; readonly gen: number }[];
}

/** Every item that a commit may write. */
export type RegistryRecord =
  | TokenRecord
  | VersionRecord
  | IntentRecord
  | SecretRecord
  | PepperRecord
  | RequestRecord
  | EventRecord
  | ProfileRecord
  | HabitsRecord
  | BreakerRecord
  | IncidentRecord
  | QuarantineRecord;

export type RecordKind = RegistryRecord['kind'];
export type RecordOf<K extends RecordKind> = Extract<RegistryRecord, { kind: K }>;

/** Where an item lives, with its kind, so that a read is typed by its key. */
export interface RecordKey<K extends RecordKind = RecordKind> {
  readonly kind: K;
  readonly pk: string;
  readonly sk: string;
}
