import { type Change, create, update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { token, version } from '../core/builders.ts';
import { createMemoryRegistry } from '../ports/memory-registry.ts';
import { createWorld, type World } from '../ports/world.ts';

/** A load: so many committers, each with a token of its own, one change after another. */
export interface Load {
  readonly committers: number;
  readonly changesEach: number;
  /** How many chains there are; `token`: one for each token. */
  readonly chains: number | 'token';
  /** Whether each change concerns verifiers too. */
  readonly feed: boolean;
}

/** What the load met; times in milliseconds of the world's clock. */
export interface Met {
  readonly commits: number;
  readonly refused: number;
  readonly busyPerCommit: number;
  readonly p50: number;
  readonly p99: number;
}

/** Assumed of DynamoDB within a region: how long a consistent read takes, and how long a transaction holds its items. */
const READ_MS = 3;
const WRITE_MS = 8;

/** Runs a load against the fake, in which a transaction holds its items as DynamoDB's does. */
export async function meet(load: Load, seed = 1): Promise<Met> {
  const world = createWorld({ seed });
  const registry = createMemoryRegistry(world, {
    readMs: READ_MS,
    writeMs: WRITE_MS,
    shardOf: (change) =>
      load.chains === 'token'
        ? Number(change.audit[0].tokenId)
        : Math.floor(world.random.next() * load.chains),
  });
  const took: number[] = [];
  let refused = 0;

  async function commit(change: Change): Promise<void> {
    const started = world.clock.monotonic();
    try {
      const committed = await registry.commit(change);
      if (!committed.ok) throw new Error('a committer lost its own token');
      took.push(world.clock.monotonic() - started);
    } catch {
      refused++;
    }
  }

  await Promise.all(
    Array.from({ length: load.committers }, async (_, n) => {
      await world.clock.sleep(world.random.next() * 10);
      for (let count = 0; count < load.changesEach; count++)
        await commit(await changeOf(n, load, registry, world));
    }),
  );
  took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(took[Math.floor((took.length - 1) * share)] ?? 0);
  return {
    commits: took.length,
    refused,
    busyPerCommit: registry.met.busy / Math.max(1, took.length),
    p50: at(0.5),
    p99: at(0.99),
  };
}

async function changeOf(
  n: number,
  load: Load,
  registry: ReturnType<typeof createMemoryRegistry>,
  world: World,
): Promise<Change> {
  const [tokenId, keyId] = [String(n), `key${n}`];
  const [held, live] = [await registry.get(keys.token(tokenId)), await registry.get(keys.version(keyId))];
  return {
    writes: [
      held === undefined ? create(token({ tokenId })) : update(held, held),
      live === undefined ? create(version({ keyId })) : update(live, live),
    ],
    audit: [
      { action: 'token.warned', at: world.clock.now(), actor: { kind: 'system', id: 'bench' }, tokenId },
    ],
    feed: load.feed ? [keyId] : [],
  };
}
