import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointName, numberOf, segmentName } from '#core/seal/names.ts';
import { CliError } from './fault.ts';

/** No segment of ours is as large; what is larger is not read. */
const FILE_MAX_BYTES = 256 * 1024 * 1024;

/** A sealed log as files, the way `audit export` lays them out: `segments/` and `checkpoints/`. */
export interface Bundle {
  /** Numbers of the segments that are there, ascending. */
  readonly segments: readonly number[];
  readonly checkpoints: ReadonlySet<number>;
  segment(number: number): Promise<string>;
  /** `undefined`: there is none. */
  checkpoint(number: number): Promise<string | undefined>;
}

/** @throws CliError `refused` where the directory is no bundle. */
export async function openBundle(dir: string): Promise<Bundle> {
  const segments = await numbersIn(dir, 'segments');
  const checkpoints = new Set(await numbersIn(dir, 'checkpoints'));
  return {
    segments,
    checkpoints,
    segment: (number) => readText(join(dir, segmentName(number))),
    checkpoint: async (number) =>
      checkpoints.has(number) ? readText(join(dir, checkpointName(number))) : undefined,
  };
}

async function numbersIn(dir: string, folder: 'segments' | 'checkpoints'): Promise<readonly number[]> {
  try {
    const names = await readdir(join(dir, folder));
    return names.flatMap((name) => numberOf(`${folder}/${name}`) ?? []).sort((a, b) => a - b);
  } catch (cause) {
    const text = `${dir} is no bundle: it has no directory ${folder}/. \`tokenward audit export\` makes one`;
    throw new CliError('refused', text, { cause });
  }
}

/**
 * A file's text. Bytes that are no UTF-8 become U+FFFD and a mark that no line of ours has: two different files must
 * never read the same.
 *
 * @throws CliError `refused` for a file that is too large to be part of a log.
 */
async function readText(path: string): Promise<string> {
  if ((await stat(path)).size > FILE_MAX_BYTES) {
    throw new CliError('refused', `${path} is larger than ${FILE_MAX_BYTES} bytes: it is no part of a log`);
  }
  const bytes = await readFile(path);
  const text = bytes.toString('utf8');
  return bytes.equals(Buffer.from(text)) ? text : `\u0000${text}`;
}
