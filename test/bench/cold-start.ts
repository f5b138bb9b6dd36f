import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { BUNDLING, bundle, FUNCTIONS_OUT } from '#infra/bundle.ts';
import { createDeployment, eventOf } from './authorizer.ts';
import { startAwsEndpoint } from './aws-endpoint.ts';
import type { Figure, Line } from './figure.ts';
import { type Middle, middle, ratio } from './paired.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Loads a bundle, answers one event, and tells the answer with the time since the process began; then it is over. */
const CHILD = `
import { writeSync } from 'node:fs';
const { handler } = await import(process.argv[1]);
const answer = await handler(JSON.parse(process.argv[2]), { awsRequestId: 'r', getRemainingTimeInMillis: () => 5000 });
const { user, system } = process.cpuUsage();
writeSync(3, JSON.stringify({ answer, wallMs: performance.now(), cpuMs: (user + system) / 1000 }));
process.exit(0);
`;

interface FirstAnswer {
  readonly answer: { readonly isAuthorized?: boolean };
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function firstAnswer(
  file: string,
  event: object,
  env: Readonly<Record<string, string>>,
): Promise<FirstAnswer> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, file, JSON.stringify(event)], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  let told = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    told += chunk.toString('utf8');
  });
  await once(child, 'close');
  const first = JSON.parse(told) as FirstAnswer;
  if (first.answer.isAuthorized !== true) throw new Error(`${file} answered ${JSON.stringify(first.answer)}`);
  return first;
}

const ROUNDS = 31;

type Name = 'authorize' | 'plain SDK' | 'empty';

/**
 * A fresh process each time, in turn. Not Lambda: no download of the bundle, no sandbox to start, and a whole core
 * where Lambda gives 1,024 MB a bit more than half of one; what the three share says how much of a start is ours. CPU
 * time is judged, which a busy machine hardly changes.
 */
export const COLD_START: Line = {
  name: 'cold start',
  slow: true,
  says: `from the start of a process to the first answer, AWS on the loopback: Node's start, loading the bundle, clients,
  pepper (read, Decrypt), feed and record read, verdict, usage told; against one read by a plain client, and an empty handler.`,
  async measure() {
    const out = await mkdtemp(join(tmpdir(), 'tokenward-bench-'));
    const deployment = createDeployment(1);
    const endpoint = await startAwsEndpoint(deployment);
    try {
      await bundle(ROOT);
      await build({
        ...BUNDLING,
        absWorkingDir: ROOT,
        entryPoints: ['empty', 'plain-sdk'].map((name) => `test/bench/cold-start/${name}.ts`),
        outdir: out,
        outExtension: { '.js': '.mjs' },
      });
      const files: Readonly<Record<Name, string>> = {
        authorize: join(ROOT, FUNCTIONS_OUT, 'authorize/index.mjs'),
        'plain SDK': join(out, 'plain-sdk.mjs'),
        empty: join(out, 'empty.mjs'),
      };
      const event = eventOf(deployment.tokens[0] ?? '');
      const env = deployment.environment(endpoint.url);
      const met: Record<Name, FirstAnswer[]> = { authorize: [], 'plain SDK': [], empty: [] };
      for (let round = -2; round < ROUNDS; round++) {
        for (const [name, file] of Object.entries(files) as [Name, string][]) {
          const first = await firstAnswer(file, event, env);
          if (round >= 0) met[name].push(first);
        }
      }
      return figuresOf(met);
    } finally {
      await endpoint.close();
      await rm(out, { recursive: true });
    }
  },
};

function figuresOf(met: Readonly<Record<Name, readonly FirstAnswer[]>>): readonly Figure[] {
  const wall = (name: Name): readonly number[] => met[name].map(({ wallMs }) => wallMs);
  const cpu = (name: Name): readonly number[] => met[name].map(({ cpuMs }) => cpuMs);
  const figure = (name: string, { value, spread }: Middle, limit?: number): Figure => ({
    name: `cold start/${name}`,
    value,
    unit: '×',
    spread,
    ...(limit === undefined ? {} : { limit }),
  });
  const time = (name: string, of: Middle): Figure => ({ ...figure(name, of), unit: 'ms', local: true });
  return [
    figure('authorize ÷ plain SDK, time', ratio(wall('authorize'), wall('plain SDK'))),
    figure('authorize ÷ plain SDK, CPU', ratio(cpu('authorize'), cpu('plain SDK')), 1.35),
    figure('authorize ÷ empty, time', ratio(wall('authorize'), wall('empty'))),
    time('authorize, time', middle(wall('authorize'))),
    time('authorize, CPU', middle(cpu('authorize'))),
    time('plain SDK, time', middle(wall('plain SDK'))),
    time('empty, time', middle(wall('empty'))),
  ];
}
