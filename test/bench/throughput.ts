import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { toItem } from '#adapters/dynamodb/items.ts';
import { keys } from '#core/keys.ts';
import { PortError, type SecretVault } from '#core/ports.ts';
import { SESSION } from '../issue/harness.ts';
import { createWorld, type World } from '../ports/world.ts';
import { createTable, type Table } from './dynamo/table.ts';
import { createTimedClient, type Met, type Pace } from './dynamo/timed.ts';
import type { Figure, Line } from './figure.ts';
import { middle } from './paired.ts';
import { createQuota } from './quota.ts';
import { createStack, type Stack } from './stack.ts';

/**
 * Times as assumed in docs/decisions/0001-audit-shards.md. DynamoDB: 1,000 write units a second for a partition, 4,000
 * for a table on demand that is new. Secrets Manager: 50 calls a second of RotateSecret and CancelRotateSecret together.
 */
const PACE: Pace = { readMs: 3, writeMs: 8, partitionUnits: 1_000, tableUnits: 4_000 };
const VAULT = { callMs: 20, cancelsPerSecond: 50, attempts: 3, firstWaitMs: 500 };

const ORDER_TOKENS = 100;
const SWEEP_EVERY_MS = 5 * 60_000;

/** Secrets Manager's rotation calls under their quota; three attempts with jitter, as the SDK makes them. */
function paced(vault: SecretVault, world: World): SecretVault {
  const quota = createQuota(world.clock, VAULT.cancelsPerSecond);
  return {
    ...vault,
    async cancelRotation(secretId) {
      for (let attempt = 0; attempt < VAULT.attempts; attempt++) {
        await world.clock.sleep(VAULT.callMs);
        if (quota.has(1)) {
          quota.take(1);
          return vault.cancelRotation(secretId);
        }
        await world.clock.sleep(VAULT.firstWaitMs * 2 ** attempt * world.random.next());
      }
      throw new PortError('ThrottlingException', { outcome: 'not-applied', retryable: true });
    },
  };
}

interface Started {
  readonly world: World;
  readonly stack: Stack;
  readonly met: Met;
  /** How many of the tokens still have their rotation on. */
  rotating(): number;
}

/** So many tokens, a hundred for each principal, put in place at no cost of time. */
async function populated(count: number): Promise<Started> {
  const world = createWorld();
  const table = createTable();
  const timed = createTimedClient(table, world, PACE);
  let client = table.client;
  const switching = { send: (command: never) => client.send(command) } as unknown as DynamoDBClient;
  const stack = await createStack(world, switching, (vault) => paced(vault, world));
  await stack.register({ id: 'service-0' });
  const secretArns = await clone(stack, table, count);
  client = timed.client;
  const rotating = (): number =>
    secretArns.filter((arn) => stack.memoryVault.secretOf(arn).rotationEnabled).length;
  return { world, stack, met: timed.met, rotating };
}

async function clone(stack: Stack, table: Table, count: number): Promise<readonly string[]> {
  const secretArns: string[] = [];
  const like = await stack.ports.registry.get(keys.token('service-0'));
  const [ref] = like?.versions ?? [];
  const version = ref && (await stack.ports.registry.get(keys.version(ref.keyId)));
  if (like === undefined || ref === undefined || version === undefined) throw new Error('no token to clone');
  for (let made = 0; made < count; made++) {
    const tokenId = `service-${made}`;
    const keyId = `key${String(made).padStart(13, '0')}`;
    const principal = { arn: `arn:aws:iam::111122223333:role/owner-${Math.floor(made / ORDER_TOKENS)}` };
    const secretArn = stack.memoryVault.createSecret(`tokenward/dev/clone-${made}`, async () => {});
    secretArns.push(secretArn);
    const fields = { ...like.fields, tokenId, principal };
    const records = [
      { ...like, tokenId, fields, secretArn, versions: [{ ...ref, keyId }] },
      { ...version, keyId, fields: { ...version.fields, tokenId, principal } },
    ];
    for (const record of records) {
      table.perform(new PutItemCommand({ TableName: 'registry', Item: toItem(record, 1) }));
    }
  }
  return secretArns;
}

