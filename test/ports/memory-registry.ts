import { RECORDS } from '#adapters/dynamodb/schema.ts';
import { emptyHead } from '#core/audit/chain.ts';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { type CommitPlan, planCommit } from '#core/audit/plan.ts';
import { COMMIT_ATTEMPTS, commitWaitMs } from '#core/audit/retry.ts';
import { type Change, keyOfWrite } from '#core/change.ts';
import { keyOf } from '#core/keys.ts';
import { type DueItem, PortError, type Registry } from '#core/ports.ts';
import type { FeedRecord, RecordKey, RecordKind, RecordOf, RegistryRecord } from '#core/records.ts';
import { ok, refuse } from '#core/result.ts';
import { AUDIT_SHARDS, auditPk, auditSk, dueShardOf } from '#core/storage.ts';
import { EMPTY_FEED } from '#core/token/feed.ts';
import { createLaggingIndex } from './lagging-index.ts';
import { saveList, saveMap, together } from './saved.ts';
import type { Restore, World } from './world.ts';

/** What of DynamoDB's behaviour a test wants to see; all times in milliseconds of the world's clock. */
export interface MemoryRegistryOptions {
  /** How far index reads are behind. */
  readonly indexLagMs?: number;
  /** How long reading head and feed takes, and how long a transaction holds its items. 0: a commit is atomic. */
  readonly readMs?: number;
  readonly writeMs?: number;
  readonly feedCopies?: number;
  /** The chain that a change extends; by default one of 256 at random. */
  readonly shardOf?: (change: Change) => number;
}

/** The store's own side: what no port offers, and tests need. */
export interface MemoryRegistry extends Registry {
  /** Every item, by `pk|sk`. */
  readonly items: ReadonlyMap<string, RegistryRecord>;
  /** Every audit record of every shard, in the order of their commits. */
  readonly log: readonly AuditRecord[];
  /** Attempts that met a busy head, feed or item; and changes refused because the state had moved. */
  readonly met: { busy: number; conflicts: number };
  indexLagMs: number;
  /** Changes a stored item behind everybody's back, whatever it is. */
  tamper(record: RegistryRecord): void;
  /** What DynamoDB's TTL does within days: deletes every item whose time has passed. */
  deleteExpired(): void;
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

const PAGE = 100;
const KEYS_MOST = 100;
const ITEM_MAX_BYTES = 400 * 1024;
const idOf = (key: { pk: string; sk: string }): string => `${key.pk}|${key.sk}`;

/**
 * The registry in memory: conditional transactions, hash chains, the feed, sparse indexes that may lag. Records are
 * kept as they come back from JSON, and frozen: whoever changes what it has read, changes nothing and hears of it.
 */
export function createMemoryRegistry(world: World, options: MemoryRegistryOptions = {}): MemoryRegistry {
  const { readMs = 0, writeMs = 0, feedCopies = 1 } = options;
  const shardOf = options.shardOf ?? (() => Math.floor(world.random.next() * AUDIT_SHARDS));
  const items = new Map<string, RegistryRecord>();
  const suspect = new Set<string>();
  const heads = new Map<number, ShardHead>();
  const log: AuditRecord[] = [];
  const held = new Set<string>();
  const index = createLaggingIndex(world.clock, () => registry.indexLagMs);
  let feed: FeedRecord = EMPTY_FEED;

  const call = <T>(method: string, args: readonly unknown[], perform: () => T | Promise<T>): Promise<T> =>
    world.call('registry', method, args, async () => perform());

  function put(record: RegistryRecord): void {
    const id = idOf(keyOf(record));
    items.set(id, record);
    index.put(id, record);
  }
  function remove(id: string): void {
    items.delete(id);
    suspect.delete(id);
    index.remove(id);
  }
  function read<K extends RecordKind>(key: RecordKey<K>): RecordOf<K> | undefined {
    const item = items.get(idOf(key));
    if (item !== undefined && suspect.has(idOf(key))) refuseUnlike(item);
    return item as RecordOf<K> | undefined;
  }

  /** Nothing is stored before everything has been found storable. */
  function apply(plan: CommitPlan): void {
    const puts = plan.writes.flatMap((write) =>
      write.kind === 'put' ? [storable(write.record, write.expect + 1)] : [],
    );
    for (const write of plan.writes) if (write.kind === 'delete') remove(idOf(write.key));
    for (const record of puts) put(record);
    heads.set(plan.head.shard, plan.head);
    for (const record of plan.records) {
      log.push(freeze(record));
      index.log(record);
    }
    feed = freeze(plan.feed ?? feed);
  }

  /** Another transaction on any of these items is cancelled while this one runs. */
  async function hold(plan: CommitPlan): Promise<'busy' | 'free'> {
    if (writeMs === 0) return 'free';
    const touched = [
      ...plan.writes.map((write) => idOf(keyOfWrite(write))),
      `head ${plan.head.shard}`,
      ...(plan.feed === undefined ? [] : ['feed']),
    ];
    if (touched.some((id) => held.has(id))) return 'busy';
    for (const id of touched) held.add(id);
    await world.clock.sleep(writeMs);
    for (const id of touched) held.delete(id);
    return 'free';
  }

  async function commit(change: Change): ReturnType<Registry['commit']> {
    for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
      const shard = shardOf(change);
      const head = heads.get(shard) ?? emptyHead(shard);
      const known = feed;
      if (readMs > 0) await world.clock.sleep(readMs);
      const plan = planCommit(change, { head, feed: known, feedCopies });
      if ((await hold(plan)) === 'free') {
        const moved = plan.writes.map(keyOfWrite).filter((key, at) => {
          return (items.get(idOf(key))?.rev ?? 0) !== plan.writes[at]?.expect;
        });
        if (moved.length > 0) {
          registry.met.conflicts++;
          return refuse({ reason: 'conflict', keys: moved });
        }
        const still =
          (heads.get(shard)?.seq ?? 0) === head.seq && (plan.feed === undefined || feed === known);
        if (still) {
          apply(plan);
          const told = plan.feed === undefined ? {} : { feedGeneration: plan.feed.gen };
          return ok({ committedAt: world.clock.now(), records: plan.records, ...told });
        }
      }
      registry.met.busy++;
      await world.clock.sleep(commitWaitMs(attempt, world.random.next()));
    }
    throw new PortError('registry-busy', { outcome: 'not-applied', retryable: true });
  }

