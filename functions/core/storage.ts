import { createHash } from 'node:crypto';
import { DUE_SHARDS } from './ports.ts';

/** Names in the registry's table; docs/storage.md documents each item. */
export const INDEX: { readonly expiry: string; readonly principal: string; readonly auditToken: string; readonly auditIncident: string } = {
  expiry: 'expiry',
  principal: 'principal',
  auditToken: 'audit-token',
  auditIncident: 'audit-incident',
};

/** How many hash chains the audit log has; a commit extends one, picked at random. */
export const AUDIT_SHARDS = 256;

/** The partition of the `expiry` index in which an item is due. */
export function dueShardOf(pk: string): number {
  return createHash('sha256').update(pk).digest().readUInt16BE(0) % DUE_SHARDS;
}

export const dueKey = (shard: number): string => `DUE#${shard}`;
export const feedKey = (copy: number): { readonly pk: string; readonly sk: string } => ({ pk: `FEED#${copy}`, sk: 'FEED' });
export const auditPk = (shard: number): string => `AUDIT#${String(shard).padStart(3, '0')}`;
export const auditSk = (seq: number): string => String(seq).padStart(12, '0');
export const HEAD_SK = 'HEAD';
