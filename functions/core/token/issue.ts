import type { AuditEntry } from '../audit/entry.ts';
import { type Change, create, update, type Write } from '../change.ts';
import {
  type AuthorisingFields,
  type EpochMs,
  type IntentRecord,
  type Mac,
  type RequestRecord,
  SCHEMA,
  type SecretRecord,
  type TokenPolicy,
  type TokenRecord,
  type VersionRecord,
} from '../records.ts';
import { newIntent, type Step } from '../rotation/changes.ts';
import { isReviewed, withDue, withVersionDue } from './due.ts';
import type { TokenFacts } from './standing.ts';
import { withVersions } from './versions.ts';

const DAY = 24 * 3_600_000;

/** A removed declaration keeps its token working for so long, so that a rename can be undone. */
const REMOVAL_GRACE_MS: number = DAY;

/** After so long a removed token is revoked: Secrets Manager's longest recovery window. */
const REMOVAL_RECOVERY_MS: number = 30 * DAY;

/** What a token is made of besides its life. */
export type TokenFacets = Omit<
  TokenRecord,
  | 'schema'
  | 'kind'
  | 'rev'
  | 'issuer'
  | 'standing'
  | 'versions'
  | 'warnedPercent'
  | 'createdAt'
  | 'reviewAt'
  | 'dueAt'
>;

/** A token nobody has a version of yet. */
export function newToken(facets: TokenFacets, step: Step): TokenRecord {
  return {
    schema: SCHEMA,
    kind: 'token',
    rev: 0,
    issuer: 'api-token',
    ...facets,
    standing: 'active',
    versions: [],
    warnedPercent: 0,
    createdAt: step.at,
    ...(isReviewed(facets) ? { reviewAt: step.at + facets.policy.unusedAfterMs } : {}),
  };
}

/** A token's first record, its secret's link, and the intent of its first version: before anything is minted. */
export function register(token: TokenRecord & { secretArn: string }, versionId: string, step: Step): Change {
  return {
    writes: [create(withDue(token)), create(linkOf(token)), create(newIntent(token, versionId, step))],
    audit: [
      entry('token.registered', token.tokenId, step, {
        owner: token.owner,
        approver: token.approver,
        change: token.changeReference,
      }),
    ],
    feed: [],
  };
}

/** By which a rotation finds the token of a secret. */
export function linkOf(token: { readonly secretArn: string; readonly tokenId: string }): SecretRecord {
  return { schema: SCHEMA, kind: 'secret', rev: 0, secretArn: token.secretArn, tokenId: token.tokenId };
}

/**
 * The first version is in the vault as AWSCURRENT: it becomes acceptable. `former` are versions that a secret
 * before this one holds: they retire, as by a rotation.
 */
export function issueFirst(
  token: TokenRecord,
  intent: IntentRecord,
  version: VersionRecord,
  step: Step,
  former: readonly VersionRecord[],
): Change {
  const { dueAt: _, ...closed } = intent;
  const until = step.at + token.policy.overlapMs;
  const retiring = former
    .filter(({ state }) => state === 'current')
    .map((old) => withVersionDue({ ...old, state: 'retiring', expiresAt: Math.min(old.expiresAt, until) }));
  return {
    writes: [
      create(withVersionDue(version)),
      update(token, withDue(withVersions(token, [version, ...retiring]))),
      // Each still carries the revision at which it was read.
      ...retiring.map((old) => update(old, old)),
      update(intent, { ...closed, state: 'finished' }),
    ],
    audit: [
      { ...entry('version.issued', token.tokenId, step), keyId: version.keyId, cause: version.versionId },
      ...retiring.map((old) => ({
        ...entry('version.retiring', token.tokenId, step, { until: new Date(old.expiresAt).toISOString() }),
        keyId: old.keyId,
      })),
    ],
    feed: [version.keyId, ...retiring.map(({ keyId }) => keyId)],
  };
}

/** A token and its one version, kept by nobody but the client that asked: only the keyed hash is stored. */
export function issueOnce(
  token: TokenRecord,
  version: VersionRecord,
  request: { readonly record: RequestRecord; readonly read: RequestRecord | undefined },
  replaced: Change | undefined,
  step: Step,
): Change {
  const asked: Write =
    request.read === undefined ? create(request.record) : update(request.read, request.record);
  return {
    writes: [
      create(withDue(withVersions(token, [version]))),
      create(withVersionDue(version)),
      asked,
      ...(replaced?.writes ?? []),
    ],
    audit: [
      entry('token.registered', token.tokenId, step, {
        owner: token.owner,
        approver: token.approver,
        change: token.changeReference,
      }),
      { ...entry('version.issued', token.tokenId, step), keyId: version.keyId },
      ...(replaced?.audit ?? []),
    ],
    feed: replaced?.feed ?? [],
  };
}

