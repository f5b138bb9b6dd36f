import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { createSystem, ORDERS, type System, usage } from '../loop/system.ts';
import type { Figure, Line } from './figure.ts';

/** How long a call takes there and back, in simulated milliseconds: DynamoDB and SNS in one region, on a usual day. */
const CALL_MS = { least: 4, most: 16 };
const ROOMY = { ...DEFAULT_POLICY, breaker: { ...DEFAULT_POLICY.breaker, least: 1_000, causeLeast: 1_000 } };

/** So many tokens, and of each the messages that `bodiesOf` makes; every call of the world takes its time. */
async function town(
  tokens: number,
  bodiesOf: (use: { keyId: string; tokenId: string }) => readonly unknown[],
): Promise<{ system: System; bodies: readonly unknown[] }> {
  const system = createSystem();
  const bodies: unknown[] = [];
  for (let n = 0; n < tokens; n++) {
    const id = `service-${n}`;
    const keyId =
      system.read(await system.register({ ...ORDERS, id, owner: `team-${n}` })).split('_')[2] ?? '';
    bodies.push(...bodiesOf({ keyId, tokenId: id }));
  }
  system.world.beforeCall = ({ port }) => {
    if (port === 'bus') return;
    return system.world.clock.sleep(
      CALL_MS.least + system.world.random.next() * (CALL_MS.most - CALL_MS.least),
    );
  };
  return { system, bodies };
}

const elsewhere = (use: { keyId: string; tokenId: string }): unknown =>
  usage({ ...use, usageId: `away-${use.tokenId}` });
const athome = (use: { keyId: string; tokenId: string }, n = 0): unknown =>
  usage({ ...use, usageId: `home-${use.tokenId}-${n}`, outcome: 'allowed', network: `10.1.2.${n}` });

/** Simulated milliseconds that a town's messages take, in batches of so many. */
async function simulated(batch: number, ...of: Parameters<typeof town>): Promise<number> {
  const { system, bodies } = await town(...of);
  const began = system.world.clock.monotonic();
  for (let at = 0; at < bodies.length; at += batch) {
    const { batchItemFailures } = await system.respond(bodies.slice(at, at + batch), ROOMY);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed`);
  }
  return system.world.clock.monotonic() - began;
}

/** Simulated milliseconds from the start of a batch to the end of a stolen token, the last that its one message tells of. */
async function behind(uses: number): Promise<number> {
  const { system, bodies } = await town(uses + 1, (use) =>
    use.tokenId === `service-${uses}` ? [elsewhere(use)] : [athome(use)],
  );
  const usages = bodies.flatMap((body) => (body as { usages: readonly object[] }).usages);
  const began = system.world.clock.now();
  await system.respond([{ kind: 'usage', v: 1, usages }], ROOMY);
  const ended = system.ports.registry.log.find(({ action }) => action === 'token.reissue-requested');
  if (ended === undefined) throw new Error('the stolen token was not ended');
  return Date.parse(ended.at) - began;
}

/** Messages a second on this machine, nothing of the world taking any time. */
async function rate(messages: number): Promise<number> {
  const { system, bodies } = await town(100, (use) =>
    Array.from({ length: messages / 100 }, (_, n) => athome(use, n)),
  );
  system.world.beforeCall = undefined;
  const began = performance.now();
  for (let at = 0; at < bodies.length; at += 10) await system.respond(bodies.slice(at, at + 10), ROOMY);
  return (1_000 * messages) / (performance.now() - began);
}

/** The responder's own run over ports in memory, one container. The simulated times are the same on every machine. */
export const RESPOND: Line = {
  name: 'respond',
  says: `messages of the usage queue in batches of ten against one by one, each call of the world taking ${CALL_MS.least} to ${CALL_MS.most} simulated
  ms. What one token's messages write is written in order, so they gain nothing; thefts share budgets and give way to
  each other. Messages a second: with calls that take no time.`,
  async measure(effort) {
    const figures: Figure[] = [];
    for (const [name, limit, ...of] of [
      ['uses of 100 tokens', 0.2, 100, (use) => [athome(use)]],
      ['uses of one token', 1.05, 1, (use) => Array.from({ length: 100 }, (_, n) => athome(use, n % 5))],
      ['thefts of 100 tokens', 0.5, 100, (use) => [elsewhere(use)]],
    ] as readonly (readonly [string, number, ...Parameters<typeof town>])[]) {
      const [single, batched] = [await simulated(1, ...of), await simulated(10, ...of)];
      figures.push(
        { name: `respond/${name}, simulated messages a second`, value: 100_000 / batched, unit: '1/s' },
        { name: `respond/${name}, at once ÷ one by one`, value: batched / single, unit: '×', limit },
      );
    }
    figures.push(
      {
        name: 'respond/a theft behind 199 uses in its message',
        value: await behind(199),
        unit: 'ms',
        limit: 2_000,
      },
      {
        name: 'respond/uses a second, CPU alone',
        value: await rate(effort === 'quick' ? 1_000 : 5_000),
        unit: '1/s',
        local: true,
      },
    );
    return figures;
  },
};
