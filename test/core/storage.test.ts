import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { DUE_SHARDS } from '#core/ports.ts';
import {
  AUDIT_SHARDS,
  auditPk,
  auditSk,
  cursorKey,
  dueKey,
  dueShardOf,
  feedKey,
  HEAD_SK,
  INDEX,
  SEAL_KEY,
  TABLE,
} from '#core/storage.ts';

describe('storage names', () => {
  it('gives the sealed log one place, and each region its own', () => {
    expect(SEAL_KEY).toEqual({ pk: 'SEAL#log', sk: 'STATE' });
    expect(cursorKey('eu-west-1')).toEqual({ pk: 'RECONCILE#eu-west-1', sk: 'CURSOR' });
  });

  it('sorts audit records as numbers, and the head after all of them', () => {
    const seqs = [1, 2, 9, 10, 99, 100, 1_000_000, 999_999_999_999];
    expect([...seqs.map(auditSk), HEAD_SK].toSorted()).toEqual([...seqs.map(auditSk), HEAD_SK]);
    expect(new Set(Array.from({ length: AUDIT_SHARDS }, (_, shard) => auditPk(shard).length)).size).toBe(1);
  });

  it('spreads what is due evenly over the shards, and always to the same one', () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 16_000; n++) {
      const shard = dueShardOf(keys.version(`key${n}`).pk);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect(counts.size).toBe(DUE_SHARDS);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(dueShardOf('TOKEN#orders')).toBe(dueShardOf('TOKEN#orders'));
  });

  it('keeps its names apart', () => {
    expect(feedKey(2)).toEqual({ pk: 'FEED#2', sk: 'FEED' });
    expect(dueKey(15)).toBe('DUE#15');
    expect([auditPk(7), auditPk(AUDIT_SHARDS - 1)]).toEqual(['AUDIT#007', 'AUDIT#255']);
    expect(new Set(TABLE.indexes.map(({ name }) => name)).size).toBe(TABLE.indexes.length);
  });

  it('are what a stored table has: another name is another table', () => {
    const index = (name: string, partition: string, sort: string, type: 'S' | 'N', projection: string) => ({
      name,
      partition: { name: partition, type: 'S' },
      sort: { name: sort, type },
      projection,
    });
    expect(TABLE).toEqual({
      partition: 'pk',
      sort: 'sk',
      ttl: 'ttlSeconds',
      indexes: [
        index(INDEX.expiry, 'due', 'dueAt', 'N', 'KEYS_ONLY'),
        index(INDEX.principal, 'principalArn', 'tokenId', 'S', 'ALL'),
        index(INDEX.auditToken, 'auditToken', 'auditAt', 'S', 'ALL'),
        index(INDEX.auditIncident, 'auditIncident', 'auditAt', 'S', 'ALL'),
      ],
    });
    expect(INDEX).toEqual({
      expiry: 'expiry',
      principal: 'principal',
      auditToken: 'audit-token',
      auditIncident: 'audit-incident',
    });
  });
});
