import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyBaseline,
  firstSlotOf,
  GAP_BUCKETS,
  gapBucket,
  gapShare,
  HABITS,
  knows,
  learnRate,
  learnValue,
  MOST,
  rateAt,
  singlesAt,
  slotsAt,
} from '#core/detection/baseline.ts';
import { tailOf } from '#core/detection/counts.ts';
import { HABIT_HALF_LIFE_MS, SLOT_MS, slotOf } from '#core/detection/decay.ts';
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

  it('counts values seen in one slot only, decayed', () => {
    const baseline = emptyBaseline();
    learnValue(baseline, 'asn', 'AS1', NOW);
    learnValue(baseline, 'asn', 'AS2', NOW);
    learnValue(baseline, 'asn', 'AS2', NOW + HOUR);
    expect(singlesAt(baseline, 'asn', NOW + HABIT_HALF_LIFE_MS)).toBeCloseTo(0.5, 2);
  });

  it.each([
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
    expect(gapShare(daily, 20 * HOUR)).toBeGreaterThan(0.9);
    expect(gapShare(daily, 9 * DAY)).toBeLessThan(0.05);
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

  const stored = JSON.parse(serialise(habits(1))) as Record<string, unknown>;
  it.each<[string, unknown, string]>([
    ['no JSON', undefined, 'form'],
    ['an unknown form', { ...stored, f: 2 }, 'f'],
    ['no activity', { ...stored, a: 'x' }, 'a'],
    [
      'a habit that is cut off',
      { ...stored, h: (stored.h as string[]).map((each) => each.slice(0, 4)) },
      'h.ip',
    ],
    ['too few habits', { ...stored, h: [] }, 'h'],
  ])('refuses %s', (_what, value, field) => {
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
    expect(addressOf(ip, undefined)).toMatchObject({ ip, prefix, asn: '', vpce: '' });
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
