import type { Usage } from '../ports.ts';
import { type ProfileRecord, SCHEMA } from '../records.ts';

/** How many networks a profile keeps; the one seen longest ago leaves. */
export const PROFILE_MOST_NETWORKS = 64;

const PROFILE_KEPT_SECONDS = 400 * 24 * 3_600;
const WRITE_EVERY_MS = 60_000;

/**
 * A token's profile with one more use in it; `undefined` where nothing worth a write is new. Times only go forward
 * and counts only add up, so the order of uses does not matter.
 */
export function learnUse(
  credential: string,
  known: ProfileRecord | undefined,
  use: Usage,
): ProfileRecord | undefined {
  const allowed = use.outcome === 'allowed';
  if (known !== undefined && !use.firstSeen && Math.abs(use.at - known.lastUsedAt) < WRITE_EVERY_MS)
    return undefined;
  const lastUsedAt = allowed ? Math.max(known?.lastUsedAt ?? 0, use.at) : (known?.lastUsedAt ?? 0);
  const before = known?.networks[use.network];
  const networks = {
    ...known?.networks,
    [use.network]: {
      first: Math.min(before?.first ?? use.at, use.at),
      last: Math.max(before?.last ?? use.at, use.at),
      count: (before?.count ?? 0) + use.count,
    },
  };
  const kept = Object.entries(networks)
    .sort(([, a], [, b]) => b.last - a.last)
    .slice(0, PROFILE_MOST_NETWORKS);
  return {
    schema: SCHEMA,
    kind: 'profile',
    rev: known?.rev ?? 0,
    credential,
    firstSeenAt: Math.min(known?.firstSeenAt ?? use.at, use.at),
    lastUsedAt,
    uses: (known?.uses ?? 0) + (allowed ? use.count : 0),
    denials: (known?.denials ?? 0) + (allowed ? 0 : use.count),
    networks: Object.fromEntries(kept),
    ttlSeconds: Math.floor(Math.max(lastUsedAt, use.at) / 1000) + PROFILE_KEPT_SECONDS,
  };
}
