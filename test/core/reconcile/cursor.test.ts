import { describe, expect, it } from 'vitest';
import {
  advance,
  type Cursor,
  fileOf,
  firstCursor,
  LATE_MS,
  listFrom,
  partPrefix,
  unread,
} from '#core/reconcile/cursor.ts';

const MINUTE = 60_000;
const AT = Date.UTC(2026, 10, 24, 0, 5);
const PART = { prefix: '', account: '111122223333', region: 'eu-west-1' };
const cursor = (part: Partial<Cursor> = {}): Cursor => ({
  schema: 1,
  rev: 3,
  region: 'eu-west-1',
  newest: AT,
  seen: [],
  ...part,
});
const nameAt = (at: number, unique: string): string => {
  const [day = '', clock = ''] = new Date(at).toISOString().split('T');
  const stamp = `${day.replaceAll('-', '')}T${clock.slice(0, 5).replace(':', '')}Z`;
  return `${partPrefix(PART)}${day.replaceAll('-', '/')}/111122223333_CloudTrail_eu-west-1_${stamp}_${unique}.json.gz`;
};

describe('where a trail is', () => {
  it.each([
    [PART, 'AWSLogs/111122223333/CloudTrail/eu-west-1/'],
    [{ ...PART, prefix: 'a/b' }, 'a/b/AWSLogs/111122223333/CloudTrail/eu-west-1/'],
    [{ ...PART, organizationId: 'o-abcdefghij' }, 'AWSLogs/o-abcdefghij/111122223333/CloudTrail/eu-west-1/'],
  ])('%j', (part, prefix) => {
    expect(partPrefix(part)).toBe(prefix);
  });

  it('is listed from a while before the newest, over midnight', () => {
    expect(listFrom(PART, cursor())).toBe(
      'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/23/111122223333_CloudTrail_eu-west-1_20261123T2350Z',
    );
    for (const at of [AT - LATE_MS, AT, AT + 1_000 * MINUTE])
      expect(nameAt(at, '0') > listFrom(PART, cursor())).toBe(true);
    expect(nameAt(AT - LATE_MS - MINUTE, 'zzzz') < listFrom(PART, cursor())).toBe(true);
  });

  it('begins an hour ago', () => {
    expect(firstCursor('eu-west-1', AT)).toEqual(cursor({ rev: 0, newest: AT - 60 * MINUTE }));
  });
});

describe('a file', () => {
  it.each([
    [nameAt(AT, 'Ab1'), { at: AT, end: '0005Ab1' }],
    [nameAt(AT, 'Ab1').replace('.gz', ''), { at: AT, end: '0005Ab1' }],
    [nameAt(AT, ''), undefined],
    [nameAt(AT, 'Ab1').replace('.json', '.txt'), undefined],
    [`${nameAt(AT, 'Ab1')}x`, undefined],
    ['AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/24/x.json.gz', undefined],
  ])('%s', (name, file) => {
    expect(fileOf(name)).toEqual(file);
  });
});

describe('what was read', () => {
  it('is not read again, and what came late beside it is', () => {
    const [early, late, next] = [nameAt(AT, 'B'), nameAt(AT, 'A'), nameAt(AT + MINUTE, 'C')];
    const read = advance(cursor(), [early, next]);
    expect(read).toEqual(cursor({ newest: AT + MINUTE, seen: ['0005B', '0006C'] }));
    expect(unread(read, [late, early, 'no-file', next])).toEqual([late]);
    expect(advance(read, ['no-file'])).toEqual(read);
  });

  it('is forgotten once it is not listed any more, over midnight too', () => {
    const before = advance(cursor({ newest: AT - 30 * MINUTE }), [
      nameAt(AT - 10 * MINUTE, 'A'),
      nameAt(AT, 'B'),
    ]);
    expect(before.seen).toEqual(['2355A', '0005B']);
    const after = advance(before, [nameAt(AT + 6 * MINUTE, 'C')]);
    expect(after.seen).toEqual(['0005B', '0011C']);
    expect(advance(after, [nameAt(AT + 15 * MINUTE, 'D')]).seen).toEqual(['0005B', '0011C', '0020D']);
    expect(advance(after, [nameAt(AT + 16 * MINUTE, 'D')]).seen).toEqual(['0011C', '0021D']);
  });

  it('never takes the cursor back, nor more room than an item has', () => {
    expect(advance(cursor(), [nameAt(AT - 5 * MINUTE, 'A')]).newest).toBe(AT);
    const many = Array.from({ length: 4_100 }, (_, n) => nameAt(AT, String(n)));
    const { seen } = advance(cursor(), many);
    expect(seen).toHaveLength(4_000);
    expect(seen.at(-1)).toBe('00054099');
  });

  it('is as far as before after a name that is no log file’s', () => {
    const fresh = firstCursor('eu-west-1', AT);
    expect(advance(fresh, ['CloudTrail-Digest/x'])).toEqual(fresh);
  });
});
