import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Item } from '#adapters/dynamodb/items.ts';
import { createWorld } from '../../ports/world.ts';
import { itemBytes, readUnits, writeUnits } from './size.ts';
import { createTable } from './table.ts';
import { createTimedClient } from './timed.ts';

const item = (pk: string, more: Item = {}): Item => ({ pk: { S: pk }, sk: { S: 'META' }, ...more });
const put = (Item: Item, ConditionExpression?: string): TransactWriteItem => ({
  Put: { TableName: 't', Item, ...(ConditionExpression === undefined ? {} : { ConditionExpression }) },
});
const transact = (...TransactItems: TransactWriteItem[]): TransactWriteItemsCommand =>
  new TransactWriteItemsCommand({ TransactItems });
const filled = (bytes: number): Item => ({ body: { S: 'x'.repeat(bytes - 'body'.length) } });
const due = (dueAt: number): Item => ({ due: { S: 'DUE#0' }, dueAt: { N: String(dueAt) } });

describe('sizes', () => {
  it.each<[Item, number]>([
    [{ a: { S: 'bc' } }, 3],
    [{ ü: { S: 'é' } }, 4],
    [{ a: { N: '1' } }, 3],
    [{ a: { N: '12' } }, 3],
    [{ a: { N: '123' } }, 4],
    [{ a: { N: '1200' } }, 3],
    [{ a: { N: '1790000000000' } }, 4],
    [{ a: { N: '1790000000001' } }, 9],
    [{ a: { N: '0' } }, 2],
  ])('%j has %i bytes', (given, bytes) => {
    expect(itemBytes(given)).toBe(bytes);
  });

  it('counts no type of attribute that it does not know', () => {
    expect(() => itemBytes({ a: { BOOL: true } })).toThrow(RangeError);
  });

  it.each([
    [0, 1],
    [4_096, 1],
    [4_097, 2],
  ])('a read of %i bytes takes %i, half of it when it may be behind', (bytes, units) => {
    expect([readUnits(bytes, true), readUnits(bytes, false)]).toEqual([units, units / 2]);
  });

  it.each([
    [1, 1],
    [1_024, 1],
    [1_025, 2],
  ])('a write of %i bytes takes %i, twice in a transaction', (bytes, units) => {
    expect([writeUnits(bytes, false), writeUnits(bytes, true)]).toEqual([units, units * 2]);
  });
});

describe('the table', () => {
  it('counts a write by the larger of what was and what is, and each index by what changes in it', () => {
    const table = createTable();
    const spend = (command: TransactWriteItemsCommand): readonly number[] => {
      table.perform(command);
      const { writes, indexWrites } = table.settle();
      return [writes, indexWrites];
    };
    expect(spend(transact(put(item('A', filled(3_000)))))).toEqual([6, 0]);
    expect(spend(transact(put(item('A', due(5)))))).toEqual([6, 1]);
    expect(spend(transact(put(item('A', { ...due(5), rev: { N: '2' } }))))).toEqual([2, 0]);
    expect(spend(transact(put(item('A', due(6)))))).toEqual([2, 2]);
    expect(spend(transact(put(item('A'))))).toEqual([2, 1]);
  });

  it('cancels a transaction as a whole, says which write was in the way, and counts it all the same', () => {
    const table = createTable();
    table.perform(transact(put(item('A'))));
    table.settle();
    const command = transact(put(item('B')), put(item('A'), 'attribute_not_exists(pk)'));
    let fault: unknown;
    try {
      table.perform(command);
    } catch (thrown) {
      fault = thrown;
    }
    expect(fault).toBeInstanceOf(TransactionCanceledException);
    expect((fault as TransactionCanceledException).CancellationReasons?.map(({ Code }) => Code)).toEqual([
      'None',
      'ConditionalCheckFailed',
    ]);
    expect(table.items.has('B|META')).toBe(false);
    expect(table.settle().writes).toBe(4);
  });

  it('finds what is due in time order, written or not, and nothing twice', () => {
    const entries = [1, 3, 5].map((dueAt) => ({ dueAt, pk: `P${dueAt}`, sk: 'META' }));
    const table = createTable({
      item: (pk) => item(pk, due(Number(pk.slice(1)))),
      due: () => ({ size: entries.length, at: (index) => entries[index] as (typeof entries)[number] }),
    });
    const found = (until: number, Limit: number): readonly (string | undefined)[] => {
      const values = { ':due': { S: 'DUE#0' }, ':now': { N: String(until) } };
      const { Items } = table.perform(
        new QueryCommand({
          TableName: 't',
          IndexName: 'expiry',
          KeyConditionExpression: 'due = :due AND dueAt <= :now',
          ExpressionAttributeValues: values,
          Limit,
        }),
      ) as { Items: readonly Item[] };
      return Items.map(({ pk }) => pk?.S);
    };
    table.perform(new PutItemCommand({ TableName: 't', Item: item('P3', due(9)) }));
    table.perform(new PutItemCommand({ TableName: 't', Item: item('N', due(2)) }));
    table.settle();
    expect(found(9, 10)).toEqual(['P1', 'N', 'P5', 'P3']);
    expect(table.settle().reads).toBe(0.5);
    expect(found(4, 10)).toEqual(['P1', 'N']);
    expect(found(9, 3)).toEqual(['P1', 'N', 'P5']);
    expect(table.perform(new GetItemCommand({ TableName: 't', Key: item('P1') }))).toHaveProperty('Item');
  });

  it('answers no condition and no query that it does not model', () => {
    const table = createTable();
    expect(() => table.perform(transact(put(item('A'), 'attribute_exists(pk)')))).toThrow(RangeError);
    expect(() => table.perform(new QueryCommand({ TableName: 't', KeyConditionExpression: 'x' }))).toThrow(
      RangeError,
    );
  });
});

describe('the table with time', () => {
  const PACE = { readMs: 3, writeMs: 8, partitionUnits: 10, tableUnits: 1_000 };

  it('cancels whoever touches an item that another holds, and nobody else', async () => {
    const world = createWorld();
    const { client, met } = createTimedClient(createTable(), world, PACE);
    const sent = [transact(put(item('A'))), transact(put(item('A'))), transact(put(item('B')))];
    const ended = await Promise.allSettled(sent.map((command) => client.send(command)));
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(met).toEqual({ conflicts: 1, throttled: 0 });
    expect(world.clock.monotonic()).toBe(8);
  });

  it('gives a partition no more than its units a second', async () => {
    const world = createWorld();
    const { client, met } = createTimedClient(createTable(), world, PACE);
    for (let sent = 0; sent < 5; sent++) await client.send(transact(put(item('A'))));
    await expect(client.send(transact(put(item('A'))))).rejects.toThrow('ThrottlingError');
    await client.send(transact(put(item('B'))));
    world.clock.advance(1_000);
    await client.send(transact(put(item('A'))));
    expect(met).toEqual({ conflicts: 0, throttled: 1 });
  });
});
