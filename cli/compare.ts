import { itemOf, keyOfItem } from '#core/audit/after.ts';
import type { AuditRecord } from '#core/audit/entry.ts';
import { compare, type Difference, type Rebuilt, rebuild } from '#core/audit/rebuild.ts';
import { keyOf } from '#core/keys.ts';
import type { RegistryRecord } from '#core/records.ts';
import { parseRecord } from '#core/seal/segment.ts';
import { textOf, timeOf, type Values, whereOf } from './arguments.ts';
import { openBundle } from './bundle.ts';
import type { RegistryReads } from './deployment.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json, table } from './print.ts';
import type { Session } from './session.ts';

const KEYS_AT_ONCE = 100;
const PAGE = 1_000;
const PASSES = 3;

/**
 * The restore drill: whether a registry is the one that the log tells of, to the last field of every item. Verify the
 * bundle first. The live registry has gone on since it was sealed: what its chains add is read too; a restored one
 * is held against the log up to `--as-of`.
 */
export async function auditCompare(values: Values, session: Session): Promise<ExitCode> {
  const [dir, restored, asOf] = [textOf(values, 'bundle'), textOf(values, 'table'), timeOf(values, 'as-of')];
  if (dir === undefined) throw new CliError('usage', 'give --bundle DIR: `tokenward audit export` makes one');
  if ((restored === undefined) !== (asOf === undefined)) {
    throw new CliError(
      'usage',
      '--table and --as-of go together: the restored table, and the time it was restored to',
    );
  }
  const { rebuilt, seqs } = await fold(dir, asOf);
  const registry = await session.connect(whereOf(values)).registry(restored);
  const now = asOf === undefined ? session.now() : Date.parse(asOf);
  let told = rebuilt;
  let differences = compare(told, await stored(told, registry, session), now);
  // The live registry moves while it is read: what only seemed to differ no longer does, once its records are read too.
  for (let again = 0; again < PASSES && asOf === undefined && differences.length > 0; again++) {
    told = rebuild(await tail(registry, seqs), rebuilt);
    differences = compare(told, await stored(told, registry, session), now);
  }
  if (values.json === true)
    session.out(json({ equals: differences.length === 0, items: told.size, differences }));
  else if (differences.length === 0) session.out(`${told.size} items are as the log tells`);
  else session.out(table(session, ['ITEM', 'WRONG', 'LOGGED REV', 'STORED REV'], differences.map(rowOf)));
  return differences.length === 0 ? EXIT.done : EXIT.refused;
}

/** What the sealed records up to a time add up to, and how far they go in each shard. */
async function fold(
  dir: string,
  asOf: string | undefined,
): Promise<{ rebuilt: Rebuilt; seqs: ReadonlyMap<number, number> }> {
  const bundle = await openBundle(dir);
  const seqs = new Map<number, number>();
  let rebuilt: Rebuilt = new Map();
  for (const number of bundle.segments) {
    const lines = (await bundle.segment(number)).split('\n').slice(1);
    const records = lines.flatMap((line) => parseRecord(line) ?? []);
    for (const { shard, seq } of records) seqs.set(shard, Math.max(seqs.get(shard) ?? 0, seq));
    rebuilt = rebuild(
      records.filter(({ at }) => asOf === undefined || at <= asOf),
      rebuilt,
    );
  }
  return { rebuilt, seqs };
}

/** The items that the log tells of, and every token, as the registry has them. */
async function stored(
  rebuilt: Rebuilt,
  registry: RegistryReads,
  session: Session,
): Promise<readonly RegistryRecord[]> {
  const wanted = [...rebuilt.keys()].flatMap((item) => keyOfItem(item) ?? []);
  const found = new Map<string, RegistryRecord>();
  const keep = (record: RegistryRecord): void => {
    found.set(itemOf(keyOf(record)), record);
  };
  for (let start = 0; start < wanted.length; start += KEYS_AT_ONCE) {
    for (const record of await registry.getMany(wanted.slice(start, start + KEYS_AT_ONCE))) keep(record);
    if (start % (100 * KEYS_AT_ONCE) === 0 && start > 0)
      session.err(`read ${start} of ${wanted.length} items`);
  }
  let cursor: string | undefined;
  do {
    const page = await registry.tokens({}, cursor);
    for (const token of page.items) if (!found.has(itemOf(keyOf(token)))) keep(token);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...found.values()];
}

/** What the live chains hold beyond the bundle. */
async function tail(registry: RegistryReads, seqs: ReadonlyMap<number, number>): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for (const { shard, seq } of await registry.shardHeads()) {
    for (let from = (seqs.get(shard) ?? 0) + 1; from <= seq; from += PAGE) {
      records.push(...(await registry.auditShard(shard, from, PAGE)));
    }
  }
  return records;
}

const rowOf = ({ item, reason, logged, stored: rev }: Difference): readonly string[] => [
  item,
  reason,
  `${logged ?? '-'}`,
  `${rev ?? '-'}`,
];
