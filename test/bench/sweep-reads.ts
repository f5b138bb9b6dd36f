import { keys } from '#core/keys.ts';
import { createWorld, type World } from '../ports/world.ts';
import { createTable } from './dynamo/table.ts';
import type { Figure, Line } from './figure.ts';
import { createCrowd, type Template } from './population.ts';
import { createStack } from './stack.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** One run of the sweep's schedule. */
const PERIOD_MS = 5 * MINUTE;

/** A token that has been rotated until its list of versions is full; its last rotation has left one retiring. */
async function matured(world: World): Promise<Template> {
  const table = createTable();
  const stack = await createStack(world, table.client);
  const secretArn = await stack.register({ id: 'service-0' });
  for (let day = 0; day < 20; day++) {
    world.clock.advance(DAY);
    await stack.sweep();
    await stack.rotate(secretArn);
  }
  const token = await stack.ports.registry.get(keys.token('service-0'));
  if (token === undefined) throw new Error('the template token is gone');
  const versions = await stack.ports.registry.getMany(token.versions.map(({ keyId }) => keys.version(keyId)));
  return { token, versions };
}

/**
 * The sweep's own run over the registry's own adapter: its queries of the index, and whatever each due item makes it
 * read. Deterministic; the share that is due does not depend on the number of tokens, so neither should the ratio.
 */
export const SWEEP_READS: Line = {
  name: 'sweep reads',
  says: `read units of one sweep in five minutes, against one pass over all tokens and versions (16 each; no audit,
  eventually consistent). Tokens rotate daily, evenly spread; a member of the crowd is made when it is read.`,
  async measure(effort) {
    const figures: Figure[] = [];
    for (const [size, name] of [
      [1_000, '1 k'],
      [100_000, '100 k'],
      [1_000_000, '1 M'],
    ] as const) {
      if (effort === 'quick' && size > 100_000) break;
      const world = createWorld();
      const template = await matured(world);
      const crowd = createCrowd(size, template, { from: world.clock.now() + 1, ms: DAY });
      const table = createTable(crowd);
      const stack = await createStack(world, table.client);
      table.settle();
      await stack.sweep();
      const idle = table.settle();

      world.clock.advance(PERIOD_MS);
      const expected = Math.ceil((size * PERIOD_MS) / DAY);
      let settled = 0;
      while (settled < expected) {
        const { done, failed } = await stack.sweep();
        if (failed > 0 || done === 0)
          throw new Error(`${settled + done} of ${expected} due items were settled`);
        settled += done;
      }
      if (settled > expected) throw new Error(`${settled} were due, not ${expected}`);
      const { reads } = table.settle();
      figures.push(
        { name: `sweep reads/${name} tokens, ${settled} due`, value: reads, unit: 'units' },
        { name: `sweep reads/${name} tokens, nothing due`, value: idle.reads, unit: 'units', limit: 8 },
        { name: `sweep reads/${name} tokens, a scan`, value: crowd.scanUnits, unit: 'units' },
        {
          name: `sweep reads/${name} tokens, sweep ÷ scan`,
          value: reads / crowd.scanUnits,
          unit: '×',
          limit: 0.06,
        },
      );
    }
    return figures;
  },
};
