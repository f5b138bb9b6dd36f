import type { FeedRecord, VersionRecord } from '#core/records.ts';

/** One state of a version. It held from the commit until whoever committed the next one had the reply in hand. */
export interface Held {
  readonly record: VersionRecord;
  readonly from: number;
  until: number;
}

/**
 * What was true when, in true time, kept as the commits happen; and what a plain read sees meanwhile. Two reads may
 * straddle a transaction: while it lasts, either its feed or its records are still the old ones.
 */
export interface Truth {
  /** A commit took effect now and is acknowledged at `acknowledgedAt`; till then readers lack what `hidden` says. */
  tell(
    records: readonly VersionRecord[],
    feed: FeedRecord,
    acknowledgedAt: number,
    hidden: 'records' | 'feed',
  ): void;
  readRecord(keyId: string): { readonly record: VersionRecord | undefined; readonly torn: boolean };
  readFeed(): FeedRecord;
  /** Every state of a version, oldest first. */
  of(keyId: string): readonly Held[];
  /** From when on every reader sees the version at all. */
  firstSeenBy(keyId: string): number;
}

export function createTruth(trueNow: () => number, feedAtFirst: FeedRecord): Truth {
  const versions = new Map<string, { readonly held: Held; readonly visibleAt: number }[]>();
  const feeds: { readonly feed: FeedRecord; readonly visibleAt: number }[] = [
    { feed: feedAtFirst, visibleAt: Number.NEGATIVE_INFINITY },
  ];

  return {
    tell(records, feed, acknowledgedAt, hidden) {
      const from = trueNow();
      for (const record of records) {
        const states = versions.get(record.keyId) ?? [];
        versions.set(record.keyId, states);
        const before = states.at(-1);
        if (before !== undefined) before.held.until = acknowledgedAt;
        states.push({
          held: { record, from, until: Number.POSITIVE_INFINITY },
          visibleAt: hidden === 'records' ? acknowledgedAt : from,
        });
      }
      if (feed.gen > (feeds.at(-1)?.feed.gen ?? 0)) {
        feeds.push({ feed, visibleAt: hidden === 'feed' ? acknowledgedAt : from });
      }
    },
    readRecord(keyId) {
      const states = versions.get(keyId) ?? [];
      const visible = states.findLast(({ visibleAt }) => visibleAt <= trueNow());
      return { record: visible?.held.record, torn: visible !== states.at(-1) };
    },
    readFeed: () =>
      (feeds.findLast(({ visibleAt }) => visibleAt <= trueNow()) ?? feeds[0])?.feed as FeedRecord,
    of: (keyId) => (versions.get(keyId) ?? []).map(({ held }) => held),
    firstSeenBy: (keyId) => versions.get(keyId)?.[0]?.visibleAt ?? Number.POSITIVE_INFINITY,
  };
}
