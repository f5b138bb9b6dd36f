import { hash } from 'node:crypto';
import { type ChainBreak, emptyHead, verifyChain } from '../audit/chain.ts';
import type { AuditRecord, ShardHead } from '../audit/entry.ts';
import type { EpochMs } from '../records.ts';
import { ok, type Result, refuse } from '../result.ts';
import { AUDIT_SHARDS } from '../storage.ts';
import { growTree, leafHash, rootOf, type Tree } from './merkle.ts';
import type { Checkpoint } from './note.ts';
import { SEGMENT_MAX_RECORDS, type SegmentHeader, type SegmentRange, segmentLines } from './segment.ts';
import type { SealIntent, SealState } from './state.ts';

/** What differs from one log to another. */
export interface SealPolicy {
  /** `tokenward/<account>/<region>/<environment>`: the log's name, and its key's. */
  readonly origin: string;
  /** The longest silence; then an empty segment is sealed. */
  readonly heartbeatMs: EpochMs;
}

/** How much later than promised a segment may come: a run that failed, and the schedule's own slack. */
const HEARTBEAT_SLACK_MS = 5 * 60_000;

/** Records to read: one shard's, `from` on, `count` of them. */
export interface Wanted {
  readonly shard: number;
  readonly from: number;
  readonly count: number;
  /** What the shard's head says of the last of them; absent where there are more. */
  readonly head?: string;
}

/**
 * What of the registry's chains is not sealed yet, at most {@link SEGMENT_MAX_RECORDS} of it, ascending by shard. It
 * begins at another shard for each segment, so that none waits for ever where there is always too much.
 */
export function unsealed(state: SealState, heads: readonly ShardHead[]): readonly Wanted[] {
  const wanted: Wanted[] = [];
  const start = heads.findIndex(({ shard }) => shard >= state.segment % AUDIT_SHARDS);
  const turned = [...heads.slice(Math.max(start, 0)), ...heads.slice(0, Math.max(start, 0))];
  let left = SEGMENT_MAX_RECORDS;
  for (const head of turned) {
    const from = sealedHead(state, head.shard).seq + 1;
    const count = Math.min(left, head.seq - from + 1);
    if (count <= 0) continue;
    const whole = from + count > head.seq;
    wanted.push({ shard: head.shard, from, count, ...(whole ? { head: head.hash } : {}) });
    left -= count;
  }
  return wanted.sort((a, b) => a.shard - b.shard);
}

/** Shards whose chain no longer holds what was sealed of it: cut, gone, or with another last record. */
export function lostHeads(state: SealState, heads: readonly ShardHead[]): readonly ChainBreak[] {
  return state.shards.flatMap((sealed): ChainBreak[] => {
    const head = heads.find(({ shard }) => shard === sealed.shard) ?? emptyHead(sealed.shard);
    const at = { shard: sealed.shard, seq: Math.min(head.seq, sealed.seq) };
    if (head.seq < sealed.seq) return [{ ...at, reason: 'truncated', seq: at.seq + 1 }];
    return head.seq === sealed.seq && head.hash !== sealed.hash ? [{ ...at, reason: 'fork' }] : [];
  });
}

/** The records read for a segment, shard by shard. */
export type Read = readonly { readonly wanted: Wanted; readonly records: readonly AuditRecord[] }[];

/** A segment, ready to be written, and the log after it. */
export interface Segment {
  readonly header: SegmentHeader;
  readonly body: string;
  readonly sha256: string;
  readonly tree: Tree;
}

/**
 * A segment of what was read, each shard's part checked against what is sealed of it. A part that does not hold is
 * left out, with all that follows in its shard, and told; the others are sealed all the same. `undefined` where there
 * is nothing to seal and no heartbeat due.
 */
export function compose(
  state: SealState,
  read: Read,
  now: EpochMs,
  { origin, heartbeatMs }: SealPolicy,
): { readonly segment: Segment | undefined; readonly breaks: readonly ChainBreak[] } {
  const sound: AuditRecord[] = [];
  const ranges: SegmentRange[] = [];
  const breaks: ChainBreak[] = [];
  for (const { wanted, records } of read) {
    const checked = follow(state, wanted, records);
    if (!checked.ok) {
      breaks.push(checked.error);
      continue;
    }
    const { shard, seq: to, hash: head } = checked.value;
    ranges.push({ shard, from: wanted.from, to, head });
    sound.push(...records);
  }
  if (sound.length === 0 && now < state.sealedAt + heartbeatMs) return { segment: undefined, breaks };
  const header: SegmentHeader = {
    kind: 'segment',
    schema: 1,
    origin,
    segment: state.segment,
    size: state.tree.size,
    root: rootOf(state.tree),
    records: sound.length,
    ranges,
    sealedAt: new Date(now).toISOString(),
    nextBy: new Date(now + heartbeatMs + HEARTBEAT_SLACK_MS).toISOString(),
  };
  return { segment: written(state, header, sound), breaks };
}

/** Why an intent cannot be finished: the records that it names are not what they were. */
export type Rewritten = { readonly reason: 'rewritten' };

/** The segment of an intent once more, of the records that its header names, in its order. */
export function recompose(
  state: SealState,
  { header, sha256 }: SealIntent,
  records: readonly AuditRecord[],
): Result<Segment, Rewritten> {
  const segment = written(state, header, records);
  return segment.sha256 === sha256 ? ok(segment) : refuse({ reason: 'rewritten' });
}

/** What to read for an intent. */
export const wantedOf = ({ ranges }: SegmentHeader): readonly Wanted[] =>
  ranges.map(({ shard, from, to }) => ({ shard, from, count: to - from + 1 }));

/** What a checkpoint says after a segment. */
export const checkpointOf = ({ header, tree }: Segment): Checkpoint => ({
  origin: header.origin,
  size: tree.size,
  root: rootOf(tree),
});

/** The state in which a segment is being written. */
export const withIntent = (state: SealState, { header, sha256 }: Segment): SealState => ({
  ...state,
  intent: { header, sha256 },
});

/** The state once it and its checkpoint are. */
export function sealed({ intent: _, ...state }: SealState, { header, tree }: Segment): SealState {
  const heads = header.ranges.map(({ shard, to, head }) => ({ shard, seq: to, hash: head }));
  const others = state.shards.filter(({ shard }) => !heads.some((head) => head.shard === shard));
  return {
    ...state,
    segment: header.segment + 1,
    tree,
    sealedAt: Date.parse(header.sealedAt),
    shards: [...others, ...heads].sort((a, b) => a.shard - b.shard),
  };
}

function written(state: SealState, header: SegmentHeader, records: readonly AuditRecord[]): Segment {
  const lines = segmentLines(header, records);
  const body = `${lines.join('\n')}\n`;
  return {
    header,
    body,
    sha256: hash('sha256', body, 'hex'),
    tree: growTree(state.tree, lines.map(leafHash)),
  };
}

function follow(
  state: SealState,
  { shard, count, head }: Wanted,
  records: readonly AuditRecord[],
): Result<ShardHead, ChainBreak> {
  const before = sealedHead(state, shard);
  const last = records.at(-1);
  if (records.length < count || last === undefined) {
    return refuse({ reason: 'truncated', shard, seq: before.seq + records.length + 1 });
  }
  const checked = verifyChain(records, { shard, seq: before.seq + count, hash: head ?? last.hash }, before);
  return checked.ok ? ok(checked.value.head) : checked;
}

const sealedHead = (state: SealState, shard: number): ShardHead =>
  state.shards.find((head) => head.shard === shard) ?? emptyHead(shard);
