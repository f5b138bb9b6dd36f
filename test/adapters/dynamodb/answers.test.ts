import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { toFeedItem } from '#adapters/dynamodb/items.ts';
import { createRegistry, createVerifierStore } from '#adapters/dynamodb/registry.ts';
import { COMMIT_ATTEMPTS } from '#core/audit/retry.ts';
import { create } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { Registry } from '#core/ports.ts';
import { feedBytes } from '#core/token/feed.ts';
import { token } from '../../core/builders.ts';
import { createWorld } from '../../ports/world.ts';
import { createWire, type Wire, type WireAnswer } from '../wire.ts';

/** Answers that the emulator does not give. */
function registryThatHears(...answers: readonly WireAnswer[]): { wire: Wire; registry: Registry } {
  const wire = createWire(...answers);
  const { clock, random } = createWorld({ seed: 3 });
  const client = new DynamoDBClient(wire.config);
  return { wire, registry: createRegistry({ client, tableName: 'registry', feedCopies: 1, clock, random }) };
}

const NOTHING: WireAnswer = { json: {} };
const cancelled = (...codes: readonly string[]): WireAnswer => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  json: {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    CancellationReasons: codes.map((Code) => ({ Code, Message: `${Code} it was` })),
  },
});
const change = {
  writes: [create(token())],
  audit: [{ action: 'token.registered', at: 0, actor: { kind: 'system', id: 'issue' } }],
  feed: [],
} as const;

const sent = ({ calls }: Wire, operation: string): number =>
  calls.filter((call) => call.operation === operation).length;

describe('a cancelled transaction', () => {
  it.each([
    ['the head had moved', ['None', 'None', 'ConditionalCheckFailed']],
    ['another transaction crossed it', ['TransactionConflict', 'None', 'None']],
    ['it was throttled', ['None', 'ThrottlingError', 'None']],
    ['throughput was short', ['ProvisionedThroughputExceeded', 'None', 'TransactionConflict']],
  ])('is tried again on a fresh read when %s', async (_, codes) => {
    const { wire, registry } = registryThatHears(NOTHING, cancelled(...codes), NOTHING);
    expect(await registry.commit(change)).toMatchObject({ ok: true });
    expect(sent(wire, 'TransactWriteItems')).toBe(2);
    expect(sent(wire, 'GetItem')).toBe(2);
  });

  it('is a conflict as soon as one of its own writes was, whatever else was in the way', async () => {
    const codes = ['ConditionalCheckFailed', 'None', 'ConditionalCheckFailed'];
    const { registry } = registryThatHears(NOTHING, cancelled(...codes));
    expect(await registry.commit(change)).toEqual({
      ok: false,
      error: { reason: 'conflict', keys: [keys.token('orders')] },
    });
  });

  it('is a fault for any other reason', async () => {
    const { registry } = registryThatHears(NOTHING, cancelled('None', 'ValidationError', 'None'));
    await expect(registry.commit(change)).rejects.toMatchObject({
      code: 'ValidationError',
      message: 'ValidationError it was',
      outcome: 'not-applied',
      retryable: false,
    });
  });

  it('is given up after many busy attempts, with nothing applied', async () => {
    const busy = cancelled('None', 'None', 'ConditionalCheckFailed');
    const turns = Array.from({ length: COMMIT_ATTEMPTS + 1 }, () => [NOTHING, busy]).flat();
    const { wire, registry } = registryThatHears(...turns);
    await expect(registry.commit(change)).rejects.toMatchObject({
      code: 'registry-busy',
      outcome: 'not-applied',
      retryable: true,
    });
    expect(sent(wire, 'TransactWriteItems')).toBe(COMMIT_ATTEMPTS);
  });
});

describe('a batch of reads', () => {
  const left = {
    json: {
      Responses: {},
      UnprocessedKeys: { registry: { Keys: [{ pk: { S: 'TOKEN#a' }, sk: { S: 'META' } }] } },
    },
  };

  it('asks again for what was left', async () => {
    const { wire, registry } = registryThatHears(left, left, NOTHING);
    expect(await registry.getMany([keys.token('a')])).toEqual([]);
    expect(sent(wire, 'BatchGetItem')).toBe(3);
  });

  it('gives up when it always is', async () => {
    const { registry } = registryThatHears(left);
    await expect(registry.getMany([keys.token('a')])).rejects.toMatchObject({ code: 'keys-unprocessed' });
  });
});

describe('what a store may say that is no item', () => {
  const item = (part: object): WireAnswer => ({
    json: { Item: { pk: { S: 'TOKEN#a' }, sk: { S: 'META' }, schema: { N: '1' }, rev: { N: '1' }, ...part } },
  });

  it.each([
    ['no schema', item({ schema: { S: '1' } }), 'unknown-schema'],
    ['no body', item({}), 'bad-item'],
    ['a body that is no JSON', item({ body: { S: '{' } }), 'bad-item'],
    ['a body that is no object', item({ body: { S: 'null' } }), 'bad-item'],
  ])('%s', async (_, answer, code) => {
    const { registry } = registryThatHears(answer);
    await expect(registry.get(keys.token('a'))).rejects.toMatchObject({ code, outcome: 'not-applied' });
  });

  it.each([
    ['null', 'bad-item', '1'],
    ['{"seq":1}', 'bad-item', '1'],
    ['{', 'bad-item', '1'],
    ['{}', 'unknown-schema', '2'],
  ])('is refused of an audit record too: %s', async (body, code, schema) => {
    const stored = {
      pk: { S: 'AUDIT#003' },
      sk: { S: '000000000001' },
      schema: { N: schema },
      body: { S: body },
    };
    const { registry } = registryThatHears({ json: { Items: [stored] } });
    await expect(registry.auditShard(3, 1, 10)).rejects.toMatchObject({ code, outcome: 'not-applied' });
  });

  it('is refused of the feed too, by every verifier', async () => {
    const wire = createWire({
      json: { Item: { pk: { S: 'FEED#0' }, schema: { N: '1' }, body: { S: '{"gen":1}' } } },
    });
    const client = new DynamoDBClient(wire.config);
    const { random } = createWorld();
    const store = createVerifierStore({
      client,
      tableName: 'registry',
      feedCopies: 1,
      random,
      readTimeoutMs: 500,
    });
    await expect(store.feed()).rejects.toMatchObject({ code: 'bad-item' });
  });
});

describe('the feed as an item', () => {
  it('is no larger than the core counts', () => {
    const feed = {
      schema: 1,
      kind: 'feed',
      gen: 9_999_999_999,
      oldestGen: 9_999_999_900,
      entries: [{ keyId: 'key0000000000001', gen: 9_999_999_999 }],
    } as const;
    const bytes = Object.entries(toFeedItem(feed, 15)).reduce(
      (sum, [name, value]) => sum + name.length + (value.S ?? value.N ?? '').length,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(feedBytes(feed));
  });
});
