import { spawn } from 'node:child_process';
import { createWriteStream, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installEmulator } from './install.ts';

const here = dirname(fileURLToPath(import.meta.url));
const launcher = join(here, 'launch.py');
const nodeBin = join(here, '..', '..', 'node_modules', 'node', 'bin');
const START_LIMIT_MS = 30_000;
const TERM_LIMIT_MS = 8_000;

/** A running emulator process. */
export interface Ministack {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Home directory of the emulator and of the functions it runs; removed by `stop`. */
  readonly home: string;
  /** Last lines of its log, for a failure message. */
  readonly log: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the emulator with real IAM and waits until it is healthy.
 *
 * Its environment is built from nothing: the functions it runs inherit PATH and HOME, and the first `node`
 * on the path is the one that runs them. `functionEndpoint` is what those functions call as AWS.
 *
 * @throws when it does not answer its health page within 30 s; the message carries the end of its log.
 */
export async function startMinistack(functionEndpoint: string): Promise<Ministack> {
  const python = await installEmulator();
  const home = await mkdtemp(join(tmpdir(), 'tokenward-aws-'));
  const port = await freePort();
  const logPath = join(home, 'ministack.log');
  await mkdir(join(home, 'tmp'));
  const child = spawn(python, [launcher], {
    cwd: home,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(home, port, functionEndpoint),
  });
  const log = createWriteStream(logPath);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let running = true;
  void exited.then(() => {
    running = false;
  });
  const pid = child.pid ?? 0;
  const killGroup = (): void => signalGroup(pid, 'SIGKILL');
  const leaveNothing = (): void => {
    killGroup();
    rmSync(home, { recursive: true, force: true });
  };
  process.once('exit', leaveNothing);
  const stop = async (): Promise<void> => {
    if (running) process.kill(pid, 'SIGTERM');
    await Promise.race([exited, sleep(TERM_LIMIT_MS, undefined, { ref: false })]);
    killGroup();
    process.removeListener('exit', leaveNothing);
    await exited;
    log.end();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const tail = async (): Promise<string> =>
    (await readFile(logPath, 'utf8')).split('\n').slice(-30).join('\n');
  try {
    await healthy(port, () => running);
  } catch (cause) {
    const last = await tail();
    await stop();
    throw new Error(`the emulator did not start:\n${last}`, { cause });
  }
  return { host: '127.0.0.1', port, pid, home, log: tail, stop };
}

function environment(home: string, port: number, functionEndpoint: string): NodeJS.ProcessEnv {
  const path = [nodeBin, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);
  return {
    PATH: path,
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    STATE_DIR: join(home, 'state'),
    S3_DATA_DIR: join(home, 's3'),
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    AUTH: 'true',
    BIND_HOST: '127.0.0.1',
    IOT_MTLS_ENABLED: '0',
    GATEWAY_PORT: String(port),
    AWS_ENDPOINT_URL: functionEndpoint,
    LOG_LEVEL: 'WARNING',
  };
}

async function healthy(port: number, running: () => boolean): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (running() && Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/_ministack/health`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await sleep(50);
  }
  throw new Error(running() ? 'no answer from its health page' : 'it exited');
}

/** Signals the whole group, for the workers it may leave; a group that is gone is what was wanted. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return address.port;
}
