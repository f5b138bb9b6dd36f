import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createSealStore } from '#adapters/dynamodb/seal-store.ts';
import { UNSEALED } from '#core/seal/state.ts';
import { createWire } from '../wire.ts';

const storeOn = (body: unknown, schema = '1') => {
  const Item = { schema: { N: schema }, body: { S: typeof body === 'string' ? body : JSON.stringify(body) } };
  return createSealStore(new DynamoDBClient(createWire({ json: { Item } }).config), 'registry');
};

describe('createSealStore', () => {
  it.each([
    ['of another schema', UNSEALED, '2', 'unknown-schema'],
    ['that is no JSON', 'x', '1', 'bad-item'],
    ['without a tree', { ...UNSEALED, tree: undefined }, '1', 'bad-item'],
    [
      'with a tree that its size does not have',
      { ...UNSEALED, tree: { size: 3, nodes: ['a'.repeat(64)] } },
      '1',
      'bad-item',
    ],
    ['with half an intent', { ...UNSEALED, intent: { sha256: 'a'.repeat(64) } }, '1', 'bad-item'],
  ])('refuses a state %s', async (_what, body, schema, code) => {
    await expect(storeOn(body, schema).read()).rejects.toMatchObject({ code, retryable: false });
  });
});
