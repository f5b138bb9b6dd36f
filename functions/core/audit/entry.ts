import type { Actor, EpochMs } from '../records.ts';

/**
 * Every action that leaves an audit record (AU-2): one list, typed, so that a test can show each is emitted.
 */
export const AUDIT_ACTIONS = [
  'token.registered',
  'token.rebound',
  'token.suspended',
  'token.released',
  'token.revoked',
  'token.removal-requested',
  'token.removal-cancelled',
  'token.warned',
  'token.rotation-nudged',
  'token.reissue-requested',
  'token.reissue-completed',
  'token.reissue-late',
  'token.rotation-cancelled',
  'token.cancel-late',
  'version.issued',
  'version.set',
  'version.promoted',
  'version.retiring',
  'version.expired',
  'version.revoked',
  'rotation.begun',
  'rotation.minted',
  'rotation.aborted',
  'rotation.repaired',
  'labels.mismatch',
  'pepper.created',
  'pepper.retired',
  'pepper.destroyed',
  'response.intended',
  'response.decided',
  'response.completed',
  'response.held',
  'incident.applied',
  'incident.dropped',
  'quarantine.begun',
  'quarantine.extended',
  'quarantine.quiet',
  'quarantine.unquiet',
  'quarantine.reopened',
  'quarantine.confirmed',
  'quarantine.releasing',
  'quarantine.released',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What a run says happened; the chain adds shard, sequence, previous hash and hash (AU-3). */
export interface AuditEntry {
  readonly action: AuditAction;
  readonly at: EpochMs;
  readonly actor: Actor;
  readonly tokenId?: string;
  readonly keyId?: string;
  readonly incidentId?: string;
  /** Why, in the words of who asked or of the rule. At most 512 characters, control characters escaped. */
  readonly reason?: string;
  /** The event or request that caused it: an eventID, a request id, a ClientRequestToken. */
  readonly cause?: string;
  /** Public facts only: states, keyIds, counts. Never a value. */
  readonly details?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/**
 * What one write of a change left behind: which item, at which revision, and the digest of all of it. The log can so
 * tell whether a registry is the one that was decided, restored or not (CP-9, CP-10, AU-10).
 */
export interface AfterImage {
  /** `<pk>|<sk>`. */
  readonly item: string;
  /** 0: deleted. */
  readonly rev: number;
  /** Hex SHA-256 over the record as stored, in RFC 8785 form; absent where deleted. */
  readonly sha256?: string;
  /** Epoch seconds after which DynamoDB may take it away. */
  readonly ttlSeconds?: number;
  /** What it says of state, to be read without the registry; no MAC and no value. */
  readonly state?: Readonly<Record<string, string | boolean>>;
}

/** An entry in its chain, as stored. `hash` covers every other field in RFC 8785 form. */
export interface AuditRecord extends Omit<AuditEntry, 'at'> {
  /** On the first record of a change: all that the change wrote, in its order. */
  readonly after?: readonly AfterImage[];
  readonly schema: 1;
  readonly shard: number;
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hex SHA-256 of the record before, 64 zeros for the first. */
  readonly prevHash: string;
  /** ISO 8601, UTC, milliseconds (AU-8). */
  readonly at: string;
  readonly hash: string;
}

/** The last record of a shard: `AUDIT#shard / HEAD`. */
export interface ShardHead {
  readonly shard: number;
  /** 0: nothing written yet. */
  readonly seq: number;
  readonly hash: string;
}
