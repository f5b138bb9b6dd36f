import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogReader } from '#adapters/s3/log-reader.ts';
import { checkpointName, numberOf, segmentName } from '#core/seal/names.ts';
import { vkeyText } from '#core/seal/note.ts';
import { textOf, type Values, whereOf } from './arguments.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json } from './print.ts';
import type { Session } from './session.ts';

const AT_ONCE = 16;
const PROGRESS_EVERY = 64 * AT_ONCE;

/**
 * The sealed log as files, for `audit verify --bundle`: every segment up to the last checkpoint, as stored. What the
 * directory has already is kept and not asked for again; whether it is genuine is for the verifier to say.
 */
export async function auditExport(values: Values, session: Session): Promise<ExitCode> {
  const out = textOf(values, 'out');
  if (out === undefined) throw new CliError('usage', 'give --out DIR, where the files go');
  const log = await session.connect(whereOf(values)).log(textOf(values, 'bucket'));
  await mkdir(join(out, 'segments'), { recursive: true });
  await mkdir(join(out, 'checkpoints'), { recursive: true });
  const checkpoints = await numbers(log, 'checkpoints/');
  const last = checkpoints.at(-1) ?? -1;
  const segments = (await numbers(log, 'segments/')).filter((number) => number <= last);
  const had = new Set([
    ...(await readdir(join(out, 'segments'))).map((name) => `segments/${name}`),
    ...(await readdir(join(out, 'checkpoints'))).map((name) => `checkpoints/${name}`),
  ]);
  const missing = [...segments.map(segmentName), ...checkpoints.map(checkpointName)].filter(
    (name) => !had.has(name),
  );
  for (let start = 0; start < missing.length; start += AT_ONCE) {
    await Promise.all(missing.slice(start, start + AT_ONCE).map((name) => save(log, name, out)));
    if (start % PROGRESS_EVERY === 0 && start > 0) session.err(`${start} of ${missing.length} files`);
  }
  const told = { segments: segments.length, fetched: missing.length, checkpoints: checkpoints.length };
  session.out(
    values.json === true
      ? json({ out, ...told })
      : `${told.segments} segments and ${told.checkpoints} checkpoints in ${out}, ${told.fetched} files of them new`,
  );
  return EXIT.done;
}

/** The key that checkpoints are signed with, as KMS gives it: keep it away from the log. */
export async function auditKey(values: Values, session: Session): Promise<ExitCode> {
  const vkey = vkeyText(await session.connect(whereOf(values)).logKey());
  session.out(values.json === true ? json({ vkey }) : vkey);
  return EXIT.done;
}

async function numbers(log: LogReader, prefix: string): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const name of log.names(prefix)) {
    const number = numberOf(name);
    if (number !== undefined) found.push(number);
  }
  return found.sort((a, b) => a - b);
}

/** Under its name only when it is whole. */
async function save(log: LogReader, name: string, out: string): Promise<void> {
  const path = join(out, name);
  await writeFile(`${path}.part`, await log.read(name));
  await rename(`${path}.part`, path);
}
