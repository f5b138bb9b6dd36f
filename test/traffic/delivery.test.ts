import { describe, expect, it } from 'vitest';
import { deliver } from './delivery.ts';
import { draw } from './draw.ts';
import { createRandom } from './random.ts';

const { records } = draw({ credentials: 120, days: 3 });
const habit = { late: 0.02, doubled: 0.02 };
const files = [...deliver(records, createRandom('delivery'), habit)];
const delivered = files.flatMap((file) => file.records);

/** When a file was written, by its key: the end of its five minutes. */
const writtenAt = (key: string): number => {
  const [, day, time] = /_(\d{8})T(\d{4})Z_/.exec(key) ?? [];
  const iso = `${day?.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')}T${time?.replace(/(\d\d)(\d\d)/, '$1:$2')}:00Z`;
  return Date.parse(iso);
};

describe('delivery to a bucket', () => {
  it('loses nothing and doubles a few', () => {
    const ids = records.map(({ eventID }) => eventID);
    expect(new Set(delivered.map(({ eventID }) => eventID))).toEqual(new Set(ids));
    const doubled = (delivered.length - ids.length) / ids.length;
    expect(doubled).toBeGreaterThan(0.01);
    expect(doubled).toBeLessThan(0.03);
  });

  it('keeps regions apart, under the keys that CloudTrail uses', () => {
    for (const { key, records: some } of files) {
      expect(key).toMatch(
        /^AWSLogs\/(\d{12})\/CloudTrail\/([a-z0-9-]+)\/\d{4}\/\d\d\/\d\d\/\1_CloudTrail_\2_\d{8}T\d{4}Z_\w{16}\.json$/,
      );
      expect(new Set(some.map(({ awsRegion }) => awsRegion))).toEqual(new Set([key.split('/')[3]]));
    }
    expect(new Set(files.map(({ key }) => key)).size).toBe(files.length);
  });

  it('writes files in the order of time, whose records are late and in no order', () => {
    const times = files.map(({ key }) => writtenAt(key));
    expect(times.every((at, n) => n === 0 || at >= (times[n - 1] ?? 0))).toBe(true);
    const ages = files.flatMap(({ key, records: some }) =>
      some.map(({ eventTime }) => writtenAt(key) - Date.parse(eventTime)),
    );
    expect(Math.min(...ages)).toBeGreaterThan(0);
    expect(ages.filter((age) => age > 3_600_000).length).toBeGreaterThan(10);
    const sorted = (file: (typeof files)[number]): boolean =>
      file.records.every(
        ({ eventTime }, n) => n === 0 || eventTime >= (file.records[n - 1]?.eventTime ?? ''),
      );
    expect(files.filter((file) => !sorted(file)).length).toBeGreaterThan(10);
  });
});
