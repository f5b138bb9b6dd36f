import { emptyHead } from '../audit/chain.ts';
import type { ShardHead } from '../audit/entry.ts';
import type { EpochMs } from '../records.ts';
import { refuse } from '../result.ts';
import type { Finding } from './finding.ts';
import { EMPTY_TREE, growTree, leafHash, rootOf, type Tree } from './merkle.ts';
import { type Checkpoint, type NoteKey, openCheckpoint } from './note.ts';
import { parseHeader, type SegmentHeader } from './segment.ts';
import { verifyChains } from './verify-chains.ts';

/** A log as far as it has been read: constant memory, however long it is. */
export interface LogView {
  /** Number of the segment that comes next. */
  readonly segment: number;
  readonly tree: Tree;
  readonly records: number;
  /** By shard; shards without records are absent. */
  readonly shards: ReadonlyMap<number, ShardHead>;
  /** A segment was missing or unreadable: where a chain stands is not known until the next segment that extends it. */
  readonly chainsLost: boolean;
  /** The tree differs from what was signed, which was told; what comes later differs too. */
  readonly treeLost: boolean;
  readonly sealedAt?: string;
  readonly nextBy?: string;
  /** The last checkpoint that opened. */
  readonly checkpoint?: Checkpoint;
  /** Which of the trusted keys signed it, counted from 0: one that has been followed by another signs nothing more. */
  readonly signer: number;
  /** Whether the trusted checkpoint's size has been met. */
  readonly trustedMet: boolean;
}

/** What the verifier knows without the log: whose key it is, and a checkpoint seen before. */
export interface Trust {
  readonly key: NoteKey;
  /** Those that took over from it, in that order. @default - none */
  readonly successors?: readonly NoteKey[];
  readonly since?: Checkpoint;
}

export interface Step {
  readonly view: LogView;
  readonly findings: readonly Finding[];
}

export const UNREAD: LogView = {
  segment: 0,
  tree: EMPTY_TREE,
  records: 0,
  shards: new Map(),
  chainsLost: false,
  treeLost: false,
  signer: 0,
  trustedMet: false,
};

/** Reads the next segment file, by its number; one that is missing before it is told. */
export function readSegment(view: LogView, number: number, body: string, trust: Trust): Step {
  const findings: Finding[] = [];
  const tell = (reason: Finding['reason'], more: Partial<Finding> = {}): void => {
    findings.push({ reason, segment: number, ...more });
  };
  let { chainsLost, treeLost, shards } = view;
  if (number > view.segment) {
    const last = number - 1;
    const detail = last === view.segment ? undefined : `up to ${last}`;
    findings.push({ reason: 'missing-segment', segment: view.segment, ...(detail && { detail }) });
    chainsLost = true;
    treeLost = true;
    shards = new Map();
  }
  const lines = body.split('\n');
  const rest = lines.pop() as string;
  if (rest !== '') {
    lines.push(rest);
    tell('truncated', { line: lines.length, detail: 'the last line does not end' });
  }
  const tree = growTree(view.tree, lines.map(leafHash));
  const met = trust.since?.size === tree.size;
  if (met && trust.since?.root !== rootOf(tree)) tell('not-trusted');
  const next = { ...view, segment: number + 1, tree, treeLost, trustedMet: view.trustedMet || met };
  const header = parseHeader(lines[0] ?? '');
  if (header === undefined) {
    tell('bad-header', { line: 1 });
    return { view: { ...next, shards: new Map(), chainsLost: true }, findings };
  }
  if (header.origin !== trust.key.name) tell('wrong-origin', { line: 1, detail: header.origin });
  if (header.segment !== number)
    tell('moved-segment', { line: 1, detail: `it is segment ${header.segment}` });
  else if (!treeLost && !builtOn(header, view.tree)) tell('other-tree', { line: 1 });
  const silent = view.nextBy !== undefined && header.sealedAt > view.nextBy;
  if (silent && view.tree.size >= (trust.since?.size ?? 0)) {
    tell('silence', { line: 1, detail: `nothing from ${view.sealedAt} to ${header.sealedAt}` });
  }
  const heads = new Map(shards);
  const before = (shard: number): ShardHead | undefined =>
    heads.get(shard) ?? (chainsLost ? undefined : emptyHead(shard));
  findings.push(...verifyChains({ ...header, segment: number }, lines.slice(1), before));
  for (const { shard, to, head } of header.ranges) heads.set(shard, { shard, seq: to, hash: head });
  return {
    view: {
      ...next,
      records: view.records + lines.length - 1,
      shards: heads,
      chainsLost,
      sealedAt: header.sealedAt,
      nextBy: header.nextBy,
    },
    findings,
  };
}

/** Reads the checkpoint over all that was read so far; `undefined` where there is none. */
export function readCheckpoint(view: LogView, note: string | undefined, trust: Trust): Step {
  const segment = view.segment - 1;
  const found = (reason: Finding['reason']): Step => ({ view, findings: [{ reason, segment }] });
  if (note === undefined) return found('missing-checkpoint');
  const [signer, opened] = openInTurn(note, trust, view.signer);
  if (!opened.ok) return found(opened.error.reason === 'malformed' ? 'bad-checkpoint' : opened.error.reason);
  const checkpoint = opened.value;
  const findings: Finding[] = [];
  const { size } = view.tree;
  const root = rootOf(view.tree);
  const holds = checkpoint.size === size && checkpoint.root === root;
  if (!holds && !view.treeLost) {
    const detail = `${checkpoint.size} leaves were signed, ${size} are there`;
    findings.push({ reason: 'root-mismatch', segment, ...(checkpoint.size === size ? {} : { detail }) });
  }
  return { view: { ...view, checkpoint, signer, treeLost: view.treeLost || !holds }, findings };
}

/**
 * Opens a checkpoint by the key that signs now, or one that takes over with it. An older key is not asked: whoever
 * keeps it after its end could add to the log.
 */
function openInTurn(
  note: string,
  { key, successors = [] }: Trust,
  from: number,
): readonly [number, ReturnType<typeof openCheckpoint>] {
  const keys = [key, ...successors].slice(from);
  for (const [at, each] of keys.entries()) {
    const opened = openCheckpoint(note, each);
    if (opened.ok || opened.error.reason !== 'wrong-key') return [from + at, opened];
  }
  return [from, refuse({ reason: 'wrong-key' })];
}

/** What the end of the log says. `asOf`: when it is judged; a log may not end earlier than it promised. */
export function endOfLog(view: LogView, asOf: EpochMs, { since }: Trust): readonly Finding[] {
  const segment = Math.max(view.segment - 1, 0);
  const findings: Finding[] = [];
  if (since !== undefined && !view.trustedMet && since.size > 0) {
    const behind = since.size > view.tree.size;
    const detail = `${since.size} leaves were seen, ${view.tree.size} are there`;
    findings.push({ reason: behind ? 'behind-trusted' : 'not-trusted', segment, detail });
  }
  const due = view.nextBy ?? new Date(0).toISOString();
  if (new Date(asOf).toISOString() > due) {
    findings.push({
      reason: 'stale',
      segment,
      detail: `last sealed ${view.sealedAt ?? 'never'}, the next was due by ${due}`,
    });
  }
  return findings;
}

const builtOn = (header: SegmentHeader, tree: Tree): boolean =>
  header.size === tree.size && header.root === rootOf(tree);
