import type { EpochMs } from '../records.ts';

/** What can be contained, and so what the policy table has a row for. */
export const CREDENTIAL_KINDS = [
  'api-token',
  'iam-access-key',
  'role-session',
  'secret-reader',
  'http',
] as const;

export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** Which part of the watch over credentials somebody laid hands on. */
export type Plane = 'trail' | 'rules' | 'function' | 'table' | 'key' | 'secret' | 'rotation' | 'quarantine';

/** Stands for a version id where the caller asked for the label instead. */
export const PREVIOUS_VERSION = 'AWSPREVIOUS';

/** What a call did, as far as a signal asks. Every call has an act; most are plain. */
export type Act =
  | { readonly kind: 'plain' }
  /** `versionId`: only where the caller named it, by id or by {@link PREVIOUS_VERSION}. */
  | { readonly kind: 'read-secret'; readonly secret: string; readonly versionId: string }
  /** `BatchGetSecretValue` by filters: the secrets read are not named. */
  | { readonly kind: 'read-batch'; readonly negated: boolean }
  /** KMS unwrapped a value for Secrets Manager: names the version really read (T0-2). */
  | { readonly kind: 'decrypt'; readonly secret: string; readonly versionId: string }
  /** Another credential came of it. `minted`: its access key id, empty where it was refused. */
  | {
      readonly kind: 'mint';
      readonly how: 'access-key' | 'session' | 'federation' | 'role';
      readonly minted: string;
      readonly target: string;
    }
  /** `grave`: the watch is off, not merely changed. `secret`: canonical, where it is one secret's watch. */
  | {
      readonly kind: 'tamper';
      readonly plane: Plane;
      readonly what: string;
      readonly grave: boolean;
      readonly secret?: string;
    }
  /** A genuine token of ours that a verifier of ours refused, and why: see `DenialReason`. */
  | { readonly kind: 'presented'; readonly keyId: string; readonly reason: string }
  /** Named in a call whose authentication failed: somebody knows its public id, which proves no use of it. */
  | { readonly kind: 'claimed' }
  /** AWS itself marked the principal of this fact as exposed. */
  | { readonly kind: 'exposed'; readonly mark: string }
  | { readonly kind: 'privilege'; readonly what: string };

/**
 * One thing that one credential did, from a CloudTrail record or a verifier's usage. Empty text: not known, or no
 * evidence: a service that acts for somebody shows its own address and client, which say nothing about the caller's.
 */
export interface Fact {
  readonly eventId: string;
  readonly at: EpochMs;
  readonly account: string;
  readonly region: string;
  /** `secretsmanager:GetSecretValue`. */
  readonly api: string;
  /** An access key id where there is one, else the ARN of who acted, else the service's name. */
  readonly credential: string;
  readonly kind: CredentialKind;
  /** IAM ARN of the role or user behind the credential. */
  readonly principal: string;
  readonly session: string;
  /** How the session was made, where that limits what clients it can have. */
  readonly delivery: '' | 'instance' | 'lambda';
  /** An IP address or a `vpce-…` id. */
  readonly network: string;
  /** Client family, versions left out: see `client.ts`. */
  readonly client: string;
  readonly refused: boolean;
  readonly act: Act;
}

/** What Secrets Manager itself tells: nobody's credential acted. */
export interface Notice {
  readonly kind: 'rotation' | 'label';
  readonly name: string;
  readonly secret: string;
  readonly versionId: string;
  readonly at: EpochMs;
}

/** What one record says. `update`: it corrects a record sent before, so it is no second piece of evidence. */
export interface Reading {
  readonly eventId: string;
  readonly facts: readonly Fact[];
  readonly notices: readonly Notice[];
  readonly update: boolean;
}

/**
 * Why a record was set aside, with nothing of its content: the field, and the names and types of what stood beside
 * it, so that a new shape can be learnt from a log that holds no secret.
 */
export interface Rejection {
  readonly field: string;
  readonly shape: string;
}
