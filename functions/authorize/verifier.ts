import { equalMacs, fieldsMessage, tokenMessage } from '#core/crypto/hmac.ts';
import { keys } from '#core/keys.ts';
import type { Clock, Explanation, MacEngine, Metrics, VerifierStore } from '#core/ports.ts';
import type { FeedRecord, Mac, VersionRecord } from '#core/records.ts';
import { tagOf, usable } from '#core/token/feed.ts';
import { isKeyId, parseToken, type UnverifiedToken } from '#core/token/format.ts';
import { type DenialReason, type Need, needOf, standingOf } from '#core/token/verify.ts';

/** Timings in milliseconds; T and R of docs/decisions/0004-verification-cache.md. */
export interface VerifierConfig {
  readonly environment: string;
  /** T: the feed is read again when the last read was sent longer ago than this. */
  readonly feedMaxAgeMs: number;
  /** R: the store gives each read this long. */
  readonly readTimeoutMs: number;
  readonly recordCacheMaxMs: number;
  readonly recordCacheMaxEntries: number;
}

export interface VerifierPorts {
  /** Every read of it ends within R, by a throw if need be. */
  readonly store: VerifierStore;
  readonly mac: MacEngine;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** `probe`: a pending version proven by its rotation; networks are not checked and no usage is told. */
export type VerifyMode = 'normal' | 'probe';

export type Verdict =
  /** `leftMs`: how much of T + R is left; an acceptance that is acted on later than that may be void. */
  | { readonly allow: true; readonly version: VersionRecord; readonly leftMs: number }
  | { readonly allow: false; readonly reason: DenialReason; readonly version?: VersionRecord };

type Refused = Extract<Verdict, { allow: false }>;

/** A verdict by the record alone: whether the feed was young enough is asked last. */
type Judgement = { readonly allow: true; readonly version: VersionRecord } | Refused;

export interface Verifier {
  verify(text: string, need: Need, mode?: VerifyMode): Promise<Verdict>;
  /** What this verifier would answer about a keyId now, audience, scope and network aside. Needs no secret. */
  explain(keyId: string): Promise<Explanation>;
}

interface KnownFeed {
  readonly feed: FeedRecord;
  readonly sentWall: number;
  readonly sentMonotonic: number;
}

interface CachedRecord {
  readonly record: VersionRecord;
  /** Whether the authorising fields carry the MAC of whoever issued them. */
  readonly sealed: boolean;
  readonly tag: number;
  readonly sentMonotonic: number;
}

const ATTEMPTS = 3;

/**
 * Verifies tokens against the registry (AC-3, AC-3(8), IA-5(13)).
 *
 * A revocation that committed at time c is never accepted after c + T + R: an acceptance is given only within
 * T + R of the moment at which the feed it rests on was asked for, and every feed asked for after c names the
 * revoked keyId. Age is the larger of wall and monotonic clock, because a frozen container's monotonic clock may
 * stand still and a wall clock may step back; a negative age means a step, and asks again. A wall clock that steps
 * back by as much as its container was frozen, between two requests, looks like no time at all: the bound then
 * grows by that step. Whatever cannot be read is a denial (S11).
 */
export function createVerifier(ports: VerifierPorts, config: VerifierConfig): Verifier {
  const { store, mac, clock, metrics } = ports;
  const records = new Map<string, CachedRecord>();
  let known: KnownFeed | undefined;
  /** Up to where the feed has dropped its entries, and when this container learned of it. */
  let dropped = { before: 0, seenAt: 0 };
  let asking:
    | { readonly sentWall: number; readonly sentMonotonic: number; readonly reply: Promise<KnownFeed> }
    | undefined;

  const ageOf = (sent: { sentWall: number; sentMonotonic: number }): number => {
    const wall = clock.now() - sent.sentWall;
    return wall < 0 ? Number.POSITIVE_INFINITY : Math.max(wall, clock.monotonic() - sent.sentMonotonic);
  };

  async function askFeed(): Promise<KnownFeed> {
    if (asking !== undefined && ageOf(asking) <= config.feedMaxAgeMs) return asking.reply;
    const sent = { sentWall: clock.now(), sentMonotonic: clock.monotonic() };
    metrics.count('FeedReads');
    const reply = store.feed().then((feed) => {
      const answer = { feed, ...sent };
      if (feed.oldestGen > dropped.before && feed.oldestGen > 1)
        dropped = { before: feed.oldestGen, seenAt: clock.monotonic() };
      if (known === undefined || feed.gen >= known.feed.gen) known = answer;
      return answer;
    });
    const mine = { ...sent, reply };
    asking = mine;
    try {
      return await reply;
    } finally {
      if (asking === mine) asking = undefined;
    }
  }

  const feedNow = async (): Promise<KnownFeed> =>
    known !== undefined && ageOf(known) <= config.feedMaxAgeMs ? known : askFeed();

  const believable = ({ record: { keyId }, tag }: CachedRecord, at: KnownFeed): boolean =>
    usable({ keyId, tag }, at.feed);

  /**
   * The entry that would show a read as torn may have left the feed while its transaction was still being written:
   * of what is older than the drop, nothing is kept until T later.
   */
  const mayBeTorn = (record: VersionRecord): boolean =>
    (record.feedGen ?? 0) < dropped.before && clock.monotonic() - dropped.seenAt <= config.feedMaxAgeMs;

  async function recordOf(keyId: string, at: KnownFeed): Promise<CachedRecord | undefined> {
    const cached = records.get(keyId);
    // The cache's age is no reason to disbelieve what was read for this very request, however long that took.
    const young = cached !== undefined && clock.monotonic() - cached.sentMonotonic <= config.recordCacheMaxMs;
    if (young && believable(cached, at)) return cached;
    const sentMonotonic = clock.monotonic();
    metrics.count('RecordReads');
    const record = await store.get(keys.version(keyId));
    if (record === undefined) {
      records.delete(keyId);
      return undefined;
    }
    const sealed = await matches(fieldsMessage(record.fields, record.keyId), record.fieldsMac);
    const fresh = { record, sealed, tag: tagOf(record, at.feed), sentMonotonic };
    // The slow reply of an earlier read takes nothing back that a later one has shown.
    if ((records.get(keyId)?.tag ?? fresh.tag) > fresh.tag || mayBeTorn(record)) return fresh;
    records.delete(keyId);
    if (records.size >= config.recordCacheMaxEntries) records.delete(records.keys().next().value ?? keyId);
    records.set(keyId, fresh);
    return fresh;
  }

  async function matches(message: Uint8Array, expected: Mac): Promise<boolean> {
    const made = mac.remake(message, expected.pepper);
    const value = made instanceof Promise ? await made : made;
    return value !== undefined && equalMacs(value, expected.value);
  }

  async function judge(
    token: UnverifiedToken,
    need: Need,
    mode: VerifyMode,
    at: KnownFeed,
  ): Promise<Judgement> {
    const message = tokenMessage(token.token.reveal());
    const found = await recordOf(token.keyId, at);
    if (found === undefined) {
      // The same work as for a known id, so that time does not tell which ids exist.
      const { value } = await mac.make(message);
      equalMacs(value, '');
      return { allow: false, reason: 'unknown' };
    }
    const { record, sealed } = found;
    if (!(await matches(message, record.tokenMac))) return { allow: false, reason: 'mac' };
    if (!sealed) return { allow: false, reason: 'tampered', version: record };
    const reason = standingOf(record, clock.now(), mode) ?? needOf(record, need, mode);
    if (reason !== undefined) return { allow: false, reason, version: record };
    if (!believable(found, at)) return { allow: false, reason: 'unavailable', version: record };
    return { allow: true, version: record };
  }

  async function verify(text: string, need: Need, mode: VerifyMode = 'normal'): Promise<Verdict> {
    const parsed = parseToken(text);
    if (!parsed.ok) return { allow: false, reason: parsed.error.reason };
    if (parsed.value.environment !== config.environment) return { allow: false, reason: 'environment' };
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const at = await feedNow();
        const verdict = await judge(parsed.value, need, mode, at);
        const leftMs = config.feedMaxAgeMs + config.readTimeoutMs - ageOf(at);
        if (verdict.allow && leftMs >= 0) return { ...verdict, leftMs };
        if (!verdict.allow && verdict.reason !== 'unavailable') return verdict;
        metrics.count('VerifyRetries');
      }
    } catch (cause) {
      metrics.count('VerifyUnavailable', 1, { code: codeOf(cause) });
    }
    return { allow: false, reason: 'unavailable' };
  }

  async function explain(keyId: string): Promise<Explanation> {
    const at = await feedNow();
    const found = isKeyId(keyId) ? await recordOf(keyId, at) : undefined;
    const reason =
      found === undefined
        ? 'unknown'
        : !found.sealed
          ? 'tampered'
          : (standingOf(found.record, clock.now(), 'normal') ??
            (believable(found, at) ? 'allowed' : 'unavailable'));
    return { keyId, wouldAllow: reason === 'allowed', reason, feedGeneration: at.feed.gen, at: clock.now() };
  }

  return { verify, explain };
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown';
}
