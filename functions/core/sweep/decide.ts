import type { AuditEntry } from '../audit/entry.ts';
import { type Change, update } from '../change.ts';
import type { Actor, EpochMs, TokenRecord, VersionRecord } from '../records.ts';
import {
  cancelAt,
  currentVersion,
  isLive,
  isReviewed,
  nextWarning,
  nudgeAt,
  overdueAt,
  REISSUE_DEADLINE_MS,
  REISSUE_PAGE_AGAIN_MS,
  withDue,
  withVersionDue,
} from '../token/due.ts';
import { removalIncident } from '../token/issue.ts';
import { type Order, release, revokeToken, suspend, type TokenFacts } from '../token/standing.ts';
import { withVersions } from '../token/versions.ts';

/** The sweep's name in the audit log. */
export const SWEEPER: Actor = { kind: 'system', id: 'sweep' };

type SweepPage = { readonly key: string; readonly title: string; readonly body: string };

/** What the sweep does about one due token: one change, and what follows it outside. */
export interface SweepAction {
  readonly change: Change;
  /** Told after the change: it falls due again, and is told again. */
  readonly page?: SweepPage;
  /** Told before the change, after which it is never due again: a crash in between tells twice, not never. */
  readonly pageFirst?: SweepPage;
  readonly rotate?: { readonly secretArn: string; readonly incidentId: string; readonly at: EpochMs };
  readonly cancelRotation?: string;
}

/**
 * What is due about a token now, the most pressing first; `undefined` when nothing is. The next run sees to the
 * next. `lastUsedAt`: from the token's profile; only asked for when a review is due.
 */
export function decideToken(
  facts: TokenFacts,
  now: EpochMs,
  lastUsedAt: EpochMs | undefined,
): SweepAction | undefined {
  const { token } = facts;
  if (token.standing === 'revoked') return undefined;
  return (
    endRemoval(facts, now) ??
    endSuspension(facts, now) ??
    lateReissue(token, now) ??
    overdueRotation(token, now) ??
    warning(token, now) ??
    review(facts, now, lastUsedAt)
  );
}

/**
 * What became of the try to cancel a revoked token's rotation: done for good, or due again later (L6). `undefined`
 * when nothing is to be cancelled any more, or somebody tried meanwhile.
 */
export function settleCancelling(token: TokenRecord, now: EpochMs, cancelled: boolean): Change | undefined {
  const { cancelling, ...rest } = token;
  if (cancelling === undefined || now < cancelAt(cancelling)) return undefined;
  if (cancelled) return change(token, withDue(rest), said('token.rotation-cancelled', token, now));
  const attempts = cancelling.attempts + 1;
  return change(token, withDue({ ...token, cancelling: { at: now, attempts } }), {
    ...said('token.cancel-late', token, now),
    details: { attempts },
  });
}

/** A version past its end is marked expired: housekeeping, since the authorizer compares the time itself (L3). */
export function expire(facts: TokenFacts, version: VersionRecord, now: EpochMs): Change | undefined {
  if (!isLive(version.state) || now < version.expiresAt) return undefined;
  const ended = withVersionDue({ ...version, state: 'expired' });
  return {
    writes: [update(facts.token, withDue(withVersions(facts.token, [ended]))), update(version, ended)],
    audit: [
      {
        ...said('version.expired', facts.token, now),
        keyId: version.keyId,
        details: { before: version.state, expiresAt: new Date(version.expiresAt).toISOString() },
      },
    ],
    feed: [version.keyId],
  };
}

function endRemoval(facts: TokenFacts, now: EpochMs): SweepAction | undefined {
  const { removal, tokenId, secretArn } = facts.token;
  if (removal === undefined) return undefined;
  const incidentId = removalIncident(tokenId);
  if (now >= removal.revokeAt) {
    const ended = revokeToken(
      facts,
      order(now, 'its declaration was removed and the recovery window is over', incidentId),
    );
    return acted(ended, secretArn === undefined ? {} : { cancelRotation: secretArn });
  }
  if (now < removal.suspendAt) return undefined;
  return acted(suspend(facts, order(now, 'its declaration was removed', incidentId)), {
    pageFirst: {
      key: incidentId,
      title: `Token ${tokenId} is suspended: its declaration was removed`,
      body: `Declare ${tokenId} again to bring it back. It is revoked at ${new Date(removal.revokeAt).toISOString()}.`,
    },
  });
}

function endSuspension(facts: TokenFacts, now: EpochMs): SweepAction | undefined {
  const { suspension } = facts.token;
  if (suspension?.until === undefined || now < suspension.until) return undefined;
  return acted(release(facts, order(now, 'the suspension reached its end', suspension.incidentId)));
}

