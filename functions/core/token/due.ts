import type { EpochMs, TokenRecord, VersionRecord, VersionRef } from '../records.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Shares of a version's life at which its owner hears of it; the last one pages (IA-5, event before expiry). */
const WARNING_PERCENTS: readonly [50, 75, 90, 95] = [50, 75, 90, 95];

/** A reissue that is not promoted by then pages. */
export const REISSUE_DEADLINE_MS: number = 60_000;

/** A late reissue pages again this often. */
export const REISSUE_PAGE_AGAIN_MS: number = 15 * MINUTE;

const NUDGE_FIRST_MS = 5 * MINUTE;
const NUDGE_LONGEST_MS = 6 * HOUR;
const CANCEL_LONGEST_MS = 6 * HOUR;

/** The version that the registry calls current. */
export function currentVersion(token: TokenRecord): VersionRef | undefined {
  return token.versions.find((version) => version.state === 'current');
}

/** From when on a rotation that has not come by itself counts as failing: half of the life, and the interval is over. */
export function overdueAt(token: TokenRecord, current: VersionRef): EpochMs {
  const half = current.createdAt + (current.expiresAt - current.createdAt) / 2;
  return Math.max(half, current.createdAt + token.policy.rotationIntervalMs + HOUR);
}

/** When the sweep may ask Secrets Manager for a rotation again: doubling from 5 minutes to 6 hours. */
export function nudgeAt(token: TokenRecord, current: VersionRef): EpochMs {
  const overdue = overdueAt(token, current);
  if (token.nudge === undefined) return overdue;
  return Math.max(
    overdue,
    token.nudge.at + Math.min(NUDGE_LONGEST_MS, NUDGE_FIRST_MS * 2 ** token.nudge.count),
  );
}

/** When the next warning falls due, with its share; none once 95 % has been said. */
export function nextWarning(
  token: TokenRecord,
  current: VersionRef,
): { percent: number; at: EpochMs } | undefined {
  const percent = WARNING_PERCENTS.find((share) => share > token.warnedPercent);
  if (percent === undefined) return undefined;
  const share = current.createdAt + ((current.expiresAt - current.createdAt) * percent) / 100;
  const rotates = token.policy.rotationIntervalMs > 0;
  return { percent, at: rotates ? Math.max(share, overdueAt(token, current)) : share };
}

/** Whether lack of use suspends a token: canaries are exempt, and those that promise no use (S4). */
export function isReviewed(token: Pick<TokenRecord, 'canary' | 'policy'>): boolean {
  return !token.canary && token.policy.unusedAfterMs > 0;
}

/** When the sweep next cancels a revoked token's rotation: after a minute, doubling to 6 hours, for ever (L6). */
export function cancelAt({ at, attempts }: NonNullable<TokenRecord['cancelling']>): EpochMs {
  return at + Math.min(CANCEL_LONGEST_MS, MINUTE * 2 ** attempts);
}

/** When the sweep must look at a token next; `undefined` once nothing more can fall due. */
export function tokenDueAt(token: TokenRecord): EpochMs | undefined {
  if (token.standing === 'revoked') return token.cancelling && cancelAt(token.cancelling);
  const times: EpochMs[] = [];
  if (token.suspension?.until !== undefined) times.push(token.suspension.until);
  if (token.removal !== undefined) {
    times.push(token.standing === 'active' ? token.removal.suspendAt : token.removal.revokeAt);
  }
  if (token.reissue !== undefined) {
    const { at, pagedAt } = token.reissue;
    times.push(pagedAt === undefined ? at + REISSUE_DEADLINE_MS : pagedAt + REISSUE_PAGE_AGAIN_MS);
  }
  if (token.standing === 'active') {
    if (token.reviewAt !== undefined && isReviewed(token)) times.push(token.reviewAt);
    const current = currentVersion(token);
    if (current !== undefined) {
      const warning = nextWarning(token, current);
      if (warning !== undefined) times.push(warning.at);
      if (token.policy.rotationIntervalMs > 0) times.push(nudgeAt(token, current));
    }
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The token with its due time set from its own facts. */
export function withDue(token: TokenRecord): TokenRecord {
  const { dueAt: _, ...rest } = token;
  const dueAt = tokenDueAt(token);
  return dueAt === undefined ? rest : { ...rest, dueAt };
}

/** When the sweep must look at a version: at its end. Dead ones and ephemeral ones (they leave by TTL) never. */
export function versionDueAt(version: VersionRecord): EpochMs | undefined {
  if (version.class === 'ephemeral') return undefined;
  return isLive(version.state) ? version.expiresAt : undefined;
}

/** Whether a version in this state can still be accepted. */
export function isLive(state: VersionRef['state']): boolean {
  return state === 'pending' || state === 'current' || state === 'retiring';
}

/** The version with its due time set from its own facts. */
export function withVersionDue(version: VersionRecord): VersionRecord {
  const { dueAt: _, ...rest } = version;
  const dueAt = versionDueAt(version);
  return dueAt === undefined ? rest : { ...rest, dueAt };
}
