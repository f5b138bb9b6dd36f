import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, type ResponsePolicy } from '#core/response/policy.ts';
import { actedUpon, createTown, ended, held, incidentsOf, lost, pagesOf, type Town, taken } from './noise.ts';

const WINDOW_MS = DEFAULT_POLICY.breaker.windowMinutes * 60_000;
const AT_ONCE = 10;

/** How many actions a window allows: three, or five per cent of so many credentials. */
const policyOf = (active: number): ResponsePolicy => ({ ...DEFAULT_POLICY, active });
const capOf = (active: number): number => Math.max(3, Math.floor(active / 20));

/** Half of it in one window of the breaker and half in the next. */
async function happen({ system, events }: Town, policy: ResponsePolicy): Promise<void> {
  const { windowMinutes } = policy.breaker;
  const half = AT_ONCE * Math.ceil(events.length / 2 / AT_ONCE);
  for (let n = 0; n < events.length; n += AT_ONCE) {
    if (n === half) system.world.clock.advance(windowMinutes * 60_000);
    const answer = await system.respond(events.slice(n, n + AT_ONCE), policy);
    expect(answer.batchItemFailures).toEqual([]);
  }
}

const count = (numbers: readonly number[] | undefined): number =>
  (numbers ?? []).reduce((sum, each) => sum + each, 0);

/** One order for each pending incident. `unchanged`: all in it had ended, by a later event or an earlier order. */
async function decideAll({ system }: Town, action: 'apply' | 'drop'): Promise<void> {
  for (const { incidentId, state } of incidentsOf(system)) {
    if (state !== 'pending') continue;
    const order = { action, incident: incidentId, reason: 'one thief', noWait: true };
    expect(await system.order(order)).toMatchObject({
      status: 200,
      answer: { outcome: expect.stringMatching(/^(?:applied|unchanged)$/) },
    });
  }
  expect(incidentsOf(system).filter(({ state }) => state === 'pending')).toEqual([]);
  system.world.clock.advance(60_000);
  await system.sweep();
}

describe('10,000 hostile events naming 1,000 credentials', () => {
  const SIZE = { tokens: 1_000, events: 10_000 };
  const CAP = capOf(SIZE.tokens);

  it.each([
    // The stolen token is one of many: it waits with them.
    ['from everywhere', 'everywhere' as const, [CAP, CAP], 'what is held'],
    // The fourth shows what all have in common; the stolen one has not.
    ['from one network', 'one' as const, [4], 'what is done'],
  ])(
    '%s act on no more than the cap and lose no theft',
    async (_what, from, acted, stolenToken) => {
      const town = await createTown({ ...SIZE, from }, from);
      await happen(town, policyOf(SIZE.tokens));
      expect(town.accused.size).toBe(SIZE.tokens);
      const signals = taken(town, WINDOW_MS);
      expect(signals['T0-4']).toEqual(acted);
      expect([...acted].every((each) => each <= CAP)).toBe(true);
      expect(['T0-1', 'T0-2', 'T0-3', 'T0-6'].map((signal) => count(signals[signal]))).toEqual([1, 1, 4, 0]);

      const waiting = held(town);
      const gone = new Set(ended(town));
      // What the budgets let through, and the four tokens that were stolen by way of other signals.
      expect(gone.size).toBe(count(acted) + 4);
      expect([...town.accused].filter((tokenId) => !gone.has(tokenId) && !waiting.has(tokenId))).toEqual([]);
      expect(lost(town)).toEqual([]);
      const names = town.thefts.map(({ name }) => name);
      const atOnce = stolenToken === 'what is done' ? names : names.slice(0, -1);
      expect(actedUpon(town)).toEqual(atOnce);
      // However often a token is named, it is paged once for what waits, and then with its incident.
      for (const [key, times] of pagesOf(town))
        if (key.startsWith('T0-4')) expect([key, times]).toEqual([key, Math.min(times, 3)]);
      // A window's own, and as many as there are parts: not one for each event.
      expect(incidentsOf(town.system)).toHaveLength(2 * (1 + Math.ceil((2 * SIZE.tokens) / 64)));

      await decideAll(town, 'apply');
      expect(held(town).size).toBe(0);
      expect(actedUpon(town)).toEqual(names);
      const after = new Set(ended(town));
      expect([...town.accused].filter((tokenId) => !after.has(tokenId))).toEqual([]);
    },
    120_000,
  );

  it('break the cap where there is no breaker: the count would see it', async () => {
    const town = await createTown({ tokens: SIZE.tokens, events: 2 * SIZE.tokens }, 'no breaker');
    const off = { ...DEFAULT_POLICY.breaker, least: 1_000_000, causeLeast: 1_000_000 };
    await happen(town, { ...policyOf(SIZE.tokens), breaker: off });
    expect(count(taken(town, WINDOW_MS)['T0-4'])).toBeGreaterThan(10 * CAP);
    expect(ended(town).length).toBeGreaterThan(10 * CAP);
    expect(incidentsOf(town.system)).toEqual([]);
  });
});

describe('thefts in the midst of noise', () => {
  it.each(Array.from({ length: 12 }, (_, n) => `order ${n}`))(
    'each end acted upon or held, and held ones when applied: %s',
    async (seed) => {
      const town = await createTown({ tokens: 40, events: 300 }, seed);
      await happen(town, policyOf(40));
      const { 'T0-4': noise = [], ...others } = taken(town, WINDOW_MS);
      for (const each of [noise, ...Object.values(others)].flat())
        expect(each).toBeLessThanOrEqual(capOf(40));
      expect(lost(town)).toEqual([]);
      await decideAll(town, 'apply');
      expect(actedUpon(town)).toEqual(town.thefts.map(({ name }) => name));
    },
  );

  it('are called lost by name once nothing holds them: the check would see it', async () => {
    const town = await createTown({ tokens: 40, events: 300 }, 'forgotten');
    await happen(town, policyOf(40));
    const names = town.thefts.map(({ name }) => name);
    const done = actedUpon(town);
    expect(done.length).toBeLessThan(names.length);
    expect(lost(town)).toEqual([]);
    await decideAll(town, 'drop');
    expect(lost(town)).toEqual(names.filter((name) => !done.includes(name)));
  });
});
