import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const requirementsPath = join(here, 'requirements.txt');
const cacheRoot = join(here, '..', '..', 'node_modules', '.cache', 'tokenward');

const INSTALL_LIMIT_MS = 5 * 60_000;
const LOCK_STALE_MS = 60_000;
const LOCK_BEAT_MS = 5_000;

/** The emulator cannot be installed on this machine; the message says what to do about it. */
export class EmulatorInstallError extends Error {
  readonly code = 'emulator-install';
  override readonly name = 'EmulatorInstallError';
}

/**
 * Makes sure the pinned emulator is installed and returns the path of its Python.
 *
 * The virtual environment is named by the digest of requirements.txt, so a changed pin never reuses an
 * old one, and it takes that name only when complete: an interrupted install leaves nothing to trust.
 * It is run as `python -m`, never by its scripts, so that the rename does not matter to it.
 *
 * @throws EmulatorInstallError when Python 3.10 or its venv module is missing, or a hash does not match.
 */
export async function installEmulator(): Promise<string> {
  const requirements = await readFile(requirementsPath);
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 16);
  const home = join(cacheRoot, `ministack-${digest}`);
  if (!existsSync(home)) {
    await mkdir(cacheRoot, { recursive: true });
    await holdingLock(`${home}.lock`, () => build(home));
  }
  return join(home, 'bin', 'python');
}

async function build(home: string): Promise<void> {
  if (existsSync(home)) return;
  const draft = `${home}.${process.pid}`;
  try {
    await fill(draft);
    await rename(draft, home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fill(draft: string): Promise<void> {
  const host = await findPython();
  try {
    await run(host, ['-m', 'venv', draft]);
  } catch (cause) {
    throw new EmulatorInstallError(
      'Python is here but cannot make a virtual environment. Install its venv module (Debian and Ubuntu: ' +
        '`apt-get install python3-venv`), or set EMU_ENDPOINT to an emulator of your own.',
      { cause },
    );
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  const exact = ['--require-hashes', '--only-binary', ':all:', '-r', requirementsPath];
  try {
    await run(join(draft, 'bin', 'python'), [...pip, ...exact], { timeout: INSTALL_LIMIT_MS });
  } catch (cause) {
    throw new EmulatorInstallError(
      `pip could not install the pinned emulator: ${lastLines(cause)}\nCheck the network, or set EMU_ENDPOINT.`,
      { cause },
    );
  }
}

async function findPython(): Promise<string> {
  const probe = 'import sys; print(sys.executable if sys.version_info >= (3, 10) else "")';
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const found = await run(name, ['-c', probe]).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
    if (found !== '') return found;
  }
  throw new EmulatorInstallError(
    'The emulator needs Python 3.10 or newer and no `python3` on the path is one. Install it, or set ' +
      'EMU_ENDPOINT to an emulator of your own.',
  );
}

/**
 * Runs `work` while holding a directory as a lock, which is atomic to make on every file system.
 * The holder refreshes it, so a lock whose owner died is taken over instead of blocking for ever.
 */
async function holdingLock(lock: string, work: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + INSTALL_LIMIT_MS;
  while (!(await tryLock(lock))) {
    if (Date.now() > deadline) throw new EmulatorInstallError(`another install still holds ${lock}`);
    await sleep(250);
  }
  const beat = setInterval(() => {
    utimes(lock, new Date(), new Date()).catch(() => clearInterval(beat));
  }, LOCK_BEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(beat);
    await rm(lock, { recursive: true, force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const age = await stat(lock).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  );
  if (age > LOCK_STALE_MS) await rm(lock, { recursive: true, force: true });
  return false;
}

function lastLines(cause: unknown): string {
  const text = (cause as { stderr?: string }).stderr ?? String(cause);
  return text.trim().split('\n').slice(-4).join('\n');
}
