import type { Usage } from '../ports.ts';
import type { EpochMs } from '../records.ts';
import { withoutSecrets } from './format.ts';

/** One request, as the authorizer judged it. */
export interface Use {
  readonly at: EpochMs;
  readonly keyId: string;
  readonly tokenId: string;
  readonly network: string;
  readonly client: string;
  readonly allowed: boolean;
  readonly reason?: string;
  readonly canary: boolean;
}

/** Counted uses waiting to be told. Bounded: at most {@link USAGE_MOST_ENTRIES}. */
export interface UsageWindow {
  readonly since: EpochMs;
  readonly entries: ReadonlyMap<string, Usage>;
  /** Token, network and client triples that this container has told before. */
  readonly seen: ReadonlySet<string>;
}

export const USAGE_FLUSH_MS: number = 10_000;
const USAGE_RETRY_MS = 1_000;
export const USAGE_MOST_ENTRIES: number = 100;
const SEEN_MOST = 5_000;
const CLIENT_MOST = 120;

/** Nothing told yet. */
export const emptyWindow = (now: EpochMs): UsageWindow => ({
  since: now,
  entries: new Map(),
  seen: new Set(),
});

/** Denials that mean a genuine token in the wrong hands: told at once, not with the next batch. */
const URGENT: readonly string[] = ['network', 'suspended', 'revoked', 'retired'];

/**
 * Adds one use. `urgent`: respond should hear of it now (a first-seen network or client, a genuine token refused,
 * a canary). The token itself is no part of it.
 */
export function addUse(
  window: UsageWindow,
  use: Use,
  usageId: string,
): { window: UsageWindow; urgent: boolean } {
  // A client may say anything of itself, its own token too.
  const client = withoutSecrets(use.client).slice(0, CLIENT_MOST);
  const outcome = use.allowed ? 'allowed' : 'denied';
  const mark = JSON.stringify([use.keyId, use.network, client, outcome, use.reason ?? '']);
  const firstSeen = !window.seen.has(mark);
  const known = window.entries.get(mark);
  const usage: Usage = {
    usageId: known?.usageId ?? usageId,
    at: use.at,
    keyId: use.keyId,
    tokenId: use.tokenId,
    network: use.network,
    client,
    outcome,
    ...(use.reason === undefined ? {} : { reason: use.reason }),
    count: (known?.count ?? 0) + 1,
    firstSeen: known?.firstSeen ?? firstSeen,
  };
  const seen = firstSeen ? withMark(window.seen, mark) : window.seen;
  const entries = new Map(window.entries).set(mark, usage);
  const urgent = firstSeen && (use.allowed || use.canary || URGENT.includes(use.reason ?? ''));
  return { window: { since: window.since, entries, seen }, urgent };
}

/** Copied only for a mark that is new: a copy takes longer than all the rest of a request. */
const withMark = (seen: UsageWindow['seen'], mark: string): UsageWindow['seen'] =>
  new Set(seen.size >= SEEN_MOST ? [] : seen).add(mark);

/** Whether the window is due to be told even without anything urgent. */
export function isFlushDue(window: UsageWindow, now: EpochMs): boolean {
  if (window.entries.size === 0) return false;
  return (
    window.entries.size >= USAGE_MOST_ENTRIES || now - window.since >= USAGE_FLUSH_MS || now < window.since
  );
}

/** The window after it was told. */
export const flushed = (window: UsageWindow, now: EpochMs): UsageWindow => ({
  ...window,
  since: now,
  entries: new Map(),
});

/**
 * The window with what could not be told in it again: a theft seen once must not be lost to one failed call, nor wait
 * for a whole window. It is due again after {@link USAGE_RETRY_MS}, and holds half of a window at most, so that a queue
 * that stays away does not make each request due.
 */
export function returned(window: UsageWindow, untold: UsageWindow['entries'], now: EpochMs): UsageWindow {
  const entries = new Map(window.entries);
  for (const [mark, usage] of untold) {
    const since = entries.get(mark);
    if (since === undefined && entries.size >= USAGE_MOST_ENTRIES / 2) continue;
    const count = usage.count + (since?.count ?? 0);
    entries.set(mark, { ...usage, at: since?.at ?? usage.at, count });
  }
  return { ...window, since: Math.min(window.since, now - USAGE_FLUSH_MS + USAGE_RETRY_MS), entries };
}
