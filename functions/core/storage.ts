import { createHash } from 'node:crypto';
import { DUE_SHARDS } from './ports.ts';

/** One index of the registry's table: S for strings, N for numbers. */
export interface IndexSchema {
  readonly name: string;
  readonly partition: { readonly name: string; readonly type: 'S' | 'N' };
  readonly sort: { readonly name: string; readonly type: 'S' | 'N' };
  readonly projection: 'ALL' | 'KEYS_ONLY';
}

/** Names of the indexes; docs/storage.md says who reads each. */
export const INDEX: {
  readonly expiry: 'expiry';
  readonly principal: 'principal';
  readonly auditToken: 'audit-token';
  readonly auditIncident: 'audit-incident';
} = {
  expiry: 'expiry',
  principal: 'principal',
  auditToken: 'audit-token',
  auditIncident: 'audit-incident',
};

/** The registry's table, for whoever makes one. All indexes are sparse. */
export const TABLE: {
  readonly partition: 'pk';
  readonly sort: 'sk';
  /** Epoch seconds. */
  readonly ttl: 'ttlSeconds';
  readonly indexes: readonly IndexSchema[];
} = {
  partition: 'pk',
  sort: 'sk',
  ttl: 'ttlSeconds',
  indexes: [
    {
      name: INDEX.expiry,
      partition: { name: 'due', type: 'S' },
      sort: { name: 'dueAt', type: 'N' },
      projection: 'KEYS_ONLY',
    },
    {
      name: INDEX.principal,
      partition: { name: 'principalArn', type: 'S' },
      sort: { name: 'tokenId', type: 'S' },
      projection: 'ALL',
    },
    {
      name: INDEX.auditToken,
      partition: { name: 'auditToken', type: 'S' },
      sort: { name: 'auditAt', type: 'S' },
      projection: 'ALL',
    },
    {
      name: INDEX.auditIncident,
      partition: { name: 'auditIncident', type: 'S' },
      sort: { name: 'auditAt', type: 'S' },
      projection: 'ALL',
    },
  ],
};

/** How many hash chains the audit log has; a commit extends one, picked at random (docs/decisions/0001-audit-shards.md). */
export const AUDIT_SHARDS = 256;

/** The partition of the `expiry` index in which an item is due (docs/decisions/0002-due-index.md). */
export function dueShardOf(pk: string): number {
  return createHash('sha256').update(pk).digest().readUInt16BE(0) % DUE_SHARDS;
}

/** Value of `due` in one partition of the `expiry` index. */
export const dueKey = (shard: number): string => `DUE#${shard}`;

/** Where a copy of the feed lives; copies count from 0 and are written together. */
export const feedKey = (copy: number): { readonly pk: string; readonly sk: string } => ({
  pk: `FEED#${copy}`,
  sk: 'FEED',
});

/** Partition of one audit chain. */
export const auditPk = (shard: number): string => `AUDIT#${String(shard).padStart(3, '0')}`;

/** Sort key of one audit record: twelve digits, so that text order is number order. */
export const auditSk = (seq: number): string => String(seq).padStart(12, '0');

/** Sort key of a chain's head, after all of its records. */
export const HEAD_SK = 'HEAD';

/** Where the sealer keeps how far it has come. */
export const SEAL_KEY: { readonly pk: string; readonly sk: string } = { pk: 'SEAL#log', sk: 'STATE' };

/** Where the reader of the trail keeps how far one region has been read. */
export const cursorKey = (region: string): { readonly pk: string; readonly sk: string } => ({
  pk: `RECONCILE#${region}`,
  sk: 'CURSOR',
});