  const registry: MemoryRegistry = {
    items,
    log,
    met: { busy: 0, conflicts: 0 },
    indexLagMs: options.indexLagMs ?? 0,
    tamper(record) {
      suspect.add(idOf(keyOf(record)));
      put(freeze(structuredClone(record)));
    },
    save() {
      const then = { feed, lag: registry.indexLagMs, met: { ...registry.met }, suspect: [...suspect] };
      return together([
        saveMap(items),
        saveMap(heads),
        saveList(log),
        index.save(),
        () => {
          feed = then.feed;
          registry.indexLagMs = then.lag;
          Object.assign(registry.met, then.met);
          held.clear();
          suspect.clear();
          for (const id of then.suspect) suspect.add(id);
        },
      ]);
    },
    deleteExpired() {
      for (const [id, item] of items) {
        const { ttlSeconds } = item as { ttlSeconds?: number };
        if (ttlSeconds !== undefined && ttlSeconds * 1000 <= world.clock.now()) remove(id);
      }
    },
    get: (key) => call('get', [key], () => read(key)),
    getMany: (wanted) =>
      call('getMany', [wanted], () => {
        const unique = [...new Map(wanted.map((key) => [idOf(key), key])).values()];
        if (unique.length > KEYS_MOST) throw refused('too-many-keys');
        return unique.flatMap((key) => read(key) ?? []);
      }),
    commit: (change) => call('commit', [change], () => commit(change)),
    remember: (record) =>
      call('remember', [record], () => {
        const rev = items.get(idOf(keyOf(record)))?.rev ?? 0;
        if (rev !== record.rev) return false;
        put(storable(record, rev + 1));
        return true;
      }),
    feed: () => call('feed', [], () => feed),
    due: (shard, now, limit) =>
      call('due', [shard, now, limit], () =>
        index
          .records()
          .flatMap((item) => dueOf(item) ?? [])
          .filter((item) => item.dueAt <= now && dueShardOf(item.key.pk) === shard)
          .sort((a, b) => a.dueAt - b.dueAt)
          .slice(0, limit),
      ),
    intents: (tokenId) =>
      call('intents', [tokenId], () =>
        [...items.values()]
          .filter((item) => item.kind === 'intent')
          .filter(({ tokenId: of, state }) => of === tokenId && state !== 'finished' && state !== 'aborted')
          .sort((a, b) => b.startedAt - a.startedAt)
          .slice(0, 20),
      ),
    tokens: (filter, cursor) =>
      call('tokens', [filter, cursor], () => {
        const found = index
          .records()
          .filter((item) => item.kind === 'token')
          .filter(
            ({ fields }) => filter.principal === undefined || fields.principal.arn === filter.principal,
          );
        return paged(
          found.sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1)),
          cursor,
        );
      }),
    auditOf: (subject, cursor) =>
      call('auditOf', [subject, cursor], () => {
        const found = index
          .audit()
          .filter((record) =>
            'tokenId' in subject
              ? record.tokenId === subject.tokenId
              : record.incidentId === subject.incidentId,
          );
        return paged(
          found.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)),
          cursor,
        );
      }),
    auditShard: (shard, fromSeq, limit) =>
      call('auditShard', [shard, fromSeq, limit], () =>
        log.filter((record) => record.shard === shard && record.seq >= fromSeq).slice(0, limit),
      ),
    shardHeads: () => call('shardHeads', [], () => [...heads.values()].sort((a, b) => a.shard - b.shard)),
  };
  return registry;
}

/** The record as a reader gets it back, or a refusal to store it. */
function storable(record: RegistryRecord, rev: number): RegistryRecord {
  const kept = { ...record, rev };
  refuseUnlike(kept);
  const text = JSON.stringify(kept);
  if (Buffer.byteLength(text) > ITEM_MAX_BYTES) throw refused('ValidationException');
  return freeze(JSON.parse(text) as RegistryRecord);
}

function refuseUnlike(record: RegistryRecord): void {
  if (record.schema !== 1) throw refused('unknown-schema');
  const read = RECORDS[record.kind].safeParse(record);
  if (!read.success) throw refused('bad-item', read.error.issues[0]?.path.join('.'));
}

function dueOf(item: RegistryRecord): DueItem | undefined {
  if (!('dueAt' in item) || item.dueAt === undefined) return undefined;
  return { key: keyOf(item) as DueItem['key'], dueAt: item.dueAt };
}

const placeOf = ({ at, shard, seq }: AuditRecord): string => `${at}#${auditPk(shard)}#${auditSk(seq)}`;

function paged<T>(found: readonly T[], cursor: string | undefined): { items: readonly T[]; cursor?: string } {
  const start = Number(cursor ?? '0');
  if (!Number.isInteger(start)) throw refused('bad-cursor');
  const more = start + PAGE < found.length;
  return { items: found.slice(start, start + PAGE), ...(more ? { cursor: String(start + PAGE) } : {}) };
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}

const refused = (code: string, message = code): PortError =>
  new PortError(code, { outcome: 'not-applied', retryable: false, message });
