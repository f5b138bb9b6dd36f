import type { AuditEntry } from '../audit/entry.ts';
import { type Change, update } from '../change.ts';
import type { Actor, EpochMs, TokenRecord, VersionRecord } from '../records.ts';
import { ok, type Result, refuse } from '../result.ts';
import { isLive, withDue, withVersionDue } from './due.ts';
import { withVersions } from './versions.ts';

/** A token with every live version of it: what a change of standing is decided from. */
export interface TokenFacts {
  readonly token: TokenRecord;
  readonly versions: readonly VersionRecord[];
}

/** Who wants it, why, and under which incident (IR-5: every revocation carries all three). */
export interface Order {
  readonly at: EpochMs;
  readonly actor: Actor;
  readonly reason: string;
  readonly incidentId: string;
  /** The event or request behind it. */
  readonly cause?: string;
}

/** Why a change of standing is not made. */
export type StandingRefusal =
  | { readonly reason: 'unchanged'; readonly standing: TokenRecord['standing'] }
  | { readonly reason: 'token-revoked' }
  | { readonly reason: 'version-not-found'; readonly keyId: string }
  | { readonly reason: 'not-reissuable'; readonly why: string };

type Decided = Result<Change, StandingRefusal>;

/** Reversible stop: no version of the token verifies until release (AC-2(3), AC-2(13)). */
export function suspend(facts: TokenFacts, order: Order, until?: EpochMs): Decided {
  const { token } = facts;
  if (token.standing === 'revoked') return refuse({ reason: 'token-revoked' });
  if (token.standing === 'suspended') return refuse({ reason: 'unchanged', standing: 'suspended' });
  const { at, reason, incidentId, actor } = order;
  const suspension = { at, reason, incidentId, actor, ...(until === undefined ? {} : { until }) };
  const versions = live(facts).map((version) => ({ ...version, suspended: true }));
  return ok(
    change(facts, { ...token, standing: 'suspended', suspension }, versions, [
      entry('token.suspended', facts, order),
    ]),
  );
}

/** Undoes a suspension. What expired meanwhile stays expired: expiry is a comparison, not a state. */
export function release(facts: TokenFacts, order: Order): Decided {
  const { token } = facts;
  if (token.standing === 'revoked') return refuse({ reason: 'token-revoked' });
  if (token.standing === 'active') return refuse({ reason: 'unchanged', standing: 'active' });
  const { suspension: _, ...rest } = token;
  const versions = live(facts).map((version) => ({ ...version, suspended: false }));
  return ok(
    change(facts, { ...rest, standing: 'active' }, versions, [entry('token.released', facts, order)]),
  );
}

/** The end of a token and of every version of it. Absorbing (S3); its schedule is to be cancelled (S14). */
export function revokeToken(facts: TokenFacts, order: Order): Decided {
  const { token } = facts;
  if (token.standing === 'revoked') return refuse({ reason: 'unchanged', standing: 'revoked' });
  const { at, reason, incidentId, actor } = order;
  const { suspension: _s, reissue: _r, removal: _d, ...rest } = token;
  const versions = live(facts).map(revoked);
  const ended: TokenRecord = {
    ...rest,
    standing: 'revoked',
    revocation: { at, reason, incidentId, actor },
    ...(token.secretArn === undefined ? {} : { cancelling: { at, attempts: 0 } }),
  };
  return ok(
    change(facts, ended, versions, [
      entry('token.revoked', facts, order),
      ...versions.map((version) => versionEntry(version, order)),
    ]),
  );
}

/** The end of one version; the token lives on with the others. One that has ended stays as it is (S3). */
export function revokeVersion(facts: TokenFacts, keyId: string, order: Order): Decided {
  const version = facts.versions.find((candidate) => candidate.keyId === keyId);
  if (version === undefined) return refuse({ reason: 'version-not-found', keyId });
  if (!isLive(version.state)) return refuse({ reason: 'unchanged', standing: facts.token.standing });
  const ended = revoked(version);
  return ok(change(facts, facts.token, [ended], [versionEntry(ended, order)]));
}

/**
 * Ends every live version and asks for a new one: the token itself stays (revoke in the feed first, then rotate).
 * A suspended token becomes active again by it, since what was suspected is dead (S14's one exception).
 */
export function beginReissue(facts: TokenFacts, order: Order): Decided {
  const { token } = facts;
  if (token.standing === 'revoked') return refuse({ reason: 'token-revoked' });
  if (token.secretArn === undefined) {
    return refuse({
      reason: 'not-reissuable',
      why: `class ${token.class} has no secret to reissue into; revoke it`,
    });
  }
  const versions = live(facts).map(revoked);
  if (versions.length === 0 && token.reissue !== undefined)
    return refuse({ reason: 'unchanged', standing: token.standing });
  const { suspension: _, ...rest } = token;
  const reissue = { at: order.at, incidentId: order.incidentId, attempts: 0 };
  return ok(
    change(facts, { ...rest, standing: 'active', reissue }, versions, [
      entry('token.reissue-requested', facts, order),
      ...versions.map((version) => versionEntry(version, order)),
    ]),
  );
}

/** One version that belongs to no stored token (class `ephemeral`), ended. */
export function revokeLoneVersion(version: VersionRecord, order: Order): Result<Change, StandingRefusal> {
  if (!isLive(version.state)) return refuse({ reason: 'unchanged', standing: 'revoked' });
  const ended = revoked(version);
  return ok({ writes: [update(version, ended)], audit: [versionEntry(ended, order)], feed: [version.keyId] });
}

const live = (facts: TokenFacts): readonly VersionRecord[] =>
  facts.versions.filter((version) => isLive(version.state));

const revoked = (version: VersionRecord): VersionRecord => withVersionDue({ ...version, state: 'revoked' });

function change(
  facts: TokenFacts,
  token: TokenRecord,
  versions: readonly VersionRecord[],
  audit: readonly [AuditEntry, ...AuditEntry[]],
): Change {
  return {
    writes: [
      update(facts.token, withDue(withVersions(token, versions))),
      // Each still carries the revision at which it was read.
      ...versions.map((version) => update(version, version)),
    ],
    audit,
    feed: versions.map((version) => version.keyId),
  };
}

function entry(action: AuditEntry['action'], facts: TokenFacts, order: Order): AuditEntry {
  return {
    action,
    ...ordered(order),
    tokenId: facts.token.tokenId,
    details: { before: facts.token.standing, versions: live(facts).map((version) => version.keyId) },
  };
}

function versionEntry(version: VersionRecord, order: Order): AuditEntry {
  return {
    action: 'version.revoked',
    ...ordered(order),
    tokenId: version.fields.tokenId,
    keyId: version.keyId,
  };
}

function ordered(order: Order): Pick<AuditEntry, 'at' | 'actor' | 'reason' | 'incidentId' | 'cause'> {
  const { at, actor, reason, incidentId, cause } = order;
  return { at, actor, reason, incidentId, ...(cause === undefined ? {} : { cause }) };
}
