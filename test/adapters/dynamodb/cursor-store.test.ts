import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createCursorStore } from '#adapters/dynamodb/cursor-store.ts';
import type { Cursor } from '#core/reconcile/cursor.ts';
import type { CursorStore } from '#core/reconcile/ports.ts';
import { createWire, refusal, type Wire, type WireAnswer } from '../wire.ts';

const CURSOR: Cursor = { schema: 1, rev: 2, region: 'eu-west-1', newest: 1_800_000_000_000, seen: ['0005A'] };

function storeOn(...answers: WireAnswer[]): { store: CursorStore; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  return { store: createCursorStore(new DynamoDBClient(wire.config), 'registry'), calls: wire.calls };
}
const item = (body: string): WireAnswer => ({ json: { Item: { body: { S: body } } } });

describe('createCursorStore', () => {
  it('reads a region’s cursor consistently; none before the first run', async () => {
    const { store, calls } = storeOn(item(JSON.stringify(CURSOR)), { json: {} });
    expect(await store.read('eu-west-1')).toEqual(CURSOR);
    expect(calls[0]?.body).toMatchObject({
      TableName: 'registry',
      ConsistentRead: true,
      Key: { pk: { S: 'RECONCILE#eu-west-1' }, sk: { S: 'CURSOR' } },
    });
    expect(await store.read('eu-west-1')).toBeUndefined();
  });

  it('stores it under the next revision, on the one that was read', async () => {
    const { store, calls } = storeOn({ json: {} });
    expect(await store.replace(CURSOR)).toBe(true);
    expect(await store.replace({ ...CURSOR, rev: 0 })).toBe(true);
    const [next, first] = calls.map(({ body }) => body);
    expect(next).toMatchObject({
      ConditionExpression: 'rev = :rev',
      ExpressionAttributeValues: { ':rev': { N: '2' } },
      Item: { rev: { N: '3' }, kind: { S: 'cursor' }, body: { S: JSON.stringify({ ...CURSOR, rev: 3 }) } },
    });
    expect(first).toMatchObject({
      ConditionExpression: 'attribute_not_exists(pk)',
      Item: { rev: { N: '1' } },
    });
  });

  it('says that somebody else was quicker, and throws what else is refused', async () => {
    expect(await storeOn(refusal('ConditionalCheckFailedException')).store.replace(CURSOR)).toBe(false);
    await expect(storeOn(refusal('ValidationException')).store.replace(CURSOR)).rejects.toMatchObject({
      name: 'PortError',
    });
  });

  it.each([
    ['{'],
    ['{}'],
    [''],
    [JSON.stringify({ ...CURSOR, region: 'us-east-1' })],
    [JSON.stringify({ ...CURSOR, schema: 2 })],
  ])('guesses nothing of %s', async (body) => {
    await expect(storeOn(item(body)).store.read('eu-west-1')).rejects.toMatchObject({ code: 'bad-item' });
  });
});
