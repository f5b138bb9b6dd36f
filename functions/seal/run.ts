import { createHash } from 'node:crypto';
import type { ChainBreak } from '#core/audit/chain.ts';
import type { AuditRecord } from '#core/audit/entry.ts';
import { type Clock, type Log, type Metrics, PortError, type Registry } from '#core/ports.ts';
import type { EpochMs } from '#core/records.ts';
import {
  checkpointOf,
  compose,
  lostHeads,
  recompose,
  type SealPolicy,
  type Segment,
  sealed,
  unsealed,
  type Wanted,
  wantedOf,
  withIntent,
} from '#core/seal/decide.ts';
import { checkpointName, segmentName } from '#core/seal/names.ts';
import { checkpointText, type NoteKey, noteKey, openCheckpoint, signedNote } from '#core/seal/note.ts';
import type { CheckpointSigner, LogArchive, SealStore, Witness } from '#core/seal/ports.ts';
import { SEGMENT_MAX_RECORDS } from '#core/seal/segment.ts';
import { type SealState, UNSEALED } from '#core/seal/state.ts';

export interface SealPorts {
  readonly registry: Pick<Registry, 'auditShard' | 'shardHeads'>;
  readonly store: SealStore;
  readonly archive: LogArchive;
  readonly signer: CheckpointSigner;
  /** Absent: there is no second medium, and AU-9(2) is partial. */
  readonly witness?: Witness;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface SealLimits {
  /** Stop when less than this is left of the invocation, in milliseconds. */
  readonly reserveMs: number;
  readonly remainingMs: () => number;
}

export interface SealReport {
  readonly segments: number;
  readonly records: number;
  readonly breaks: readonly ChainBreak[];
  /** More waits for the next run. */
  readonly unfinished: boolean;
}

/** Shards asked of the registry at once. */
const AT_ONCE = 16;

/**
 * How old an intent is before another run takes it up: longer than a run can last, so that its own run is over. Only
 * then does an object under a fresh number prove that somebody else writes under our name.
 */
const RESUME_AFTER_MS = 60_000;

/**
 * Seals what the chains have grown by (AU-9, AU-9(3), AU-10): a segment under Object Lock, the tree one segment
 * larger, a signed checkpoint, a copy of its hash elsewhere. An intent stands before the first write; whoever dies in
 * between leaves a segment that a later run makes again to the byte. Objects are written once, and of two runs that
 * overlap only one's state is stored.
 */
export async function run(ports: SealPorts, policy: SealPolicy, limits: SealLimits): Promise<SealReport> {
  const report = { segments: 0, records: 0, breaks: [] as readonly ChainBreak[], unfinished: false };
  const key = noteKey(policy.origin, await ports.signer.publicKey());
  let state: SealState | undefined = (await ports.store.read()) ?? UNSEALED;
  let sealedAt = state.sealedAt;
  let more = true;
  while (more && state !== undefined) {
    report.unfinished = limits.remainingMs() < limits.reserveMs;
    if (report.unfinished) break;
    const next: Next =
      state.intent === undefined ? await begin(state, ports, policy) : await resume(state, ports);
    report.breaks = next.breaks;
    if (next.segment === undefined || next.state === undefined) break;
    state = await finish(next.state, next.segment, key, ports, next.resumed);
    sealedAt = state?.sealedAt ?? sealedAt;
    report.segments++;
    report.records += next.segment.header.records;
    more = next.resumed || next.segment.header.records === SEGMENT_MAX_RECORDS;
  }
  tell(report, sealedAt, ports);
  return report;
}

interface Next {
  /** With its intent stored; absent where another run was first. */
  readonly state?: SealState | undefined;
  readonly segment?: Segment | undefined;
  readonly breaks: readonly ChainBreak[];
  readonly resumed: boolean;
}

async function begin(state: SealState, ports: SealPorts, policy: SealPolicy): Promise<Next> {
  const heads = await ports.registry.shardHeads();
  const read = await readAll(unsealed(state, heads), ports);
  const { segment, breaks } = compose(state, read, ports.clock.now(), policy);
  const found = { segment, breaks: [...lostHeads(state, heads), ...breaks], resumed: false };
  return segment === undefined ? found : { ...found, state: await store(withIntent(state, segment), ports) };
}

async function resume(state: SealState, ports: SealPorts): Promise<Next> {
  const { intent } = state;
  const young =
    intent === undefined || ports.clock.now() < Date.parse(intent.header.sealedAt) + RESUME_AFTER_MS;
  if (young) return { breaks: [], resumed: true };
  const read = await readAll(wantedOf(intent.header), ports);
  const records = read.flatMap((part) => part.records);
  const again = recompose(state, intent, records);
  if (again.ok) return { state, segment: again.value, breaks: [], resumed: true };
  ports.metrics.count('ChainBroken');
  throw stuck('rewritten', `segment ${intent.header.segment} cannot be made again: its records were changed`);
}

async function readAll(
  wanted: readonly Wanted[],
  { registry }: SealPorts,
): Promise<{ wanted: Wanted; records: readonly AuditRecord[] }[]> {
  const read: { wanted: Wanted; records: readonly AuditRecord[] }[] = [];
  for (let start = 0; start < wanted.length; start += AT_ONCE) {
    const some = wanted.slice(start, start + AT_ONCE).map(async (each) => ({
      wanted: each,
      records: await registry.auditShard(each.shard, each.from, each.count),
    }));
    read.push(...(await Promise.all(some)));
  }
  return read;
}

async function finish(
  state: SealState,
  segment: Segment,
  key: NoteKey,
  ports: SealPorts,
  resumed: boolean,
): Promise<SealState | undefined> {
  const number = segment.header.segment;
  const put = await ports.archive.put(segmentName(number), segment.body);
  if (!put.ok && !resumed) {
    // A registry restored to an earlier day, or a second log under our name. Signing would fork the log.
    ports.metrics.count('LogForked');
    throw stuck('log-forked', `segment ${number} is in the archive already, and this log never wrote it`);
  }
  const text = checkpointText(checkpointOf(segment));
  const note = signedNote(text, key, await ports.signer.sign(Buffer.from(text)));
  const opened = openCheckpoint(note, key);
  if (!opened.ok) throw stuck(opened.error.reason, 'the signature does not verify under the public key');
  await ports.archive.put(checkpointName(number), note);
  await copy(number, opened.value.size, text, ports);
  return store(sealed(state, segment), ports);
}

/** The second medium is told and not waited for: the next checkpoint commits to this one too. */
async function copy(
  segment: number,
  size: number,
  text: string,
  { witness, log, metrics }: SealPorts,
): Promise<void> {
  if (witness === undefined) return;
  try {
    await witness.tell({ segment, size, sha256: createHash('sha256').update(text).digest('hex') });
  } catch (cause) {
    metrics.count('WitnessFailed');
    log.error('a checkpoint has no copy elsewhere', { segment, cause });
  }
}

/** The state as stored; `undefined`: another run was first. */
async function store(state: SealState, ports: SealPorts): Promise<SealState | undefined> {
  if (await ports.store.replace(state)) return { ...state, rev: state.rev + 1 };
  ports.log.warn('another run is sealing', { segment: state.segment });
  return undefined;
}

function tell(report: SealReport, sealedAt: EpochMs, { metrics, log, clock }: SealPorts): void {
  metrics.count('SealRuns');
  metrics.count('SealedRecords', report.records);
  metrics.count('ChainBroken', report.breaks.length);
  metrics.count('SealUnfinished', report.unfinished ? 1 : 0);
  metrics.milliseconds('SealLagMs', clock.now() - sealedAt);
  for (const broken of report.breaks) {
    log.error('an audit chain does not hold and is not sealed further', { ...broken });
  }
  const { segments, records, unfinished } = report;
  log.info('sealed', { segments, records, unfinished });
}

const stuck = (code: string, message: string): PortError =>
  new PortError(code, { outcome: 'not-applied', retryable: false, message });
