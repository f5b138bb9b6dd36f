import type { Clock, Log, Metrics } from '#core/ports.ts';
import {
  advance,
  type Cursor,
  fileOf,
  firstCursor,
  LATE_MS,
  listFrom,
  partPrefix,
  unread,
} from '#core/reconcile/cursor.ts';
import { loggedName, type ReconcilePlan } from '#core/reconcile/plan.ts';
import {
  type CursorStore,
  type EventHistory,
  type EventQueue,
  isBrokenFile,
  type TrailFiles,
} from '#core/reconcile/ports.ts';
import { envelopeOf } from '#events/trail/envelope.ts';
import { createValueStream } from '#events/trail/stream.ts';

export interface ReconcilePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly cursors: CursorStore;
  readonly queue: EventQueue;
  /** The trail's bucket; absent: CloudTrail's event history is asked instead. */
  readonly files?: TrailFiles;
  readonly history: EventHistory;
}

/** Bounds of one run. */
export interface ReconcileLimits {
  /** Stop when less than this is left of the invocation, in milliseconds. */
  readonly reserveMs: number;
  readonly remainingMs: () => number;
}

export interface ReconcileReport {
  readonly files: number;
  readonly sent: number;
  readonly unreadable: number;
  /** Files and names that are known and wait for the next run. */
  readonly backlog: number;
  readonly failed: number;
}

/** Pages of a thousand names that one run lists of a region, and how many unread ones are enough for it. */
const PAGES_MOST = 50;
const FILES_MOST = 1_000;
/** Pages of fifty events that one run looks up of a name. */
const LOOKUPS_MOST = 5;
/** LookupEvents takes two calls a second, for the whole account and region. */
const LOOKUP_MS = 600;
/** Messages held before they are sent. */
const SEND_AT = 50;

/**
 * Reads what the event bus may have lost, which is best effort, from the trail's own files, and hands each record
 * that a rule would have handed on to the responder's queue in the same form (SI-4, AU-6). Twice, late or out of
 * order makes no difference: the responder acts once for each event. Runs may overlap and die anywhere: the cursor
 * moves only over what was sent.
 */
export async function run(
  ports: ReconcilePorts,
  plan: ReconcilePlan,
  limits: ReconcileLimits,
): Promise<ReconcileReport> {
  const report = { files: 0, sent: 0, unreadable: 0, backlog: 0, failed: 0 };
  for (const { region, names } of plan.regions) {
    try {
      await readRegion(region, names, { ports, plan, limits, report });
    } catch (fault) {
      report.failed++;
      ports.log.error('a region of the trail could not be read', {
        region,
        fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
      });
    }
  }
  ports.metrics.count('ReconcileRuns');
  ports.metrics.count('ReconcileSent', report.sent);
  ports.metrics.count('ReconcileBacklog', report.backlog);
  ports.metrics.count('ReconcileUnreadable', report.unreadable);
  ports.metrics.count('ReconcileFailed', report.failed);
  ports.log.info('reconciled', { ...report });
  return report;
}

interface Work {
  readonly ports: ReconcilePorts;
  readonly plan: ReconcilePlan;
  readonly limits: ReconcileLimits;
  readonly report: { -readonly [K in keyof ReconcileReport]: ReconcileReport[K] };
}

async function readRegion(region: string, names: readonly string[], work: Work): Promise<void> {
  const { ports } = work;
  const cursor = (await ports.cursors.read(region)) ?? firstCursor(region, ports.clock.now());
  const next =
    ports.files === undefined
      ? await lookUp(cursor, names, work)
      : await readFiles(cursor, ports.files, work);
  ports.metrics.milliseconds('ReconcileLagMs', Math.max(0, ports.clock.now() - next.newest));
  // Another run was quicker: what it read is read.
  if (next !== cursor) await ports.cursors.replace(next);
}

/** File by file in the order of delivery; what is left when the time is up is the backlog. */
async function readFiles(cursor: Cursor, files: TrailFiles, work: Work): Promise<Cursor> {
  const { plan, limits, report } = work;
  const part = { ...plan, region: cursor.region };
  const wanted: string[] = [];
  let after = listFrom(part, cursor);
  let more = true;
  for (let page = 0; more && page < PAGES_MOST && wanted.length < FILES_MOST; page++) {
    const listed = await files.list(partPrefix(part), after);
    wanted.push(...unread(cursor, listed.names));
    after = listed.names.at(-1) ?? after;
    more = listed.more;
  }
  const read: string[] = [];
  for (const name of wanted) {
    if (limits.remainingMs() < limits.reserveMs) break;
    await readFile(name, files, work);
    read.push(name);
  }
  report.files += read.length;
  report.backlog += wanted.length - read.length + (more ? 1 : 0);
  return read.length === 0 ? caughtUp(cursor, wanted, more, work) : advance(cursor, read);
}

/** A quiet region has no files: the cursor moves on, so that its lag is not taken for a backlog. */
function caughtUp(cursor: Cursor, wanted: readonly string[], more: boolean, { ports }: Work): Cursor {
  const quiet = ports.clock.now() - 2 * LATE_MS;
  return wanted.length > 0 || more || quiet <= cursor.newest ? cursor : { ...cursor, newest: quiet };
}

/** One bad file must not stop the others: it is counted, told, and not read again. */
async function readFile(name: string, files: TrailFiles, { ports, plan, report }: Work): Promise<void> {
  let bodies: string[] = [];
  let lost = 0;
  const stream = createValueStream(
    (value) => {
      const body = value === undefined ? undefined : envelopeOf(value, plan);
      if (value === undefined) lost++;
      else if (body !== undefined) bodies.push(body);
    },
    () => {
      lost++;
    },
  );
  const send = async (): Promise<void> => {
    const batch = bodies;
    bodies = [];
    await ports.queue.send(batch);
    report.sent += batch.length;
  };
  try {
    for await (const chunk of files.bytes(name)) {
      stream.push(chunk);
      if (bodies.length >= SEND_AT) await send();
    }
  } catch (fault) {
    if (!isBrokenFile(fault)) throw fault;
    lost++;
  }
  stream.end();
  if (bodies.length > 0) await send();
  if (lost === 0) return;
  report.unreadable += lost;
  ports.log.warn('a file of the trail is not whole', { name, lost, end: fileOf(name)?.end ?? '' });
}

/** Name by name; the cursor moves only when all of them have been asked for. */
async function lookUp(cursor: Cursor, names: readonly string[], work: Work): Promise<Cursor> {
  const { ports, plan, limits, report } = work;
  const to = ports.clock.now();
  let whole = true;
  for (const [index, name] of names.entries()) {
    let page: string | undefined;
    for (let turn = 0; turn === 0 || page !== undefined; turn++) {
      if (limits.remainingMs() < limits.reserveMs) {
        report.backlog += names.length - index;
        return cursor;
      }
      if (turn === LOOKUPS_MOST) {
        report.backlog++;
        whole = false;
        break;
      }
      const asked = { region: cursor.region, name: loggedName(name), from: cursor.newest - LATE_MS, to };
      const answer = await ports.history.lookup(page === undefined ? asked : { ...asked, page });
      const bodies = answer.records.flatMap((record) => envelopeOf(record, plan) ?? []);
      report.unreadable += answer.records.filter((record) => record === undefined).length;
      if (bodies.length > 0) await ports.queue.send(bodies);
      report.sent += bodies.length;
      page = answer.page;
      await ports.clock.sleep(LOOKUP_MS);
    }
  }
  // Newest come first: what was too much for so many pages is older, and only the alarm on the backlog tells of it.
  return whole ? { ...cursor, newest: to } : cursor;
}
