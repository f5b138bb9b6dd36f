import type { Random } from './random.ts';
import type { CloudTrailRecord } from './record.ts';
import { HOUR, isoSeconds, MINUTE } from './timeline.ts';

/** One log file: its key in the bucket, and its records, in no order. */
export interface LogFile {
  readonly key: string;
  readonly records: readonly CloudTrailRecord[];
}

export interface DeliveryHabit {
  /** How many records arrive an hour or more late. */
  readonly late: number;
  /** How many records arrive twice, in another file or in the same one. */
  readonly doubled: number;
}

const FILE_MS: number = 5 * MINUTE;

/**
 * Records as CloudTrail delivers them to a bucket: a file for each region and five minutes of delivery, not sorted,
 * about three minutes after the event, some much later, a few twice. Holds what the hours ahead may still deliver.
 */
export function* deliver(
  records: Iterable<CloudTrailRecord>,
  random: Random,
  habit: DeliveryHabit = { late: 0.01, doubled: 0.003 },
): Generator<LogFile> {
  const open = new Map<number, Map<string, CloudTrailRecord[]>>();
  const put = (record: CloudTrailRecord, at: number): void => {
    const slot = Math.floor(at / FILE_MS);
    const files = open.get(slot) ?? new Map<string, CloudTrailRecord[]>();
    open.set(slot, files);
    const file = files.get(record.awsRegion) ?? [];
    files.set(record.awsRegion, file);
    file.push(record);
  };
  let closed = Number.NEGATIVE_INFINITY;
  for (const record of records) {
    const at = Date.parse(record.eventTime);
    const slot = Math.floor(at / FILE_MS);
    if (slot > closed + 1) {
      yield* close(open, slot, random);
      closed = slot - 1;
    }
    const delay = random.chance(habit.late) ? random.between(1, 6) * HOUR : random.lognormal(3, 0.4) * MINUTE;
    put(record, at + delay);
    if (random.chance(habit.doubled)) put(record, at + delay + random.exponential(10 * MINUTE));
  }
  yield* close(open, Number.POSITIVE_INFINITY, random);
}

function* close(
  open: Map<number, Map<string, CloudTrailRecord[]>>,
  before: number,
  random: Random,
): Generator<LogFile> {
  const slots = [...open.keys()].filter((slot) => slot < before).sort((a, b) => a - b);
  for (const slot of slots) {
    const files = open.get(slot) ?? new Map<string, CloudTrailRecord[]>();
    open.delete(slot);
    for (const [region, records] of files)
      yield { key: keyOf(slot, region, records, random), records: random.sample(records, records.length) };
  }
}

function keyOf(slot: number, region: string, records: readonly CloudTrailRecord[], random: Random): string {
  const stamp = isoSeconds((slot + 1) * FILE_MS);
  const account = records[0]?.recipientAccountId ?? '';
  const unique = random.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
  const day = stamp.slice(0, 10).replaceAll('-', '/');
  const minute = stamp.slice(0, 16).replaceAll(/[-:]/g, '');
  return `AWSLogs/${account}/CloudTrail/${region}/${day}/${account}_CloudTrail_${region}_${minute}Z_${unique}.json`;
}