/** An exchanged token: its expiry is part of this record, so that its end needs none (S6). */
export function issueEphemeral(version: VersionRecord, step: Step): Change {
  const told = entry('version.issued', version.fields.tokenId, step, {
    class: 'ephemeral',
    expiresAt: new Date(version.expiresAt).toISOString(),
  });
  return { writes: [create(version)], audit: [{ ...told, keyId: version.keyId }], feed: [] };
}

/** What a declaration now says. */
export interface Rebinding {
  readonly facets: TokenFacets;
  /** Live versions with their fields and MACs as they now must be. */
  readonly versions: readonly VersionRecord[];
  /** Its secret was made anew: the link, unless there is one, and the intent of the first version in it. */
  readonly moved?: { readonly link: SecretRecord | undefined; readonly intent: IntentRecord };
}

/** A changed declaration, or one that came back before its removal took effect. */
export function rebind(facts: TokenFacts, binding: Rebinding, step: Step): Change {
  const { token } = facts;
  const { removal, suspension, reviewAt: _, ...kept } = token;
  const back = removal !== undefined && suspension?.incidentId === removalIncident(token.tokenId);
  const next: TokenRecord = {
    ...kept,
    ...binding.facets,
    ...(suspension === undefined || back ? {} : { suspension }),
    ...(back ? { standing: 'active' as const } : {}),
    ...(isReviewed(binding.facets) ? { reviewAt: reviewAfter(token, binding.facets) } : {}),
  };
  const versions = back
    ? binding.versions.map((version) => ({ ...version, suspended: false }))
    : binding.versions;
  const audit: [AuditEntry, ...AuditEntry[]] = [
    entry('token.rebound', token.tokenId, step, {
      owner: next.owner,
      approver: next.approver,
      change: next.changeReference,
    }),
  ];
  if (removal !== undefined) audit.push(entry('token.removal-cancelled', token.tokenId, step));
  const { link, intent } = binding.moved ?? {};
  return {
    writes: [
      ...(link === undefined ? [] : [create(link)]),
      ...(intent === undefined ? [] : [create(intent)]),
      update(token, withDue(withVersions(next, versions))),
      // Each still carries the revision at which it was read.
      ...versions.map((version) => update(version, withVersionDue(version))),
    ],
    audit,
    feed: versions.map((version) => version.keyId),
  };
}

/** Another promise of use starts over: a review at the next sweep, which at the worst warns (S4). */
function reviewAfter(token: TokenRecord, facets: TokenFacets): EpochMs {
  const same = token.policy.unusedAfterMs === facets.policy.unusedAfterMs;
  return same && token.reviewAt !== undefined ? token.reviewAt : token.createdAt;
}

/** Under which incident a removed token is suspended, so that its return can tell that suspension from others. */
export const removalIncident = (tokenId: string): string => `removal:${tokenId}`.slice(0, 64);

/** The declaration is gone: suspended after a grace, revoked when the recovery window ends. */
export function requestRemoval(token: TokenRecord, step: Step): Change {
  const removal = {
    at: step.at,
    suspendAt: step.at + REMOVAL_GRACE_MS,
    revokeAt: step.at + REMOVAL_RECOVERY_MS,
  };
  return {
    writes: [update(token, withDue({ ...token, removal }))],
    audit: [
      entry('token.removal-requested', token.tokenId, step, {
        suspendAt: new Date(removal.suspendAt).toISOString(),
        revokeAt: new Date(removal.revokeAt).toISOString(),
      }),
    ],
    feed: [],
  };
}

/** The policy of a token that never rotates: it lives `ttlMs` and ends. */
export function fixedLife(ttlMs: number): TokenPolicy {
  return { rotationIntervalMs: 0, overlapMs: 0, hardMaxMs: ttlMs, consumerCacheMs: 0, unusedAfterMs: 0 };
}

/** A version with new authorising fields; its own hard maximum stays, it can be shortened by the policy only. */
export function reseal(version: VersionRecord, fields: AuthorisingFields, fieldsMac: Mac): VersionRecord {
  return { ...version, fields, fieldsMac, expiresAt: Math.min(version.expiresAt, fields.hardMaxAt) };
}

function entry(
  action: AuditEntry['action'],
  tokenId: string,
  step: Step,
  details?: NonNullable<AuditEntry['details']>,
): AuditEntry {
  return { action, at: step.at, actor: step.actor, tokenId, ...(details === undefined ? {} : { details }) };
}
