import { append, emptyHead } from '#core/audit/chain.ts';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import type { Read } from '#core/seal/decide.ts';

export const NOW: number = Date.UTC(2026, 10, 24, 8);

/** A shard's next records, of which nobody needs to know more than that they are different. */
export function chainOf(
  shard: number,
  count: number,
  before: ShardHead = emptyHead(shard),
): { readonly records: readonly AuditRecord[]; readonly head: ShardHead } {
  const entries = Array.from({ length: count }, (_, n) => ({
    action: 'token.warned' as const,
    at: NOW,
    actor: { kind: 'system' as const, id: 'sweep' },
    reason: `act ${before.seq + n + 1}`,
  }));
  return append(entries, before);
}

/** Chains as they are read for a segment, from their beginning. */
export const readOf = (...shards: readonly (readonly [shard: number, count: number])[]): Read =>
  shards.map(([shard, count]) => {
    const { records, head } = chainOf(shard, count);
    return { wanted: { shard, from: 1, count, head: head.hash }, records };
  });
