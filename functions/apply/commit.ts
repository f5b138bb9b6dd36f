import type { Change } from '#core/change.ts';
import type { Bus, Committed, Conflict, Log, Metrics, Registry } from '#core/ports.ts';
import type { Result } from '#core/result.ts';

/** What committing and telling needs of the world. */
export interface CommitPorts {
  readonly registry: Registry;
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Commits a change, then tells the bus what happened: one event for each audit record, its action as type. The
 * audit log is the truth and the bus a courtesy: an event that cannot be published is logged and counted as
 * `BusPublishFailed`, and the change stays.
 */
export async function commitAndPublish(
  ports: CommitPorts,
  change: Change,
): Promise<Result<Committed, Conflict>> {
  const committed = await ports.registry.commit(change);
  if (!committed.ok) return committed;
  const { records } = committed.value;
  try {
    await ports.bus.publish(records.map((record) => ({ type: record.action, detail: { ...record } })));
  } catch (cause) {
    ports.metrics.count('BusPublishFailed', records.length);
    ports.log.error('committed, but not published on the bus', {
      cause,
      records: records.map(({ shard, seq, action }) => ({ shard, seq, action })),
    });
  }
  return committed;
}
