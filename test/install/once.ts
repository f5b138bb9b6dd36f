import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'tokenward');
const LOCK_STALE_MS = 60_000;
const LOCK_BEAT_MS = 5_000;

/** How long one installation may take, waiting for another process's included. */
export const INSTALL_LIMIT_MS: number = 5 * 60_000;

/** A tool cannot be installed on this machine; the message says what to do about it. */
export class InstallError extends Error {
  readonly code = 'install';
  override readonly name = 'InstallError';
}

/**
 * Makes sure that a tool is installed as its pin files say, and returns the folder.
 *
 * The folder is named by the digest of the pins, so a changed pin never reuses an old one, and it takes that name
 * only when complete: an interrupted install leaves nothing to trust. Processes that ask at once share one install.
 *
 * @throws InstallError, from `fill` or when another process holds the install for too long.
 */
export async function installOnce(
  name: string,
  pins: readonly string[],
  fill: (draft: string) => Promise<void>,
  root: string = CACHE,
): Promise<string> {
  const digest = createHash('sha256');
  for (const pin of pins) digest.update(await readFile(pin));
  const home = join(root, `${name}-${digest.digest('hex').slice(0, 16)}`);
  if (!existsSync(home)) {
    await mkdir(root, { recursive: true });
    await holdingLock(`${home}.lock`, () => build(home, fill));
  }
  return home;
}

async function build(home: string, fill: (draft: string) => Promise<void>): Promise<void> {
  if (existsSync(home)) return;
  const draft = `${home}.${process.pid}`;
  try {
    await fill(draft);
    await rename(draft, home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * Runs `work` while holding a directory as a lock, which is atomic to make on every file system.
 * The holder refreshes it, so a lock whose owner died is taken over instead of blocking for ever.
 */
async function holdingLock(lock: string, work: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + INSTALL_LIMIT_MS;
  while (!(await tryLock(lock))) {
    if (Date.now() > deadline) throw new InstallError(`another install still holds ${lock}`);
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

/** The end of what a failed command said. */
export function lastLines(cause: unknown): string {
  const text = (cause as { stderr?: string }).stderr ?? String(cause);
  return text.trim().split('\n').slice(-4).join('\n');
}
