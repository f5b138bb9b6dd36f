import { type ChainBreak, emptyHead, verifyChain } from '#core/audit/chain.ts';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { PortError } from '#core/ports.ts';
import { AUDIT_SHARDS } from '#core/storage.ts';
import { textOf, type Values, whereOf } from './arguments.ts';
import type { RegistryReads } from './deployment.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json, table } from './print.ts';
import type { Session } from './session.ts';
import { auditVerifyBundle } from './verify-bundle.ts';

const PAGE = 1_000;
const AT_ONCE = 16;

/** Where a chain does not hold; `unreadable`: what is stored there is no audit record at all. */
type Break = Omit<ChainBreak, 'reason'> & { readonly reason: ChainBreak['reason'] | 'unreadable' };

interface Checked {
  readonly count: number;
  readonly broken?: Break;
}

/**
 * Every shard's chain, from its first record to its head; a shard without a head must have no records either. With
 * `--bundle` the sealed log instead.
 */
export async function auditVerify(values: Values, session: Session): Promise<ExitCode> {
  const bundle = textOf(values, 'bundle');
  if (bundle !== undefined) return auditVerifyBundle(bundle, values, session);
  if (['vkey', 'since', 'as-of'].some((name) => textOf(values, name) !== undefined)) {
    throw new CliError('usage', '--vkey, --since and --as-of go with --bundle');
  }
  const registry = await session.connect(whereOf(values)).registry();
  const heads = new Map((await registry.shardHeads()).map((head) => [head.shard, head]));
  const checked: Checked[] = [];
  for (let start = 0; start < AUDIT_SHARDS; start += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, index) => start + index);
    checked.push(
      ...(await Promise.all(some.map((shard) => checkShard(registry, heads.get(shard) ?? emptyHead(shard))))),
    );
    session.err(`checked ${start + AT_ONCE} of ${AUDIT_SHARDS} shards`);
  }
  const records = checked.reduce((sum, { count }) => sum + count, 0);
  const breaks = checked.flatMap(({ broken }) => (broken === undefined ? [] : [broken]));
  if (values.json === true) {
    session.out(json({ holds: breaks.length === 0, records, shards: heads.size, breaks }));
  } else if (breaks.length === 0) {
    session.out(`${records} records in ${heads.size} shards: every chain holds up to its head`);
  } else {
    session.out(
      table(
        session,
        ['SHARD', 'SEQ', 'BROKEN'],
        breaks.map(({ shard, seq, reason }) => [`${shard}`, `${seq}`, reason]),
      ),
    );
  }
  if (breaks.length === 0) return EXIT.done;
  const first = breaks.map(({ shard, seq, reason }) => `shard ${shard} seq ${seq} (${reason})`).join(', ');
  session.err(`the audit chain is broken at ${first}: see docs/runbook.md, "The audit chain is broken"`);
  return EXIT.refused;
}

/** The chain goes on growing while it is read: where records go past the head, the head is read again first. */
async function checkShard(registry: RegistryReads, claimed: ShardHead): Promise<Checked> {
  const { shard } = claimed;
  let head = claimed;
  let from = emptyHead(shard);
  for (;;) {
    const page = await readPage(registry, shard, from.seq + 1, PAGE);
    if (page === undefined)
      return { count: from.seq, broken: { reason: 'unreadable', shard, seq: from.seq + 1 } };
    const last = page.records.at(-1);
    if (last !== undefined && last.seq > head.seq) {
      head = (await registry.shardHeads()).find((fresh) => fresh.shard === shard) ?? emptyHead(shard);
    }
    const before = last !== undefined && last.seq < head.seq;
    const sound = verifyChain(page.records, before ? { shard, seq: last.seq, hash: last.hash } : head, from);
    if (!sound.ok) return { count: from.seq, broken: sound.error };
    from = sound.value.head;
    if (!before && page.ended) return { count: from.seq };
  }
}

interface RecordPage {
  readonly records: readonly AuditRecord[];
  /** Nothing is stored after these. */
  readonly ended: boolean;
}

/** As many records from `seq` on as can be read; `undefined` when the very next one cannot. */
async function readPage(
  registry: RegistryReads,
  shard: number,
  seq: number,
  limit: number,
): Promise<RecordPage | undefined> {
  const read = await registry.auditShard(shard, seq, limit).catch((fault: unknown) => {
    if (isNoRecord(fault)) return undefined;
    throw fault;
  });
  if (read === undefined)
    return limit === 1 ? undefined : readPage(registry, shard, seq, Math.ceil(limit / 2));
  return { records: read, ended: read.length < limit };
}

/** What the adapter refuses to take for a record: tampered with, or of a layout that this release does not know. */
const isNoRecord = (fault: unknown): boolean =>
  fault instanceof PortError && (fault.code === 'bad-item' || fault.code === 'unknown-schema');
