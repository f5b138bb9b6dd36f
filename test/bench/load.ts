import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { BUNDLING, bundle, FUNCTIONS_OUT } from '#infra/bundle.ts';
import { tokenNamed } from '../authorize/registered.ts';
import { createDeployment, eventOf } from './authorizer.ts';
import { startAwsEndpoint } from './aws-endpoint.ts';
import type { Figure, Line } from './figure.ts';
import { type LoadServer, startLoadServer } from './load-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TOKENS = 500;
const MB = 1024 ** 2;

/** What is sent, and whether it must be allowed: of each twenty requests one is garbage and one an unknown token. */
interface Shot {
  readonly body: string;
  readonly allowed: boolean;
}

function shotsOf(tokens: readonly string[]): readonly Shot[] {
  return tokens.map((token, index) => {
    const text = index % 20 === 0 ? 'garbage' : index % 20 === 1 ? tokenNamed(`no. ${index}`).text : token;
    return { body: JSON.stringify(eventOf(text)), allowed: text === token };
  });
}

interface Volley {
  /** Milliseconds, shortest first. */
  readonly took: readonly number[];
  readonly perSecond: number;
}

/** So many at once, each sending its next when it has its answer, for so long. A wrong answer ends it. */
async function fire(url: string, shots: readonly Shot[], atOnce: number, ms: number): Promise<Volley> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const took: number[] = [];
  const began = performance.now();
  let next = 0;
  async function gunner(): Promise<void> {
    while (performance.now() - began < ms) {
      const shot = shots[next++ % shots.length] as Shot;
      const sent = performance.now();
      const { isAuthorized } = JSON.parse(await post(url, shot.body, agent)) as { isAuthorized: boolean };
      took.push(performance.now() - sent);
      if (isAuthorized !== shot.allowed) throw new Error(`answered ${isAuthorized}, not ${shot.allowed}`);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, gunner));
  agent.destroy();
  const seconds = (performance.now() - began) / 1_000;
  return { took: took.sort((a, b) => a - b), perSecond: took.length / seconds };
}

function post(url: string, body: string, agent: Agent): Promise<string> {
  return new Promise((done, failed) => {
    const sent = request(url, { method: 'POST', agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done(text));
    });
    sent.on('error', failed);
    sent.end(body);
  });
}

const quantile = ({ took }: Volley, share: number): number =>
  took[Math.floor((took.length - 1) * share)] ?? Number.NaN;

/**
 * One at a time is how Lambda feeds a container; sixteen at once is what a service with the verifier in process may
 * meet. The empty handler behind the same server says how much of it is HTTP and this machine.
 */
export const LOAD: Line = {
  name: 'load',
  slow: true,
  says: `the bundled authorizer behind a small HTTP server, fired at from a second process over the loopback; ${TOKENS} tokens,
  a tenth of the requests garbage or unknown; registry, KMS and queue on the loopback too; every answer checked.`,
  async measure() {
    const ms = 8_000;
    const out = await mkdtemp(join(tmpdir(), 'tokenward-bench-'));
    const deployment = createDeployment(TOKENS);
    const endpoint = await startAwsEndpoint(deployment);
    const servers: LoadServer[] = [];
    try {
      await bundle(ROOT);
      await build({
        ...BUNDLING,
        absWorkingDir: ROOT,
        entryPoints: ['test/bench/cold-start/empty.ts'],
        outfile: join(out, 'empty.mjs'),
      });
      const env = deployment.environment(endpoint.url);
      const authorize = await startLoadServer(join(ROOT, FUNCTIONS_OUT, 'authorize/index.mjs'), env);
      servers.push(authorize);
      const empty = await startLoadServer(join(out, 'empty.mjs'), {});
      servers.push(empty);

      const shots = shotsOf(deployment.tokens);
      const always = shots.map(({ body }) => ({ body, allowed: true }));
      await fire(authorize.url, shots, 1, ms / 2);
      await fire(empty.url, always, 1, ms / 4);
      const base = await fire(empty.url, always, 1, ms / 2);
      const single = await fire(authorize.url, shots, 1, ms);
      await fire(authorize.url, shots, 16, ms / 2);
      const warm = await authorize.memory();
      const many = await fire(authorize.url, shots, 16, ms);
      const after = await authorize.memory();
      const time = (name: string, value: number, unit = 'ms'): Figure => ({
        name: `load/${name}`,
        value,
        unit,
        local: true,
      });
      return [
        {
          name: 'load/one at a time, p50 ÷ empty',
          value: quantile(single, 0.5) / quantile(base, 0.5),
          unit: '×',
          limit: 8,
        },
        { ...time('one at a time, p50', quantile(single, 0.5)), limit: 5 },
        { ...time('one at a time, p99', quantile(single, 0.99)), limit: 50 },
        time('empty, p50', quantile(base, 0.5)),
        time('empty, p99', quantile(base, 0.99)),
        time('16 at once, p50', quantile(many, 0.5)),
        time('16 at once, p99', quantile(many, 0.99)),
        time('16 at once, requests', many.perSecond, 'a second'),
        { ...time('memory after', after / MB, 'MB'), limit: 256 },
        { ...time('memory, after ÷ warm', after / warm, '×'), limit: 1.5 },
      ];
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
      await endpoint.close();
      await rm(out, { recursive: true });
    }
  },
};
