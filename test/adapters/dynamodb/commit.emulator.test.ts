import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRegistry, createVerifierStore } from '#adapters/dynamodb/registry.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import { verifyChain } from '#core/audit/chain.ts';
import { type Change, create } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { Registry } from '#core/ports.ts';
import { createTable } from '../../contract/table.ts';
import { token, version } from '../../core/builders.ts';
import { type Emulator, startEmulator } from '../../emulator/start.ts';

let emulator: Emulator;
let client: DynamoDBClient;
let tableName: string;
let made = 0;

/** A client that leaves every retry to the code under test. */
const oneAttempt = (): DynamoDBClient => new DynamoDBClient({ ...emulator.clientConfig, maxAttempts: 1 });

beforeAll(async () => {
  emulator = await startEmulator();
  client = oneAttempt();
});

afterAll(async () => {
  client?.destroy();
  await emulator?.stop();
});

beforeEach(async () => {
  tableName = `commit-${made++}`;
  await createTable(client, tableName);
});

afterEach(() => emulator.faults.clear());

const registryOf = (part: { client?: DynamoDBClient; feedCopies?: number } = {}): Registry =>
  createRegistry({ client, tableName, feedCopies: 1, clock: createClock(), random: createRandom(), ...part });

const change = (): Change => ({
  writes: [create(token({ rev: 0 })), create(version({ rev: 0 }))],
  audit: [{ action: 'token.registered', at: 0, actor: { kind: 'system', id: 'issue' }, tokenId: 'orders' }],
  feed: ['key0000000000001'],
});

/** Everything that one change leaves: one record in one sound chain, one feed generation, the items at revision 1. */
async function expectAppliedOnce(): Promise<void> {
  const registry = registryOf();
  const heads = await registry.shardHeads();
  expect(heads).toHaveLength(1);
  const [head] = heads;
  if (head === undefined) throw new Error('no chain');
  expect(verifyChain(await registry.auditShard(head.shard, 1, 10), head)).toMatchObject({
    value: { count: 1 },
  });
  expect(await registry.feed()).toMatchObject({ gen: 1 });
  expect(await registry.get(keys.token('orders'))).toMatchObject({ rev: 1 });
  expect(await registry.get(keys.version('key0000000000001'))).toMatchObject({ rev: 1, feedGen: 1 });
}

async function expectNothing(): Promise<void> {
  const { Count } = await client.send(new ScanCommand({ TableName: tableName }));
  expect(Count).toBe(0);
}

const transactions = { service: 'dynamodb', operation: 'TransactWriteItems' } as const;

describe('a commit whose reply is lost', () => {
  it.each([1, 2])('is applied once when %d replies are', async (times) => {
    const fault = emulator.faults.add({ ...transactions, kind: 'cut-after', times });
    expect(await registryOf().commit(change())).toMatchObject({ ok: true, value: { feedGeneration: 1 } });
    expect(fault.hits()).toBe(times);
    await expectAppliedOnce();
  });

  it('is read back when all are, and told as done', async () => {
    const fault = emulator.faults.add({ ...transactions, kind: 'cut-after' });
    expect(await registryOf().commit(change())).toMatchObject({ ok: true, value: { feedGeneration: 1 } });
    expect(fault.hits()).toBe(3);
    await expectAppliedOnce();
  });

  it('is told apart from a conflict with itself where the token has been forgotten', async () => {
    const forgetful = oneAttempt();
    forgetful.middlewareStack.add(
      (next) => (args) => {
        delete (args.input as { ClientRequestToken?: string }).ClientRequestToken;
        return next(args);
      },
      { step: 'initialize', priority: 'low' },
    );
    emulator.faults.add({ ...transactions, kind: 'cut-after', times: 1 });
    expect(await registryOf({ client: forgetful }).commit(change())).toMatchObject({ ok: true });
    await expectAppliedOnce();
    forgetful.destroy();
  });

  it('is applied once when the SDK itself tries again', async () => {
    const patient = new DynamoDBClient({ ...emulator.clientConfig, maxAttempts: 3 });
    emulator.faults.add({ ...transactions, kind: 'cut-after', times: 2 });
    expect(await registryOf({ client: patient }).commit(change())).toMatchObject({ ok: true });
    await expectAppliedOnce();
    patient.destroy();
  });

  it('is of unknown outcome when it cannot be read back', async () => {
    emulator.faults.add({ ...transactions, kind: 'cut-after' });
    emulator.faults.add({ service: 'dynamodb', operation: 'GetItem', kind: 'cut-before', skip: 2 });
    await expect(registryOf().commit(change())).rejects.toMatchObject({
      code: 'unknown-outcome',
      outcome: 'maybe-applied',
    });
  });
});

