import type { IntentRecord, ProfileRecord, TokenRecord, VersionRecord } from '#core/records.ts';
import { time } from './print.ts';

/** A token as programs read it: times in ISO 8601, without what only verifiers and the store have a use for. */
export function tokenView(token: TokenRecord): Readonly<Record<string, unknown>> {
  const { tokenId, standing, suspension, revocation, removal, reissue, nudge } = token;
  const { principal, scopes, audience, networks } = token.fields;
  return {
    tokenId,
    class: token.class,
    standing,
    principal,
    scopes,
    audience,
    networks,
    readers: token.readers,
    owner: token.owner,
    approver: token.approver,
    changeReference: token.changeReference,
    purpose: token.purpose,
    criticality: token.criticality,
    canary: token.canary,
    ...(token.secretArn === undefined ? {} : { secretArn: token.secretArn }),
    policy: token.policy,
    createdAt: time(token.createdAt),
    warnedPercent: token.warnedPercent,
    versions: token.versions.map((version) => ({
      ...version,
      createdAt: time(version.createdAt),
      expiresAt: time(version.expiresAt),
    })),
    ...(suspension === undefined
      ? {}
      : {
          suspension: {
            ...suspension,
            at: time(suspension.at),
            ...(suspension.until === undefined ? {} : { until: time(suspension.until) }),
          },
        }),
    ...(revocation === undefined ? {} : { revocation: { ...revocation, at: time(revocation.at) } }),
    ...(reissue === undefined
      ? {}
      : { reissue: { at: time(reissue.at), incidentId: reissue.incidentId, attempts: reissue.attempts } }),
    ...(nudge === undefined ? {} : { nudge: { at: time(nudge.at), count: nudge.count } }),
    ...(removal === undefined
      ? {}
      : {
          removal: {
            at: time(removal.at),
            suspendAt: time(removal.suspendAt),
            revokeAt: time(removal.revokeAt),
          },
        }),
  };
}

/** One version that stands alone, class `ephemeral`. */
export function versionView(version: VersionRecord): Readonly<Record<string, unknown>> {
  const { keyId, state, suspended, fields } = version;
  const { principal, scopes, audience, networks, tokenId } = fields;
  return {
    tokenId,
    class: version.class,
    keyId,
    state,
    suspended,
    principal,
    scopes,
    audience,
    networks,
    createdAt: time(version.createdAt),
    expiresAt: time(version.expiresAt),
  };
}

/** A rotation that is under way or stuck. */
export function intentView(intent: IntentRecord): Readonly<Record<string, unknown>> {
  const { versionId, state, keyId, startedAt } = intent;
  return { versionId, state, startedAt: time(startedAt), ...(keyId === undefined ? {} : { keyId }) };
}

/** How a token has been used, as far as it has been told: telemetry, a minute or so behind. */
export function profileView(profile: ProfileRecord): Readonly<Record<string, unknown>> {
  const { lastUsedAt, uses, denials, networks } = profile;
  return { lastUsedAt: time(lastUsedAt), uses, denials, networks: Object.keys(networks) };
}
