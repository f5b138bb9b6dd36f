import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { ok, type Result, refuse } from '../result.ts';
import type { AfterImage, AuditEntry, AuditRecord, ShardHead } from './entry.ts';
import { printable } from './printable.ts';

/** The previous hash of a shard's first record. */
export const GENESIS: string = '0'.repeat(64);

/** A shard before its first record. */
export const emptyHead = (shard: number): ShardHead => ({ shard, seq: 0, hash: GENESIS });

/** The bytes that a record's hash covers: RFC 8785 (JSON Canonicalization Scheme), its own hash left out. */
export function canonicalForm(record: Omit<AuditRecord, 'hash'>): string {
  const { hash: _, ...body } = record as AuditRecord;
  return canonicalize(body) as string;
}

/** Hex SHA-256 (FIPS 180-4) of {@link canonicalForm}. */
export function hashOf(record: Omit<AuditRecord, 'hash'>): string {
  return createHash('sha256').update(canonicalForm(record)).digest('hex');
}

/**
 * The entries as records that extend a shard, in order, with the head they lead to (AU-3, AU-9(3), AU-10). The first
 * also carries what the change wrote.
 */
export function append(
  entries: readonly AuditEntry[],
  head: ShardHead,
  after: readonly AfterImage[] = [],
): { readonly records: readonly AuditRecord[]; readonly head: ShardHead } {
  const records: AuditRecord[] = [];
  let last = head;
  for (const { at, ...entry } of entries) {
    const body = {
      ...safe(entry),
      schema: 1 as const,
      shard: head.shard,
      seq: last.seq + 1,
      prevHash: last.hash,
      at: new Date(at).toISOString(),
      ...(records.length > 0 || after.length === 0 ? {} : { after }),
    };
    const record: AuditRecord = { ...body, hash: hashOf(body) };
    records.push(record);
    last = { shard: head.shard, seq: record.seq, hash: record.hash };
  }
  return { records, head: last };
}

/** The free text of an entry, made printable; ids are matched by equality and pass as they are. */
function safe(entry: Omit<AuditEntry, 'at'>): Omit<AuditEntry, 'at'> {
  const { reason, cause, details } = entry;
  return {
    ...entry,
    ...(reason === undefined ? {} : { reason: printable(reason) }),
    ...(cause === undefined ? {} : { cause: printable(cause) }),
    ...(details === undefined ? {} : { details: safeDetails(details) }),
  };
}

type Details = NonNullable<AuditEntry['details']>;

const safeDetails = (details: Details): Details =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) => {
      if (typeof value === 'string') return [name, printable(value)];
      return [name, typeof value === 'object' ? value.map((text) => printable(text)) : value];
    }),
  );

/**
 * Where a chain is broken, and how. `edited`: the content is not what its hash says. `gap`: a record is missing.
 * `reordered`: it is there, but elsewhere, or twice. `fork`: sound in itself, but not what the record before, or
 * the head, says. `moved-shard`: it belongs to another chain. `truncated`: the tail is missing.
 */
export interface ChainBreak {
  readonly reason: 'edited' | 'gap' | 'reordered' | 'fork' | 'moved-shard' | 'truncated';
  readonly shard: number;
  /** The first sequence number at which the chain does not hold. */
  readonly seq: number;
}

/**
 * Checks one shard's records, in the order in which they are stored, from `from` to the head that the shard claims
 * (AU-9, AU-10). Records beyond that head are a fork: read the head first, and where the records go further, read
 * it again before judging.
 *
 * A chain and its head, both rewritten from the broken place on, hold: only a sealed checkpoint finds that.
 *
 * @example
 * const sound = verifyChain(await registry.auditShard(head.shard, 1, head.seq), head);
 */
export function verifyChain(
  records: readonly AuditRecord[],
  claimed: ShardHead,
  from: ShardHead = emptyHead(claimed.shard),
): Result<{ readonly count: number; readonly head: ShardHead }, ChainBreak> {
  let head = from;
  let reason: ChainBreak['reason'] | undefined = againstHead(from, claimed);
  for (const record of records) {
    if (reason !== undefined) break;
    reason = breakAt(record, head, records);
    if (reason !== undefined) return refuse({ reason, shard: claimed.shard, seq: head.seq + 1 });
    head = { shard: record.shard, seq: record.seq, hash: record.hash };
    reason = againstHead(head, claimed);
  }
  if (reason !== undefined) return refuse({ reason, shard: claimed.shard, seq: head.seq });
  if (head.seq < claimed.seq) {
    return refuse({ reason: 'truncated', shard: claimed.shard, seq: head.seq + 1 });
  }
  return ok({ count: records.length, head });
}

/** A chain must end in the head that its shard claims, not pass it by. */
function againstHead(head: ShardHead, claimed: ShardHead): 'fork' | undefined {
  if (head.seq > claimed.seq) return 'fork';
  return head.seq === claimed.seq && head.hash !== claimed.hash ? 'fork' : undefined;
}

function breakAt(
  record: AuditRecord,
  head: ShardHead,
  records: readonly AuditRecord[],
): ChainBreak['reason'] | undefined {
  if (record.shard !== head.shard) return 'moved-shard';
  if (!intact(record)) return 'edited';
  if (record.seq !== head.seq + 1) {
    const elsewhere = records.some((other) => other.seq === head.seq + 1);
    return elsewhere || record.seq <= head.seq ? 'reordered' : 'gap';
  }
  return record.prevHash === head.hash ? undefined : 'fork';
}

/** What has no canonical form (a lone surrogate, say) was not written by {@link append}. */
function intact(record: AuditRecord): boolean {
  try {
    return hashOf(record) === record.hash;
  } catch {
    return false;
  }
}