/** Runs a list of jobs by so many workers. */
async function byWorkers<T>(
  workers: number,
  jobs: readonly T[],
  work: (job: T) => Promise<void>,
): Promise<void> {
  const left = [...jobs];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let job = left.shift(); job !== undefined; job = left.shift()) await work(job);
    }),
  );
}

/** One order a principal, so many of them at once, `--no-wait`; the sweep cancels what the quota left. */
async function revocations(
  count: number,
  orders: number,
  most: { readonly refusedSeconds: number; readonly cancelledSeconds: number },
): Promise<readonly Figure[]> {
  const { world, stack, met, rotating } = await populated(count);
  const [began, startedAt] = [world.clock.monotonic(), world.clock.now()];
  const principals = Array.from({ length: count / ORDER_TOKENS }, (_, index) => index);
  let committedAt = 0;
  await byWorkers(orders, principals, async (index) => {
    const answer = await stack.order({
      action: 'revoke',
      principal: `arn:aws:iam::111122223333:role/owner-${index}`,
      expectCount: ORDER_TOKENS,
      reason: 'bench',
      incidentId: 'INC-1',
      noWait: true,
    });
    if (answer.status !== 200 || answer.answer.receipts.length !== ORDER_TOKENS) {
      throw new Error(`an order was answered ${answer.status}`);
    }
    committedAt = Math.max(committedAt, ...answer.answer.receipts.map((at) => Date.parse(at.committedAt)));
  });
  const answeredBy = world.clock.monotonic() - began;
  const leftToSweep = rotating();
  while (rotating() > 0) {
    const ran = world.clock.monotonic();
    await stack.sweep();
    if (rotating() > 0) world.clock.advance(Math.max(0, SWEEP_EVERY_MS - (world.clock.monotonic() - ran)));
  }
  const name = `throughput/${count} revocations, ${orders} at once`;
  return [
    { name: `${name}: answered`, value: answeredBy / 1_000, unit: 's' },
    {
      name: `${name}: all refused`,
      value: (committedAt - startedAt) / 1_000,
      unit: 's',
      limit: most.refusedSeconds,
    },
    {
      name: `${name}: rotations cancelled`,
      value: (world.clock.monotonic() - began) / 1_000,
      unit: 's',
      limit: most.cancelledSeconds,
    },
    { name: `${name}: left to the sweep`, value: leftToSweep, unit: 'tokens' },
    { name: `${name}: conflicts`, value: met.conflicts / count, unit: 'each' },
    { name: `${name}: throttled`, value: met.throttled / count, unit: 'each' },
  ];
}

async function issues(count: number, callers: number): Promise<readonly Figure[]> {
  const { world, stack, met } = await populated(1);
  const began = world.clock.monotonic();
  const took: number[] = [];
  await byWorkers(callers, Array.from(Array(count).keys()), async () => {
    const asked = world.clock.monotonic();
    await stack.exchange(SESSION);
    took.push(world.clock.monotonic() - asked);
  });
  const seconds = (world.clock.monotonic() - began) / 1_000;
  const name = `throughput/${count} exchanges, ${callers} callers`;
  return [
    { name: `${name}: all issued`, value: seconds, unit: 's', limit: 7.5 },
    { name: `${name}: median`, value: middle(took).value, unit: 'ms' },
    { name: `${name}: conflicts`, value: met.conflicts / count, unit: 'each' },
    { name: `${name}: throttled`, value: met.throttled / count, unit: 'each' },
  ];
}

export const THROUGHPUT: Line = {
  name: 'throughput',
  slow: true,
  says: `simulated time: the functions' own runs over the real adapter, on a virtual clock; a read ${PACE.readMs} ms, a transaction
  ${PACE.writeMs} ms, in which its items conflict; quotas as published. All refused: committed, so refused T + R later.`,
  async measure() {
    const count = 5_000;
    return [
      ...(await revocations(count, 1, { refusedSeconds: 130, cancelledSeconds: 132 })),
      ...(await revocations(count, 10, { refusedSeconds: 15, cancelledSeconds: 750 })),
      ...(await revocations(count, 50, { refusedSeconds: 16.5, cancelledSeconds: 750 })),
      ...(await issues(count, 64)),
    ];
  },
};
