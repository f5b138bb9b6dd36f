import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digestOf,
  emptyBaseline,
  firstSlotOf,
  GAP_BUCKETS,
  gapBucket,
  gapShare,
  HABITS,
  knows,
  learnActivity,
  learnRate,
  learnValue,
  MOST,
  rateAt,
  singlesAt,
  slotsAt,
} from '#core/detection/baseline.ts';
import { surprise, tailOf } from '#core/detection/counts.ts';
import { HABIT_HALF_LIFE_MS, SLOT_MS, slotOf, slotStart, weightAt } from '#core/detection/decay.ts';
import { addressOf } from '#core/detection/network.ts';
import { noveltyWeight } from '#core/detection/novelty.ts';
import { kilometres } from '#core/detection/place.ts';
import { BASELINE_MOST_BYTES, parseBaseline, serialise } from '#core/detection/serialise.ts';
import { DAY, HOUR, NOW } from '../builders.ts';
import { habits, learnOne } from './observations.ts';

describe('a baseline', () => {
  it('counts a burst once', () => {
    const baseline = emptyBaseline();
    for (let second = 0; second < 300; second++) learnOne(baseline, { at: NOW + second * 1_000 });
    expect(baseline.activity.slots).toBe(1);
    expect(slotsAt(baseline, NOW)).toBeCloseTo(1, 2);
  });

  it('forgets half in thirty days', () => {
    const baseline = habits(1);
    expect(slotsAt(baseline, NOW + HABIT_HALF_LIFE_MS) / slotsAt(baseline, NOW)).toBeCloseTo(0.5, 9);
    learnRate(baseline.secrets, 8, NOW);
    expect(rateAt(baseline.secrets, NOW + HABIT_HALF_LIFE_MS)).toEqual({
      events: expect.closeTo(4, 6),
      hours: expect.closeTo(0.5, 6),
      most: expect.closeTo(4, 6),
    });
  });

  it('comes to the same in any order within the last 32 slots, each delivered any number of times', () => {
    const networks = fc.constantFrom('203.0.113.7', '198.51.100.9', 'vpce-0a', '');
    const event = fc.record({
      slot: fc.integer({ min: 0, max: 31 }),
      network: networks,
      api: fc.constantFrom('a', 'b'),
    });
    const learnt = (events: readonly { slot: number; network: string; api: string }[]): string => {
      const baseline = emptyBaseline();
      for (const { slot, ...part } of events) learnOne(baseline, { ...part, at: NOW + slot * SLOT_MS });
      return serialise({ ...baseline, gaps: [...emptyBaseline().gaps] });
    };
    fc.assert(
      fc.property(
        fc
          .array(event, { minLength: 1, maxLength: 12 })
          .chain((list) =>
            fc.tuple(
              fc.constant(list),
              fc.shuffledSubarray([...list, ...list], { minLength: 2 * list.length }),
            ),
          ),
        ([list, doubled]) => {
          expect(learnt(doubled)).toBe(learnt(list));
        },
      ),
    );
  });

  it('keeps the values seen last, whatever came first', () => {
    const names = Array.from({ length: MOST.client + 3 }, (_, index) => `c${index}`);
    const learnt = (order: readonly string[]): ReadonlySet<string> => {
      const baseline = emptyBaseline();
      for (const name of order) learnValue(baseline, 'client', name, NOW);
      return new Set(baseline.habits.client.keys());
    };
    expect(learnt(names)).toEqual(learnt([...names].reverse()));
    // Of those seen last at the same time, the first by name go: c0, c1, c10.
    expect(learnt(names)).toEqual(new Set(['c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9']));
    const aged = emptyBaseline();
    for (const [index, name] of names.entries()) learnValue(aged, 'client', name, NOW + index * DAY);
    expect([knows(aged, 'client', 'c2'), knows(aged, 'client', 'c3')]).toEqual([false, true]);
  });

  it('counts an early slot that came late, and none twice', () => {
    const baseline = emptyBaseline();
    for (const at of [NOW, NOW - HOUR, NOW - HOUR, NOW - 3 * DAY, NOW + 9 * DAY])
      learnValue(baseline, 'api', 'a', at);
    expect(baseline.habits.api.get('a')).toMatchObject({ slots: 3, first: slotOf(NOW - 3 * DAY) });
    expect(firstSlotOf(baseline, 'api', 'a')).toBe(slotOf(NOW - 3 * DAY));
    expect(firstSlotOf(baseline, 'api', 'b')).toBeUndefined();
  });

  it.each([
    ['beyond the 32 slots that it sees', [0, 33, 32], 3],
    ['at the very 32nd', [0, 5, 37, 32], 4],
  ])('tells slots apart %s', (_what, slots, expected) => {
    const baseline = emptyBaseline();
    for (const slot of slots) learnValue(baseline, 'api', 'a', NOW + slot * SLOT_MS);
    expect(baseline.habits.api.get('a')?.slots).toBe(expected);
  });

  it('learns nothing of an empty value', () => {
    const baseline = emptyBaseline();
    learnValue(baseline, 'api', '', NOW);
    expect(baseline.habits.api.size).toBe(0);
  });

  it('knows no pause before the second spell, and none under an hour', () => {
    const baseline = emptyBaseline();
    const pauses = (): readonly number[] => Object.values(baseline.gaps);
    learnOne(baseline, { at: NOW });
    learnOne(baseline, { at: NOW + SLOT_MS });
    expect(pauses()).toEqual(new Array(GAP_BUCKETS).fill(0));
    learnOne(baseline, { at: NOW + SLOT_MS + 2 * HOUR });
    const expected = new Array(GAP_BUCKETS).fill(0).with(1, weightAt(NOW + SLOT_MS + 2 * HOUR));
    expect(pauses()).toEqual(expected);
  });

  it.each([
    ['', '#jzawj53xl1'],
    ['a', '#t3owu3nygc'],
    ['203.0.113.7', '#jq8f03yktc'],
  ])('has one digest of %j for ever: stored habits are known by it', (value, digest) => {
    expect(digestOf(value)).toBe(digest);
  });

  it('counts values seen in one slot only, decayed', () => {
    const baseline = emptyBaseline();
    learnValue(baseline, 'asn', 'AS1', NOW);
    learnValue(baseline, 'asn', 'AS2', NOW);
    learnValue(baseline, 'asn', 'AS2', NOW + HOUR);
    expect(singlesAt(baseline, 'asn', NOW + HABIT_HALF_LIFE_MS)).toBeCloseTo(0.5, 2);
  });

  it.each([
    [0, -1],
    [SLOT_MS, -1],
    [HOUR - 1, -1],
    [HOUR, 0],
    [3 * HOUR, 1],
    [9_000 * HOUR, GAP_BUCKETS - 1],
  ])('a pause of %d ms is in bucket %d', (ms, bucket) => {
    expect(gapBucket(ms)).toBe(bucket);
  });

  it('knows its own pauses', () => {
    const daily = emptyBaseline();
    for (let day = 0; day < 40; day++) learnOne(daily, { at: NOW + day * DAY });
    // Thirty-nine pauses of a day, in units of the last one's weight.
    const all = Array.from({ length: 39 }, (_, ago) => 2 ** (-ago / 30)).reduce((sum, each) => sum + each);
    expect(gapShare(daily, 20 * HOUR)).toBeCloseTo((all + 0.5) / (all + 1), 3);
    expect(gapShare(daily, 9 * DAY)).toBeCloseTo(0.5 / (all + 1), 3);
    expect(gapShare(emptyBaseline(), DAY)).toBe(0.5);
  });
});