function lateReissue(token: TokenRecord, now: EpochMs): SweepAction | undefined {
  const { reissue, secretArn, tokenId } = token;
  if (reissue === undefined || secretArn === undefined) return undefined;
  const due =
    reissue.pagedAt === undefined
      ? reissue.at + REISSUE_DEADLINE_MS
      : reissue.pagedAt + REISSUE_PAGE_AGAIN_MS;
  if (now < due) return undefined;
  const next = withDue({ ...token, reissue: { ...reissue, attempts: reissue.attempts + 1, pagedAt: now } });
  return {
    change: change(token, next, {
      ...said('token.reissue-late', token, now),
      incidentId: reissue.incidentId,
    }),
    page: {
      key: `reissue-late:${tokenId}`,
      title: `Token ${tokenId} has no new version yet`,
      body: `Its versions were revoked at ${new Date(reissue.at).toISOString()} (incident ${reissue.incidentId}) and the new one is not promoted. Another rotation was asked for; see the log of the rotate function.`,
    },
    rotate: { secretArn, incidentId: reissue.incidentId, at: reissue.at + reissue.attempts + 1 },
  };
}

function overdueRotation(token: TokenRecord, now: EpochMs): SweepAction | undefined {
  const current = currentVersion(token);
  if (token.standing !== 'active' || token.secretArn === undefined || current === undefined) return undefined;
  if (token.policy.rotationIntervalMs === 0 || now < nudgeAt(token, current)) return undefined;
  const count = (token.nudge?.count ?? 0) + 1;
  return {
    change: change(token, withDue({ ...token, nudge: { at: now, count } }), {
      ...said('token.rotation-nudged', token, now),
      details: { count, overdueSince: new Date(overdueAt(token, current)).toISOString() },
    }),
    rotate: { secretArn: token.secretArn, incidentId: `overdue:${token.tokenId}`.slice(0, 64), at: now },
  };
}

function warning(token: TokenRecord, now: EpochMs): SweepAction | undefined {
  const current = currentVersion(token);
  if (token.standing !== 'active' || current === undefined) return undefined;
  const next = nextWarning(token, current);
  if (next === undefined || now < next.at) return undefined;
  const expiresAt = new Date(current.expiresAt).toISOString();
  return {
    change: change(token, withDue({ ...token, warnedPercent: next.percent }), {
      ...said('token.warned', token, now),
      keyId: current.keyId,
      details: { percent: next.percent, expiresAt, owner: token.owner },
    }),
    ...(next.percent < 95
      ? {}
      : {
          pageFirst: {
            key: `expiry:${token.tokenId}`,
            title: `Token ${token.tokenId} is about to expire`,
            body: `${next.percent} % of the life of ${current.keyId} is over; it is refused from ${expiresAt} on. Owner: ${token.owner}.`,
          },
        }),
  };
}

/** A token unused for longer than its promise: suspended, never revoked (S4). The owner was warned a review before. */
function review(facts: TokenFacts, now: EpochMs, lastUsedAt: EpochMs | undefined): SweepAction | undefined {
  const { token } = facts;
  const { unusedAfterMs } = token.policy;
  if (token.standing !== 'active' || !isReviewed(token)) return undefined;
  if (token.reviewAt === undefined || now < token.reviewAt) return undefined;
  const since = lastUsedAt ?? token.createdAt;
  const limit = since + unusedAfterMs;
  const warned = token.reviewAt > limit;
  if (now < limit) {
    return {
      change: change(token, withDue({ ...token, reviewAt: limit }), {
        ...said('token.warned', token, now),
        details: { review: 'used', nextReview: new Date(limit).toISOString() },
      }),
    };
  }
  const idle = `unused since ${new Date(since).toISOString()}`;
  if (!warned) {
    return {
      change: change(token, withDue({ ...token, reviewAt: now + Math.max(1, unusedAfterMs / 10) }), {
        ...said('token.warned', token, now),
        reason: `${idle}; it is suspended at the next review unless it is used`,
      }),
    };
  }
  // Once released it is reviewed again, and warned first.
  const reviewed = { ...facts, token: { ...token, reviewAt: since } };
  return acted(suspend(reviewed, order(now, idle, `unused:${token.tokenId}`.slice(0, 64))));
}

/** A change of standing as an action; a refusal means that there is nothing left to do. */
const acted = (
  decided: ReturnType<typeof suspend>,
  follows: Omit<SweepAction, 'change'> = {},
): SweepAction | undefined => (decided.ok ? { change: decided.value, ...follows } : undefined);

const order = (at: EpochMs, reason: string, incidentId: string): Order => ({
  at,
  actor: SWEEPER,
  reason,
  incidentId,
});

const said = (action: AuditEntry['action'], token: TokenRecord, at: EpochMs): AuditEntry => ({
  action,
  at,
  actor: SWEEPER,
  tokenId: token.tokenId,
});

const change = (read: TokenRecord, next: TokenRecord, entry: AuditEntry): Change => ({
  writes: [update(read, next)],
  audit: [entry],
  feed: [],
});
