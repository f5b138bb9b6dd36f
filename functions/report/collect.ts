import { hash } from 'node:crypto';
import type { AuditRecord } from '#core/audit/entry.ts';
import { type Activity, tallyRecords } from '#core/evidence/activity.ts';
import type { Environment, Facts, SealFacts, Seen } from '#core/evidence/facts.ts';
import { type Inventory, tallyTokens } from '#core/evidence/inventory.ts';
import type { EvidenceReaders, EvidenceRegistry, ShardReader } from '#core/evidence/ports.ts';
import { probeRules } from '#core/evidence/rules.ts';
import { ofType, textOf } from '#core/evidence/template.ts';
import { type Clock, type Log, PortError } from '#core/ports.ts';
import type { EpochMs } from '#core/records.ts';
import { lostHeads, unsealed } from '#core/seal/decide.ts';
import { rootOf } from '#core/seal/merkle.ts';
import type { SealStore } from '#core/seal/ports.ts';
import { UNSEALED } from '#core/seal/state.ts';

/** How much of the audit log a run looks at. */
const WINDOW_MS: number = 30 * 86_400_000;

/** More audit records than this are not read in one run, and the report says so. */
const RECORDS_MOST = 2_000_000;
const PAGE = 1_000;
const AT_ONCE = 16;

export interface CollectPorts {
  readonly registry: EvidenceRegistry;
  readonly seal: Pick<SealStore, 'read'>;
  readonly readers: EvidenceReaders;
  readonly clock: Clock;
  readonly log: Log;
}

/** Every fact that evidence is judged from. Whatever cannot be read is a fact not seen, with the reason. */
export async function collect(
  ports: CollectPorts,
  environment: Environment,
  given: Pick<Facts, 'settings' | 'drill'>,
): Promise<Facts> {
  const { readers, registry, clock } = ports;
  const began = clock.now();
  const see = <T>(source: string, read: () => Promise<T>): Promise<Seen<T>> => seen(source, read, ports);
  const table = await see('DynamoDB DescribeTable', () => readers.table());
  const template = await see('CloudFormation GetTemplate', () => readers.template());
  const queueNames = template.seen
    ? ofType(template.value, 'AWS::SQS::Queue').map(({ properties }) => textOf(properties.QueueName))
    : [];
  return {
    ...given,
    environment,
    inventory: await see('registry, every token', () => inventoryOf(registry, began)),
    activity: await see('registry, audit chains of 30 days', () => activityOf(registry, began)),
    seal: await see('registry, chains and the sealer’s state', () => sealOf(ports)),
    lock: await see('S3 GetObjectLockConfiguration', () => readers.lock()),
    keys: await see('KMS DescribeKey', () => readers.keys()),
    table,
    queues: template.seen
      ? await see('SQS GetQueueAttributes', () => readers.queues(queueNames))
      : {
          seen: false,
          source: 'SQS GetQueueAttributes',
          reason: 'the template that names them was not seen',
        },
    template,
    rules: await see('the deployed code, on known cases', async () => probeRules()),
    // Nothing was collected after the time that the run is dated by.
    now: clock.now(),
  };
}

async function seen<T>(
  source: string,
  read: () => Promise<T>,
  { clock, log }: Pick<CollectPorts, 'clock' | 'log'>,
): Promise<Seen<T>> {
  try {
    const value = await read();
    return { seen: true, value, source, at: clock.now() };
  } catch (fault) {
    const reason = fault instanceof PortError ? fault.code : fault instanceof Error ? fault.name : 'unknown';
    log.warn('a source of evidence cannot be read', { source, reason, fault: String(fault) });
    return { seen: false, source, reason };
  }
}

/** Page by page, in constant memory. */
async function inventoryOf(registry: EvidenceRegistry, now: EpochMs): Promise<Inventory> {
  const tally = tallyTokens(now);
  let cursor: string | undefined;
  do {
    const page = await registry.tokens({}, cursor);
    for (const token of page.items) tally.add(token);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return tally.result();
}

async function activityOf(registry: EvidenceRegistry, now: EpochMs): Promise<Activity> {
  const from = now - WINDOW_MS;
  const tally = tallyRecords(from, now);
  const heads = await registry.shardHeads();
  let left = RECORDS_MOST;
  for (let start = 0; start < heads.length; start += AT_ONCE) {
    await Promise.all(
      heads.slice(start, start + AT_ONCE).map(async ({ shard, seq }) => {
        const read: ShardReader = (fromSeq, limit) => registry.auditShard(shard, fromSeq, limit);
        let next = await firstSince(read, seq, new Date(from).toISOString());
        while (next <= seq && left > 0) {
          const page: readonly AuditRecord[] = await read(next, Math.min(PAGE, seq - next + 1));
          if (page.length === 0)
            throw new PortError('truncated', { outcome: 'not-applied', retryable: false });
          for (const record of page) tally.add(record);
          left -= page.length;
          next += page.length;
        }
      }),
    );
  }
  return tally.result(left <= 0);
}

/** The first sequence number at or after a time, by halves: a chain’s times do not go back by more than a clock’s error. */
async function firstSince(read: ShardReader, last: number, from: string): Promise<number> {
  let [low, high] = [1, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [record] = await read(middle, 1);
    if (record === undefined || record.at >= from) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function sealOf({ registry, seal }: Pick<CollectPorts, 'registry' | 'seal'>): Promise<SealFacts> {
  const state = (await seal.read()) ?? UNSEALED;
  const heads = await registry.shardHeads();
  return {
    sealedAt: state.sealedAt,
    segments: state.segment,
    leaves: state.tree.size,
    root: state.tree.size === 0 ? hash('sha256', '', 'hex') : rootOf(state.tree),
    unsealed: unsealed(state, heads).reduce((sum, { count }) => sum + count, 0),
    lost: lostHeads(state, heads),
  };
}
