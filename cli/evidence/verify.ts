import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BUNDLE,
  type BundleOnDisk,
  type BundleProblem,
  referencesIn,
  sha256,
  verifyEvidence,
} from '#core/evidence/bundle.ts';
import { openEnvelope } from '#core/evidence/dsse.ts';
import type { NoteKey } from '#core/seal/note.ts';
import { textOf, type Values } from '../arguments.ts';
import { CliError, EXIT, type ExitCode } from '../fault.ts';
import { json, safe, table } from '../print.ts';
import type { Session } from '../session.ts';
import { keysIn } from '../verify-bundle.ts';

/** No file of a bundle is as large. */
const FILE_MAX_BYTES = 64 * 1024 * 1024;

/** A bundle against the key that must have signed it, offline: signature, every file’s digest, every reference. */
export async function evidenceVerify(values: Values, session: Session): Promise<ExitCode> {
  const [dir, vkey] = [textOf(values, 'bundle'), textOf(values, 'vkey')];
  if (dir === undefined || vkey === undefined) {
    throw new CliError(
      'usage',
      'give --bundle DIR and --vkey FILE, a key that did not come with the bundle: tokenward evidence key',
    );
  }
  const key = await signerOf(dir, await keysIn(vkey));
  const problems = await problemsIn(dir, key);
  if (values.json === true) session.out(json({ holds: problems.length === 0, problems }));
  else if (problems.length === 0) session.out(await praise(dir, key));
  else {
    session.out(
      table(
        session,
        ['FILE', 'WRONG', 'DETAIL'],
        problems.map(({ file, problem, detail }) => [safe(file), problem, safe(detail ?? '')]),
      ),
    );
  }
  if (problems.length === 0) return EXIT.done;
  session.err(`the bundle does not hold, ${problems.length} findings`);
  return EXIT.refused;
}

/** Of the keys that may have signed it, the one that did; the first, to name the refusal, where none did. */
async function signerOf(dir: string, keys: readonly [NoteKey, ...NoteKey[]]): Promise<NoteKey> {
  const disk = await open(dir);
  const envelope = disk.text(BUNDLE.envelope);
  return keys.find((key) => openEnvelope(envelope, key).ok) ?? keys[0];
}

/** Everything wrong with a bundle; references are followed once every digest holds. */
export async function problemsIn(dir: string, key: NoteKey): Promise<readonly BundleProblem[]> {
  const disk = await open(dir);
  const problems = verifyEvidence(disk, key);
  return problems.length > 0 ? problems : referencesIn(disk, collectedAt(disk, key));
}

/** As of when the bundle was made: whether it is still evidence today is another question, and said. */
function collectedAt(disk: BundleOnDisk, key: NoteKey): number {
  const opened = openEnvelope(disk.text(BUNDLE.envelope), key);
  return opened.ok ? Date.parse(opened.value.predicate.collectedAt) : Number.NaN;
}

async function praise(dir: string, key: NoteKey): Promise<string> {
  const disk = await open(dir);
  const opened = openEnvelope(disk.text(BUNDLE.envelope), key);
  const said = opened.ok
    ? `${opened.value.predicate.collectedAt}, environment ${opened.value.predicate.environment}`
    : '';
  return `${disk.digests.size} files, made ${said}: the signature, every digest and every reference hold`;
}

async function open(dir: string): Promise<BundleOnDisk> {
  const digests = new Map<string, string>();
  const texts = new Map<string, string>();
  let names: readonly string[];
  try {
    const found = await readdir(dir, { recursive: true, withFileTypes: true });
    names = found
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, '/').length));
  } catch (cause) {
    throw new CliError('refused', `${dir} cannot be read`, { cause });
  }
  for (const name of names) {
    const path = join(dir, name);
    if ((await stat(path)).size > FILE_MAX_BYTES) {
      throw new CliError(
        'refused',
        `${path} is larger than ${FILE_MAX_BYTES} bytes: it is no part of a bundle`,
      );
    }
    const bytes = await readFile(path);
    digests.set(name.replaceAll('\\', '/'), sha256(bytes));
    texts.set(name.replaceAll('\\', '/'), bytes.toString('utf8'));
  }
  return { digests, text: (path) => texts.get(path) ?? '' };
}
