import { beforeEach, describe, expect, it } from 'vitest';
import { append, emptyHead } from '#core/audit/chain.ts';
import type { AuditEntry, AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { PortError } from '#core/ports.ts';
import { createDesk, type Desk } from './harness.ts';

const SHARD = 17;
const entry: AuditEntry = {
  action: 'token.warned',
  at: Date.UTC(2026, 10, 24),
  actor: { kind: 'system', id: 'sweep' },
  tokenId: 'orders',
};
const whole = append(
  Array.from({ length: 2_500 }, () => entry),
  emptyHead(SHARD),
);

let desk: Desk;
let records: AuditRecord[];
let heads: ShardHead[];
let reads: { from: number; limit: number }[];

beforeEach(() => {
  desk = createDesk();
  records = [...whole.records];
  heads = [whole.head];
  reads = [];
  desk.reads = {
    shardHeads: async () => heads,
    auditShard: async (shard, from, limit) => {
      if (shard !== SHARD) return [];
      reads.push({ from, limit });
      return records.filter(({ seq }) => seq >= from).slice(0, limit);
    },
  };
});

const edit = (seq: number, part: Partial<AuditRecord>): void => {
  records = records.map((record) => (record.seq === seq ? { ...record, ...part } : record));
};

describe('audit verify', () => {
  it('holds over a registry that the functions wrote', async () => {
    const real = createDesk();
    await real.system.register();
    const ran = await real.run(['audit', 'verify']);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('4 records in');
  });

  it('reads a long chain by the thousand', async () => {
    const ran = await desk.run(['audit', 'verify']);
    expect([ran.code, ran.out]).toEqual([0, '2500 records in 1 shards: every chain holds up to its head']);
    expect(reads.map(({ from }) => from)).toEqual([1, 1_001, 2_001]);
  });

  it.each<[string, string, number, () => void]>([
    ['an edit', 'edited', 1_234, () => edit(1_234, { tokenId: 'other' })],
    ['a removed record', 'gap', 1_500, () => (records = records.filter(({ seq }) => seq !== 1_500))],
    ['a removed tail', 'truncated', 2_400, () => (records = records.slice(0, 2_399))],
    ['all records removed', 'truncated', 1, () => (records = [])],
    ['a removed head', 'fork', 1, () => (heads = [])],
    [
      'a head set back',
      'fork',
      2_001,
      () => (heads = [{ ...whole.head, seq: 2_000, hash: whole.records[1_999]?.hash ?? '' }]),
    ],
  ])('names shard and seq of %s', async (_what, reason, seq, plant) => {
    plant();
    const ran = await desk.run(['audit', 'verify']);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(`the audit chain is broken at shard ${SHARD} seq ${seq} (${reason})`);
    expect(JSON.parse((await desk.run(['audit', 'verify', '--json'])).out)).toMatchObject({
      holds: false,
      breaks: [{ shard: SHARD, seq, reason }],
    });
  });

  it.each(['bad-item', 'unknown-schema'])('names the seq of an item refused as %s', async (code) => {
    const read = desk.reads.auditShard;
    desk.reads.auditShard = async (shard, from, limit) => {
      if (shard === SHARD && from <= 1_777 && 1_777 < from + limit) {
        throw new PortError(code, { outcome: 'not-applied', retryable: false });
      }
      return (await read?.(shard, from, limit)) ?? [];
    };
    const ran = await desk.run(['audit', 'verify']);
    expect([ran.code, ran.err.split('\n').at(-1)]).toEqual([
      1,
      'the audit chain is broken at shard 17 seq 1777 (unreadable): see docs/runbook.md, "The audit chain is broken"',
    ]);
  });

  it('does not take what was written meanwhile for a fork', async () => {
    const before = append(
      Array.from({ length: 5 }, () => entry),
      emptyHead(SHARD),
    );
    records = [...before.records, ...append([entry], before.head).records];
    let asked = 0;
    desk.reads.shardHeads = async () => [asked++ === 0 ? before.head : append([entry], before.head).head];
    expect((await desk.run(['audit', 'verify'])).code).toBe(0);
  });

  it('is a fault, not a break, when the table cannot be read', async () => {
    desk.reads.auditShard = async () => {
      throw new PortError('AccessDeniedException', { outcome: 'not-applied', retryable: false });
    };
    expect((await desk.run(['audit', 'verify'])).code).toBe(3);
  });
});
