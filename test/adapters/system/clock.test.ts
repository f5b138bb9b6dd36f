import { describe, expect, it } from 'vitest';
import { createClock, createRandom } from '#adapters/system/clock.ts';

describe('createClock', () => {
  it('sleeps at least as long as asked, by both clocks', async () => {
    const clock = createClock();
    const [wall, monotonic] = [clock.now(), clock.monotonic()];
    await clock.sleep(20);
    expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(19);
    expect(clock.now()).toBeGreaterThanOrEqual(wall);
    expect(Number.isInteger(clock.now())).toBe(true);
  });
});

describe('createRandom', () => {
  it('is within [0, 1)', () => {
    const random = createRandom();
    const drawn = Array.from({ length: 1_000 }, () => random.next());
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(900);
  });
});
