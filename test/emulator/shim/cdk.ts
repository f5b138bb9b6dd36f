import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const shortSleeps = join(dirname(fileURLToPath(import.meta.url)), 'short-sleeps.mjs');
const cli = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk');
const KEPT_LINES = 40;

/** The cdk CLI ended with an error; the message carries the failed resources and the end of what it said. */
export class CdkError extends Error {
  readonly code = 'cdk';
  override readonly name = 'CdkError';
}

/**
 * Runs the cdk CLI in `cwd` with `env` and nothing else of this process's environment, and hands every line it
 * prints to `onLine`. `cwd` must be no project's: a cdk.json there would have the CLI synthesise that app.
 *
 * @throws CdkError when it ends with another code than 0.
 */
export async function cdk(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Promise<void> {
  const child = spawn(process.execPath, ['--import', shortSleeps, cli, ...args, '--no-notices'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: dirname(process.execPath),
      CI: 'true',
      NO_COLOR: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...env,
    },
  });
  const said: string[] = [];
  const failed: string[] = [];
  const read = async (stream: NodeJS.ReadableStream): Promise<void> => {
    for await (const line of createInterface({ input: stream })) {
      said.push(line);
      if (said.length > KEPT_LINES) said.shift();
      if (/_FAILED|❌/.test(line)) failed.push(line);
      onLine(line);
    }
  };
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
  if (code === 0) return;
  throw new CdkError(`cdk ${args[0]} ended with code ${code}\n${[...failed, '…', ...said].join('\n')}`);
}
