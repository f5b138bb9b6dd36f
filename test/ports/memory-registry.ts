import { append, emptyHead } from '#core/audit/chain.ts';
import type { AuditRecord, ShardHead } from '#core/audit/entry.ts';
import { CHANGE_MAX_ITEMS, type Change } from '#core/change.ts';
import { keyOf, keys } from '#core/keys.ts';
import { type DueItem, PortError, type Registry } from '#core/ports.ts';
import type { FeedRecord, RecordKey, RecordKind, RecordOf, RegistryRecord } from '#core/records.ts';
import { ok, refuse } from '#core/result.ts';
import { AUDIT_SHARDS, dueShardOf } from '#core/storage.ts';
import { EMPTY_FEED, nextFeed } from '#core/token/feed.ts';
import type { World } from './world.ts';

/** The store's own side: what no port offers, and tests need. */
export interface MemoryRegistry extends Registry {
  /** Every item, by `pk|sk`. */
  readonly items: ReadonlyMap<string, RegistryRecord>;
  /** Every audit record of every shard, in the order of their commits. */
  readonly log: readonly AuditRecord[];
  /** Changes a stored item behind everybody's back. */
  tamper(record: RegistryRecord): void;
}

const PAGE = 100;
const idOf = (key: { pk: string; sk: string }): string => `${key.pk}|${key.sk}`;

/** The registry in memory: conditional transactions, hash chains, one feed, immediate indexes. */
export function createMemoryRegistry(world: World): MemoryRegistry {
  const items = new Map<string, RegistryRecord>();
  const heads = new Map<number, ShardHead>();
  const log: AuditRecord[] = [];
  let feed: FeedRecord = EMPTY_FEED;

  const read = <K extends RecordKind>(key: RecordKey<K>): RecordOf<K> | undefined => {
    const item = items.get(idOf(key));
    return item === undefined ? undefined : (structuredClone(item) as RecordOf<K>);
  };
  const all = <K extends RecordKind>(kind: K): RecordOf<K>[] =>
    [...items.values()]
      .filter((item): item is RecordOf<K> => item.kind === kind)
      .map((item) => structuredClone(item));
  const paged = <T>(
    found: readonly T[],
    cursor: string | undefined,
  ): { items: readonly T[]; cursor?: string } => {
    const start = cursor === undefined ? 0 : Number(cursor);
    const more = start + PAGE < found.length;
    return { items: found.slice(start, start + PAGE), ...(more ? { cursor: String(start + PAGE) } : {}) };
  };

  async function commit(change: Change): ReturnType<Registry['commit']> {
    const count = change.writes.length + change.audit.length + 1 + (change.feed.length > 0 ? 1 : 0);
    if (count > CHANGE_MAX_ITEMS)
      throw new PortError('change-too-large', { outcome: 'not-applied', retryable: false });
    const touched = new Set<string>();
    const stale = change.writes.flatMap((write) => {
      const key = write.kind === 'put' ? keyOf(write.record) : write.key;
      if (touched.has(idOf(key)))
        throw new PortError('ValidationException', { outcome: 'not-applied', retryable: false });
      touched.add(idOf(key));
      return (items.get(idOf(key))?.rev ?? 0) === write.expect ? [] : [key];
    });
    if (stale.length > 0) return refuse({ reason: 'conflict', keys: stale });
    const shard = Math.floor(world.random.next() * AUDIT_SHARDS);
    const { records, head } = append(change.audit, heads.get(shard) ?? emptyHead(shard));
    heads.set(shard, head);
    log.push(...records);
    if (change.feed.length > 0) feed = nextFeed(feed, change.feed);
    for (const write of change.writes) {
      if (write.kind === 'delete') {
        items.delete(idOf(write.key));
        continue;
      }
      const { record } = write;
      const stamped =
        record.kind === 'version' && change.feed.includes(record.keyId)
          ? { ...record, feedGen: feed.gen }
          : record;
      items.set(idOf(keyOf(record)), structuredClone({ ...stamped, rev: write.expect + 1 }));
    }
    return ok({
      committedAt: world.clock.now(),
      records,
      ...(change.feed.length === 0 ? {} : { feedGeneration: feed.gen }),
    });
  }

  const dueOf = (item: RegistryRecord): DueItem | undefined => {
    if (
      item.kind !== 'token' &&
      item.kind !== 'version' &&
      item.kind !== 'intent' &&
      item.kind !== 'incident'
    )
      return;
    if (item.dueAt === undefined) return undefined;
    return { key: keyOf(item) as DueItem['key'], dueAt: item.dueAt };
  };

  return {
    items,
    log,
    tamper: (record) => {
      items.set(idOf(keyOf(record)), structuredClone(record));
    },
    get: (key) => world.call('registry', 'get', [key], async () => read(key)),
    getMany: (wanted) =>
      world.call('registry', 'getMany', [wanted], async () =>
        wanted.flatMap((key) => {
          const item = read(key);
          return item === undefined ? [] : [item];
        }),
      ),
    commit: (change) => world.call('registry', 'commit', [change], () => commit(change)),
    remember: (record) =>
      world.call('registry', 'remember', [record], async () => {
        const id = idOf(keys.profile(record.credential));
        if ((items.get(id)?.rev ?? 0) !== record.rev) return false;
        items.set(id, structuredClone({ ...record, rev: record.rev + 1 }));
        return true;
      }),
    feed: () => world.call('registry', 'feed', [], async () => structuredClone(feed)),
    due: (shard, now, limit) =>
      world.call('registry', 'due', [shard, now, limit], async () =>
        [...items.values()]
          .flatMap((item) => dueOf(item) ?? [])
          .filter((item) => item.dueAt <= now && dueShardOf(item.key.pk) === shard)
          .sort((a, b) => a.dueAt - b.dueAt)
          .slice(0, limit),
      ),
    intents: (tokenId) =>
      world.call('registry', 'intents', [tokenId], async () =>
        all('intent')
          .filter(
            (intent) =>
              intent.tokenId === tokenId && intent.state !== 'finished' && intent.state !== 'aborted',
          )
          .sort((a, b) => b.startedAt - a.startedAt)
          .slice(0, 20),
      ),
    tokens: (filter, cursor) =>
      world.call('registry', 'tokens', [filter, cursor], async () =>
        paged(
          all('token')
            .filter(
              ({ fields }) => filter.principal === undefined || fields.principal.arn === filter.principal,
            )
            .sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1)),
          cursor,
        ),
      ),
    auditOf: (subject, cursor) =>
      world.call('registry', 'auditOf', [subject, cursor], async () =>
        paged(
          log
            .filter((record) =>
              'tokenId' in subject
                ? record.tokenId === subject.tokenId
                : record.incidentId === subject.incidentId,
            )
            .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.shard - b.shard || a.seq - b.seq)),
          cursor,
        ),
      ),
    auditShard: (shard, fromSeq, limit) =>
      world.call('registry', 'auditShard', [shard, fromSeq, limit], async () =>
        log.filter((record) => record.shard === shard && record.seq >= fromSeq).slice(0, limit),
      ),
    shardHeads: () =>
      world.call('registry', 'shardHeads', [], async () =>
        [...heads.values()].sort((a, b) => a.shard - b.shard),
      ),
  };
}
