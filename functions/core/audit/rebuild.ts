import { keyOf } from '../keys.ts';
import type { EpochMs, RegistryRecord } from '../records.ts';
import { digestOf, itemOf } from './after.ts';
import type { AfterImage, AuditRecord } from './entry.ts';

/** An item as the log last saw it, and when. */
export type LastImage = AfterImage & { readonly at: EpochMs };

/** The registry as the log tells it: the last image of every item that was ever written. */
export type Rebuilt = ReadonlyMap<string, LastImage>;

/**
 * Folds records into what they add up to, in whatever order the shards are read. Of two images of an item the one with
 * the higher revision is the later, unless the item had gone by TTL, or been deleted, in between: revisions then begin
 * anew.
 *
 * @example
 * let rebuilt: Rebuilt = new Map();
 * for (const records of segments) rebuilt = rebuild(records, rebuilt);
 */
export function rebuild(records: Iterable<AuditRecord>, from: Rebuilt = new Map()): Rebuilt {
  const images = new Map(from);
  for (const { at, after = [] } of records) {
    for (const image of after) {
      const next = { ...image, at: Date.parse(at) };
      const last = images.get(image.item);
      if (last === undefined || isLater(next, last)) images.set(image.item, next);
    }
  }
  return images;
}

function isLater(next: LastImage, last: LastImage): boolean {
  if (next.rev === 0 || last.rev === 0) return next.at >= last.at;
  if (isGone(last, next.at)) return true;
  return !isGone(next, last.at) && next.rev > last.rev;
}

/** Where a registry is not what the log says. `unknown`: the log never wrote it. */
export interface Difference {
  readonly item: string;
  readonly reason: 'missing' | 'differs' | 'unknown';
  /** Revision in the log, and in the registry. */
  readonly logged?: number;
  readonly stored?: number;
}

/**
 * Holds a registry against the log, item by item and to the last field (the restore drill, CP-9(1)). Profiles and habits are
 * telemetry and in no log; what its TTL has reached may be there or not.
 */
export function compare(
  rebuilt: Rebuilt,
  stored: readonly RegistryRecord[],
  now: EpochMs,
): readonly Difference[] {
  const records = new Map(stored.map((record) => [itemOf(keyOf(record)), record]));
  const differences: Difference[] = [];
  for (const [item, image] of rebuilt) {
    const record = records.get(item);
    records.delete(item);
    if (record === undefined) {
      if (image.rev > 0 && !isGone(image, now))
        differences.push({ item, reason: 'missing', logged: image.rev });
    } else if (digestOf(record) !== image.sha256) {
      differences.push({ item, reason: 'differs', logged: image.rev, stored: record.rev });
    }
  }
  for (const [item, record] of records) {
    if (record.kind !== 'profile' && record.kind !== 'habits')
      differences.push({ item, reason: 'unknown', stored: record.rev });
  }
  return differences;
}

const isGone = ({ ttlSeconds }: AfterImage, at: EpochMs): boolean =>
  ttlSeconds !== undefined && ttlSeconds * 1000 <= at;
