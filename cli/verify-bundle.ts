import { readFile } from 'node:fs/promises';
import { ok, type Result, refuse } from '#core/result.ts';
import type { Finding } from '#core/seal/finding.ts';
import {
  type Checkpoint,
  type NoteKey,
  type NoteRefusal,
  openCheckpoint,
  parseVkeys,
} from '#core/seal/note.ts';
import {
  endOfLog,
  type LogView,
  readCheckpoint,
  readSegment,
  type Trust,
  UNREAD,
} from '#core/seal/verify.ts';
import { textOf, timeOf, type Values } from './arguments.ts';
import { type Bundle, openBundle } from './bundle.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json, safe, table } from './print.ts';
import type { Session } from './session.ts';

/** As many findings as a person will look at; the rest is counted. */
const FINDINGS_MOST = 1_000;
const PROGRESS_MS = 2_000;

/** What a whole bundle came to. */
export interface Verified {
  readonly view: LogView;
  readonly findings: readonly Finding[];
  readonly found: number;
}

/** A sealed log against the key that must have signed it: no network, no AWS. */
export async function auditVerifyBundle(dir: string, values: Values, session: Session): Promise<ExitCode> {
  const vkey = textOf(values, 'vkey');
  if (vkey === undefined) {
    throw new CliError(
      'usage',
      '--bundle needs --vkey FILE, a key that did not come with the bundle: tokenward audit key',
    );
  }
  const [key, ...successors] = await keysIn(vkey);
  const seen = textOf(values, 'since');
  const trust: Trust = {
    key,
    successors,
    ...(seen === undefined ? {} : { since: await checkpointIn(seen, [key, ...successors]) }),
  };
  const asked = timeOf(values, 'as-of');
  const asOf = asked === undefined ? session.now() : Date.parse(asked);
  const verified = await verifyBundle(await openBundle(dir), trust, asOf, (view, count) =>
    session.err(`read ${view.records} records in ${view.segment} of ${count} segments`),
  );
  session.out(values.json === true ? json(asJson(verified)) : asText(verified, session));
  if (verified.found === 0) return EXIT.done;
  session.err(
    `the sealed log does not hold, ${verified.found} findings: see docs/runbook.md, "The sealed log does not hold"`,
  );
  return EXIT.refused;
}

/** Segment by segment, in constant memory. */
export async function verifyBundle(
  bundle: Bundle,
  trust: Trust,
  asOf: number,
  progress: (view: LogView, segments: number) => void,
): Promise<Verified> {
  const findings: Finding[] = [];
  let found = 0;
  let view = UNREAD;
  const keep = (some: readonly Finding[]): void => {
    found += some.length;
    findings.push(...some.slice(0, FINDINGS_MOST - findings.length));
  };
  let told = performance.now();
  for (const number of bundle.segments) {
    const segment = readSegment(view, number, await bundle.segment(number), trust);
    keep(segment.findings);
    const checkpoint = readCheckpoint(segment.view, await bundle.checkpoint(number), trust);
    keep(checkpoint.findings);
    view = checkpoint.view;
    if (performance.now() - told < PROGRESS_MS) continue;
    told = performance.now();
    progress(view, bundle.segments.length);
  }
  const last = Math.max(-1, ...[...bundle.checkpoints].slice(-1));
  if (last >= view.segment)
    keep([{ reason: 'missing-segment', segment: view.segment, detail: `up to ${last}` }]);
  keep(endOfLog(view, asOf, trust));
  return { view, findings, found };
}

/** The verifier keys in a file, in the order in which they took over. @throws CliError where one is none. */
export async function keysIn(path: string): Promise<readonly [NoteKey, ...NoteKey[]]> {
  const read = parseVkeys(await textIn(path));
  if (!read.ok) throw new CliError('usage', `${path} is no verifier key: ${read.error.problem}`);
  return read.value;
}

/** The checkpoint in a file, which one of these keys must have signed. @throws CliError where none did. */
export async function checkpointIn(
  path: string,
  keys: readonly [NoteKey, ...NoteKey[]],
): Promise<Checkpoint & { readonly note: string }> {
  const note = await textIn(path);
  const opened = openedBy(note, keys);
  if (!opened.ok) {
    throw new CliError('refused', `${path} is no checkpoint that this key signed (${opened.error.reason})`);
  }
  return { ...opened.value.checkpoint, note };
}

/** A checkpoint with the key that signed it, the newest first. */
export function openedBy(
  note: string,
  keys: readonly [NoteKey, ...NoteKey[]],
): Result<{ readonly key: NoteKey; readonly checkpoint: Checkpoint }, NoteRefusal> {
  for (const key of [...keys].reverse()) {
    const opened = openCheckpoint(note, key);
    if (opened.ok) return ok({ key, checkpoint: opened.value });
    if (opened.error.reason !== 'wrong-key') return opened;
  }
  return refuse({ reason: 'wrong-key' });
}

async function textIn(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CliError('refused', `${path} cannot be read`, { cause });
  }
}

const asJson = ({ view, findings, found }: Verified): unknown => ({
  holds: found === 0,
  records: view.records,
  segments: view.segment,
  size: view.tree.size,
  ...(view.checkpoint === undefined ? {} : { checkpoint: view.checkpoint }),
  ...(view.sealedAt === undefined ? {} : { sealedAt: view.sealedAt, nextBy: view.nextBy }),
  found,
  findings,
});

function asText({ view, findings, found }: Verified, session: Session): string {
  if (found === 0) {
    return `${view.records} records in ${view.segment} segments, sealed up to ${view.sealedAt}: every record, chain and checkpoint holds`;
  }
  const rows = findings.map(({ reason, segment, line, shard, seq, detail }) => [
    `${segment}`,
    line === undefined ? '-' : `${line}`,
    shard === undefined ? '-' : `${shard}/${seq}`,
    reason,
    safe(detail ?? ''),
  ]);
  return table(session, ['SEGMENT', 'LINE', 'SHARD/SEQ', 'WRONG', 'DETAIL'], rows);
}
