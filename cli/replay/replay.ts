import { readFileSync, writeFileSync } from 'node:fs';
import { createFileScratch } from '#adapters/files/scratch.ts';
import { bytesOf, type FoundFile, walk } from '#adapters/files/walk.ts';
import { atlasOfMmdb } from '#adapters/geo/mmdb.ts';
import { atlasOfLines, GeoError } from '#adapters/geo/ranges.ts';
import { parseBindings } from '#core/detection/bindings-file.ts';
import { type Contracts, NO_CONTRACTS } from '#core/detection/contract.ts';
import { type Atlas, NO_ATLAS } from '#core/detection/place.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { createRecordStream } from '#events/trail/stream.ts';
import { createReplay, type Replay, type Replayed } from '#functions/replay/replay.ts';
import { countRungs, lineOf, type Summary } from '#functions/replay/summary.ts';
import { textOf, type Values } from '../arguments.ts';
import { CliError, EXIT, type ExitCode } from '../fault.ts';
import type { Session } from '../session.ts';
import { pageOf } from './page.ts';
import { tableOf } from './table.ts';

const FORMATS = ['table', 'ndjson'];

/** How often progress is told to somebody at a terminal. */
const TELL_EVERY_MS = 2_000;

/**
 * Judges CloudTrail files by the responder's own engine and says how far each credential would have gone. Calls
 * nothing and changes nothing; tier 1 is judged as if it had been opted in to.
 */
export async function replay(values: Values, session: Session): Promise<ExitCode> {
  const format = textOf(values, 'format') ?? 'table';
  if (!FORMATS.includes(format)) throw new CliError('usage', '--format takes table or ndjson');
  const world = {
    policy: REPLAY_LADDER,
    contracts: contractsOf(textOf(values, 'bindings')),
    atlas: atlasOf(textOf(values, 'geo')),
  };
  const files = filesOf(values._);
  const scratch = createFileScratch();
  try {
    const began = session.now();
    const judging = createReplay(world, scratch);
    await readAll(files, judging, session);
    const done = judging.finish();
    const summary = summaryOf(judging, done, (session.now() - began) / 1000);
    print(done, summary, format, session);
    const page = textOf(values, 'html');
    if (page !== undefined) write(page, pageOf(done, summary));
    const into = textOf(values, 'summary');
    if (into !== undefined) write(into, `${JSON.stringify(summary)}\n`);
    return report(judging, summary, session);
  } finally {
    scratch.clear();
  }
}

async function readAll(files: readonly FoundFile[], judging: Replay, session: Session): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let read = 0;
  let told = session.now();
  for (const { path } of files) {
    const stream = createRecordStream(judging.take);
    try {
      for await (const chunk of bytesOf(path, (bytes) => {
        read += bytes;
      })) {
        stream.push(chunk);
        if (!session.interactive || session.now() - told < TELL_EVERY_MS) continue;
        told = session.now();
        session.err(`${judging.counts().events} events, ${Math.round((100 * read) / Math.max(1, total))} %`);
      }
    } catch (fault) {
      throw new CliError('usage', `${path} cannot be read: ${reasonOf(fault)}`, { cause: fault });
    }
    stream.end();
  }
}

function summaryOf(judging: Replay, done: Replayed, seconds: number): Summary {
  const { events, parsed, rejected } = judging.counts();
  return {
    events,
    parsed,
    duplicates: done.duplicates,
    rejected: Object.values(rejected).reduce((sum, count) => sum + count, 0),
    credentials: done.judged.credentials,
    ...countRungs(done.judged.verdicts),
    seconds,
    eventsPerSecond: Math.round(events / Math.max(seconds, 0.001)),
    heldByBreaker: done.breaker.held.length,
  };
}

function print(done: Replayed, summary: Summary, format: string, session: Session): void {
  if (format === 'ndjson') {
    for (const verdict of done.judged.verdicts) session.out(JSON.stringify(lineOf(verdict)));
    return;
  }
  session.out(tableOf(done, summary, session));
}

/** Says what was passed over; no record that can be read is a refusal, since it says nothing about the account. */
function report(judging: Replay, summary: Summary, session: Session): ExitCode {
  for (const [field, count] of Object.entries(judging.counts().rejected)) {
    session.err(`${count} records rejected: ${field} cannot be read`);
  }
  if (summary.parsed > 0) return EXIT.done;
  session.err('tokenward: no CloudTrail record was found: give log files, or ndjson of records or of events');
  return EXIT.refused;
}

function filesOf(paths: Values[string]): readonly FoundFile[] {
  if (!Array.isArray(paths) || paths.length === 0) {
    throw new CliError('usage', 'no files: give CloudTrail log files, ndjson files or folders of them');
  }
  try {
    return walk(paths as readonly string[]);
  } catch (fault) {
    throw new CliError('usage', `cannot be read: ${reasonOf(fault)}`, { cause: fault });
  }
}

function contractsOf(path: string | undefined): Contracts {
  if (path === undefined) return NO_CONTRACTS;
  const read = parseBindings(jsonOf(readFile(path).toString('utf8'), path));
  if (read.ok) return read.value;
  const { field, problem, fix } = read.error;
  throw new CliError('usage', `${path}: ${field}: ${problem}; ${fix}`);
}

function atlasOf(path: string | undefined): Atlas {
  if (path === undefined) return NO_ATLAS;
  const bytes = readFile(path);
  try {
    return path.endsWith('.mmdb') ? atlasOfMmdb(bytes) : atlasOfLines(bytes.toString('utf8'));
  } catch (fault) {
    const why = fault instanceof GeoError ? fault.message : 'it is no MMDB database';
    throw new CliError('usage', `${path}: ${why}`, { cause: fault });
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (fault) {
    throw new CliError('usage', `${path} cannot be read: ${reasonOf(fault)}`, { cause: fault });
  }
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (fault) {
    throw new CliError('usage', `${path} is no JSON`, { cause: fault });
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (fault) {
    throw new CliError('usage', `${path} cannot be written: ${reasonOf(fault)}`, { cause: fault });
  }
}

/** A file system's or zlib's code, which says enough and holds nothing of the file. */
const reasonOf = (fault: unknown): string =>
  fault instanceof Error && 'code' in fault ? String(fault.code) : 'unknown fault';
