import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Result, ok, refuse } from '../result.ts';
import type { AuditEntry, AuditRecord, ShardHead } from './entry.ts';

/** The previous hash of a shard's first record. */
export const GENESIS: string = '0'.repeat(64);

const REASON_MOST = 512;

/** A shard before its first record. */
export const emptyHead = (shard: number): ShardHead => ({ shard, seq: 0, hash: GENESIS });

/** Hex SHA-256 (FIPS 180-4) of a record's RFC 8785 form, its own hash left out. */
export function hashOf(record: Omit<AuditRecord, 'hash'>): string {
  const { hash: _, ...body } = record as AuditRecord;
  return createHash('sha256').update(canonicalize(body) ?? '').digest('hex');
}

/** The entries as records that extend a shard, in order, with the head they lead to (AU-3, AU-9(3)). */
export function append(
  entries: readonly AuditEntry[],
  head: ShardHead,
): { readonly records: readonly AuditRecord[]; readonly head: ShardHead } {
  const records: AuditRecord[] = [];
  let last = head;
  for (const { at, reason, ...entry } of entries) {
    const body = {
      schema: 1 as const,
      shard: head.shard,
      seq: last.seq + 1,
      prevHash: last.hash,
      at: new Date(at).toISOString(),
      ...entry,
      ...(reason === undefined ? {} : { reason: printable(reason) }),
    };
    const record = { ...body, hash: hashOf(body) };
    records.push(record);
    last = { shard: head.shard, seq: record.seq, hash: record.hash };
  }
  return { records, head: last };
}

/** Where a chain is broken, and how. */
export interface ChainBreak {
  readonly reason: 'edited' | 'gap' | 'unlinked' | 'other-shard' | 'truncated';
  readonly shard: number;
  /** The first sequence number at which the chain does not hold. */
  readonly seq: number;
}

/**
 * Checks one shard's records, in order from `from`, up to the head that the shard itself claims. Finds an edit, a
 * removal, an insertion, a reordering, a record of another shard and a cut tail.
 */
export function verifyChain(
  records: readonly AuditRecord[],
  claimed: ShardHead,
  from: ShardHead = emptyHead(claimed.shard),
): Result<{ readonly count: number }, ChainBreak> {
  let last = from;
  for (const record of records) {
    const broken = (reason: ChainBreak['reason']): Result<never, ChainBreak> =>
      refuse({ reason, shard: claimed.shard, seq: last.seq + 1 });
    if (record.shard !== claimed.shard) return broken('other-shard');
    if (record.seq !== last.seq + 1) return broken('gap');
    if (hashOf(record) !== record.hash) return broken('edited');
    if (record.prevHash !== last.hash) return broken('unlinked');
    last = { shard: record.shard, seq: record.seq, hash: record.hash };
  }
  if (last.seq !== claimed.seq || last.hash !== claimed.hash) {
    return refuse({ reason: 'truncated', shard: claimed.shard, seq: last.seq + 1 });
  }
  return ok({ count: records.length });
}

/** A reason without line breaks, control or direction-changing characters, at most 512 long (CWE-117). */
export function printable(text: string): string {
  return text.slice(0, REASON_MOST).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
