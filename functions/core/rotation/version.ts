import type { Mac, TokenClass, TokenPolicy, VersionRecord } from '../records.ts';
import { type AuthorisingFields, type EpochMs, SCHEMA } from '../records.ts';

/** The authorising fields of one version: its token's, bounded by the version's own hard maximum. */
export function versionFields(
  fields: AuthorisingFields,
  mintedAt: EpochMs,
  policy: TokenPolicy,
): AuthorisingFields {
  return { ...fields, hardMaxAt: mintedAt + policy.hardMaxMs };
}

/** A new version, as the registry first stores it. */
export function newVersion(made: {
  readonly keyId: string;
  readonly versionId: string;
  readonly class: TokenClass;
  readonly state: 'pending' | 'current';
  readonly canary: boolean;
  readonly fields: AuthorisingFields;
  readonly fieldsMac: Mac;
  readonly tokenMac: Mac;
  readonly createdAt: EpochMs;
}): VersionRecord {
  return {
    schema: SCHEMA,
    kind: 'version',
    rev: 0,
    ...made,
    suspended: false,
    expiresAt: made.fields.hardMaxAt,
  };
}
