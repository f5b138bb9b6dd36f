import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SmokeArguments } from './arguments.ts';

/** The sandbox that a smoke test makes. */
export const ENVIRONMENT = 'smoke';

// Another application may own the account's role for API Gateway logs, and taking it away again would hurt it.
const CONTEXT = ['-c', 'stage=sandbox', '-c', `env=${ENVIRONMENT}`, '-c', 'gatewayAccountRole=false'];
const KEPT_LINES = 30;

/** How to take the sandbox down by hand. */
export function destroyCommand({ profile, region }: SmokeArguments): string {
  const where = region === undefined ? '' : `AWS_REGION=${region} `;
  return `${where}npx cdk destroy --all ${CONTEXT.join(' ')} --profile ${profile}`;
}

/** Deploys all stacks of infra/app.ts with the cdk CLI; gives their outputs. */
export async function deploy(
  asked: SmokeArguments,
  progress: (line: string) => void,
): Promise<Readonly<Record<string, string>>> {
  return inWorkDir(async (dir) => {
    const file = join(dir, 'outputs.json');
    const manner = ['--require-approval', 'never', '--outputs-file', file, '--output', join(dir, 'cdk.out')];
    await cdk(['deploy', '--all', ...manner], asked, progress);
    const stacks = JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, string>>;
    return Object.assign({}, ...Object.values(stacks)) as Record<string, string>;
  });
}

/** Takes all stacks down. */
export async function destroy(asked: SmokeArguments, progress: (line: string) => void): Promise<void> {
  await inWorkDir((dir) =>
    cdk(['destroy', '--all', '--force', '--output', join(dir, 'cdk.out')], asked, progress),
  );
}

async function inWorkDir<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'tokenward-smoke-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function cdk(
  args: readonly string[],
  { profile, region }: SmokeArguments,
  progress: (line: string) => void,
): Promise<void> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk');
  const where = region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region };
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(process.execPath, [cli, ...args, ...CONTEXT, '--profile', profile, '--no-notices'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, ...where, PATH: path, CI: 'true', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  const read = async (stream: NodeJS.ReadableStream): Promise<void> => {
    for await (const line of createInterface({ input: stream })) {
      said.push(line);
      if (said.length > KEPT_LINES) said.shift();
      if (/✅|❌|_FAILED/u.test(line)) progress(line.trim());
    }
  };
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
  if (code !== 0) throw new Error(`cdk ${args[0]} ended with code ${code}:\n${said.join('\n')}`);
}