describe('a stored baseline', () => {
  const full = (): ReturnType<typeof emptyBaseline> => {
    const baseline = habits(20);
    for (const habit of HABITS) {
      for (let index = 0; index < MOST[habit]; index++) {
        learnValue(baseline, habit, `${habit}:${'x'.repeat(60)}${index}`, NOW - index * DAY * 9);
      }
    }
    for (let index = 0; index < GAP_BUCKETS; index++) baseline.gaps[index] = Math.PI * 1e30;
    for (const rate of [baseline.secrets, baseline.denials]) learnRate(rate, 256 / 3, NOW);
    return { ...baseline, version: 1_234_567 };
  };

  it('fits its bound at its fullest', () => {
    expect(Buffer.byteLength(serialise(full()))).toBeLessThanOrEqual(BASELINE_MOST_BYTES);
  });

  it('comes back as it was, and knows what it knew', () => {
    const back = parseBaseline(serialise(full()));
    if (!back.ok) throw new Error(back.error);
    expect(serialise(back.value)).toBe(serialise(full()));
    expect(back.value.version).toBe(1_234_567);
    const small = parseBaseline(serialise(habits(2)));
    if (!small.ok) throw new Error(small.error);
    for (const [habit, value] of [
      ['ip', '203.0.113.7'],
      ['prefix', '203.0.113.0/24'],
      ['api', 's3:GetObject'],
      ['region', 'eu-west-1'],
    ] as const) {
      expect(knows(small.value, habit, value)).toBe(true);
      expect(knows(small.value, habit, `${value}0`)).toBe(false);
    }
    learnOne(small.value, { at: NOW });
    expect(small.value.habits.ip.size).toBe(1);
  });

  it('has this very form', () => {
    const baseline = emptyBaseline();
    const values = { ip: '203.0.113.7', vpce: 'vpce-1', api: 'a', secret: 's', region: 'eu-west-1' } as const;
    const slot = (n: number): number => slotStart(n);
    for (const at of [slot(100), slot(102)]) {
      learnActivity(baseline, at);
      for (const [habit, value] of Object.entries(values)) learnValue(baseline, habit as 'ip', value, at);
    }
    learnValue(baseline, 'client', 'c'.repeat(24), slot(102));
    learnValue(baseline, 'client', 'd'.repeat(25), slot(102));
    learnValue(baseline, 'client', 'e f', slot(102));
    learnValue(baseline, 'client', 'g;h', slot(102));
    baseline.gaps[0] = 1.23456789;
    learnRate(baseline.secrets, 2, slotStart(0));
    const trait = '0 2 2 5';
    const once = '2 0 1 1';
    const client = [
      `${'c'.repeat(24)} ${once}`,
      ...['d'.repeat(25), 'e f', 'g;h'].map((v) => `${digestOf(v)} ${once}`),
    ];
    expect(JSON.parse(serialise(baseline))).toEqual({
      f: 1,
      v: 0,
      a: '2s 2 2 5',
      w: Number(baseline.weight.toPrecision(7)),
      s: [2, 1, 2],
      d: [0, 0, 0],
      g: [1.234568, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      h: [
        `${digestOf(values.ip)} ${trait}`,
        '',
        '',
        '',
        `${digestOf(values.vpce)} ${trait}`,
        `eu-west-1 ${trait}`,
        client.sort().join(';'),
        `${digestOf(values.api)} ${trait}`,
        `${digestOf(values.secret)} ${trait}`,
        '',
      ],
    });
  });

  it('is read back with its version, its rates and its pauses', () => {
    const baseline = { ...habits(2), version: 7 };
    learnRate(baseline.secrets, 3, NOW);
    learnRate(baseline.denials, 5, NOW);
    const back = parseBaseline(serialise(baseline));
    if (!back.ok) throw new Error(back.error);
    const close = (rate: object): object =>
      Object.fromEntries(Object.entries(rate).map(([name, n]) => [name, Number(Number(n).toPrecision(7))]));
    expect(back.value).toMatchObject({
      version: 7,
      activity: baseline.activity,
      secrets: close(baseline.secrets),
      denials: close(baseline.denials),
    });
  });

  type Stored = { readonly h: readonly string[]; readonly s: readonly number[] };
  it.each<[string, (stored: Stored) => unknown, string]>([
    ['no JSON', () => undefined, 'form'],
    ['no object', () => 7, 'form'],
    ['an unknown form', (stored) => ({ ...stored, f: 2 }), 'f'],
    ['a rate that is no number', (stored) => ({ ...stored, s: [1, 2, 'x'] }), 's.2'],
    ['no activity', (stored) => ({ ...stored, a: 'x' }), 'a'],
    ['an activity without its last number', (stored) => ({ ...stored, a: '1 1 1' }), 'a'],
    ['an activity that is cut off', (stored) => ({ ...stored, a: '1 1' }), 'a'],
    ['an activity without a length', (stored) => ({ ...stored, a: '1' }), 'a'],
    [
      'a habit that is cut off',
      (stored) => ({ ...stored, h: stored.h.map((each) => each.slice(0, 4)) }),
      'h.ip',
    ],
    ['too few habits', (stored) => ({ ...stored, h: [] }), 'h'],
  ])('refuses %s', (_what, change, field) => {
    const value = change(JSON.parse(serialise(habits(1))) as Stored);
    const text = value === undefined ? '{' : JSON.stringify(value);
    expect(parseBaseline(text)).toEqual({ ok: false, error: field });
  });
});

describe('the arithmetic', () => {
  it('weighs a novelty by how rare novelties are, and not at all without a history', () => {
    expect(noveltyWeight(0, 0, 0.7)).toBe(0);
    expect(noveltyWeight(1, 1, 0.7)).toBe(0);
    expect(noveltyWeight(0, 10_000, 0.7)).toBeGreaterThan(8);
    expect(noveltyWeight(100, 1_000, 0.7)).toBeLessThan(2);
  });

  it('has the tail of a negative binomial', () => {
    expect(tailOf(1, 0, 0)).toBeCloseTo(1 - Math.SQRT1_2, 12);
    expect(tailOf(2, 0, 0)).toBeCloseTo(1 - Math.SQRT1_2 * 1.25, 12);
    // Shape 1.5, two hours with the prior's one: (2/3)^1.5 for none, half of that for one more.
    expect(tailOf(1, 1, 1)).toBeCloseTo(1 - (2 / 3) ** 1.5, 12);
    expect(tailOf(3, 1, 1)).toBeCloseTo(1 - (2 / 3) ** 1.5 * (1 + 0.5 + 0.5 * (2.5 / 6)), 12);
    expect(tailOf(400, 0, 0)).toBe(1e-9);
    expect(surprise(1, 900, 30)).toBe(0);
    expect(surprise(400, 0, 0)).toBeCloseTo(Math.log(0.5e9), 9);
  });

  it.each([
    [0, 0, 0],
    [1, 0, 0],
    [7, 3, 12],
    [40, 900, 30],
  ])('the tail of %d after %d in %d hours is the sum of the rest', (count, events, hours) => {
    const sum = Array.from({ length: 250 - count }, (_, index) => index + count).reduce(
      (total, k) => total + tailOf(k, events, hours) - tailOf(k + 1, events, hours),
      0,
    );
    expect(tailOf(count, events, hours)).toBeCloseTo(sum, 6);
    expect(tailOf(0, events, hours)).toBe(1);
  });

  it('measures the earth', () => {
    const berlin = { lat: 52.52, lon: 13.405 };
    expect(kilometres(berlin, { lat: 48.857, lon: 2.352 })).toBeCloseTo(877, -1);
    expect(kilometres(berlin, { lat: -berlin.lat, lon: berlin.lon - 180 })).toBeCloseTo(20_015, 0);
  });

  it.each([
    ['203.0.113.7', '203.0.113.0/24'],
    ['2001:DB8:7:1::9', '2001:db8:7::/48'],
    ['2001:db8::9', '2001:db8:0::/48'],
    ['::1', '0:0:0::/48'],
    ['1:2:3:4:5:6:7:8', '1:2:3::/48'],
  ])('%s is in %s', (ip, prefix) => {
    expect(addressOf(ip, undefined)).toEqual({ ip, prefix, asn: '', country: '', vpce: '' });
    expect(addressOf(ip, { asn: 'AS1', country: 'DE' })).toMatchObject({ asn: 'AS1', country: 'DE' });
  });

  it('knows an endpoint by its id alone', () => {
    expect(addressOf('vpce-1', undefined)).toEqual({
      ip: '',
      prefix: '',
      asn: '',
      country: '',
      vpce: 'vpce-1',
    });
    expect(addressOf('', undefined).ip).toBe('');
  });
});