describe('a commit that does not arrive', () => {
  it('is sent again', async () => {
    emulator.faults.add({ ...transactions, kind: 'cut-before', times: 2 });
    expect(await registryOf().commit(change())).toMatchObject({ ok: true });
    await expectAppliedOnce();
  });

  it('is given up as maybe applied, with nothing stored', async () => {
    emulator.faults.add({ ...transactions, kind: 'cut-before' });
    await expect(registryOf().commit(change())).rejects.toMatchObject({ outcome: 'maybe-applied' });
    await expectNothing();
  });

  it('is known not to be applied when it was not even sent', async () => {
    emulator.faults.add({ service: 'dynamodb', operation: 'GetItem', kind: 'cut-before' });
    await expect(registryOf().commit(change())).rejects.toMatchObject({
      outcome: 'not-applied',
      retryable: true,
    });
    await expectNothing();
  });

  it('is known not to be applied when it was denied', async () => {
    emulator.faults.add({ ...transactions, kind: 'deny' });
    await expect(registryOf().commit(change())).rejects.toMatchObject({
      code: 'AccessDeniedException',
      outcome: 'not-applied',
      retryable: false,
    });
    await expectNothing();
  });

  it('waits while the table is throttled', async () => {
    const fault = emulator.faults.add({ ...transactions, kind: 'throttle', times: 4 });
    expect(await registryOf().commit(change())).toMatchObject({ ok: true });
    expect(fault.hits()).toBe(4);
    await expectAppliedOnce();
  });
});

describe('copies of the feed', () => {
  it('are written together', async () => {
    await registryOf({ feedCopies: 3 }).commit(change());
    for (const copy of [0, 1, 2]) {
      const random = { next: () => copy / 3 };
      const store = createVerifierStore({ client, tableName, feedCopies: 3, random, readTimeoutMs: 5_000 });
      expect(await store.feed()).toMatchObject({ gen: 1, entries: [{ keyId: 'key0000000000001', gen: 1 }] });
    }
  });

  it('that were added later say what the first one says, and follow it from the next change on', async () => {
    await registryOf().commit(change());
    const random = { next: () => 0.9 };
    const store = createVerifierStore({ client, tableName, feedCopies: 2, random, readTimeoutMs: 5_000 });
    expect(await store.feed()).toMatchObject({ gen: 1 });
    const registry = registryOf({ feedCopies: 2 });
    const read = await registry.get(keys.version('key0000000000001'));
    if (read === undefined) throw new Error('no version');
    const writes = [{ kind: 'put' as const, record: read, expect: 1 }];
    expect(await registry.commit({ ...change(), writes })).toMatchObject({ ok: true });
    expect(await store.feed()).toMatchObject({ gen: 2 });
  });
});

describe("a verifier's reads", () => {
  it('end within R, by a throw if need be', async () => {
    emulator.faults.add({ service: 'dynamodb', operation: 'GetItem', kind: 'delay', delayMs: 3_000 });
    const random = createRandom();
    const store = createVerifierStore({ client, tableName, feedCopies: 1, random, readTimeoutMs: 100 });
    for (const read of [() => store.feed(), () => store.get(keys.version('key1'))]) {
      const started = performance.now();
      await expect(read()).rejects.toMatchObject({ outcome: 'maybe-applied' });
      expect(performance.now() - started).toBeLessThan(1_000);
    }
  });
});

describe('an item that was moved', () => {
  it('is not taken for what its key says', async () => {
    await registryOf().commit(change());
    const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
    const item = Items.find(({ sk }) => sk?.S === 'KEY');
    await client.send(
      new PutItemCommand({ TableName: tableName, Item: { ...item, pk: { S: 'KEY#other' } } }),
    );
    const read = registryOf().get(keys.version('other'));
    await expect(read).rejects.toMatchObject({
      code: 'bad-item',
      message: expect.stringContaining('KEY#other'),
    });
  });
});
