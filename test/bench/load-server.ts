import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A bundle behind a small HTTP server, in a process of its own on a free port of the loopback. */
export interface LoadServer {
  readonly url: string;
  /** Resident memory now, in bytes. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/** Each POST is one event; what the handler answers is the answer. Its logs go nowhere. */
const CHILD = `
import { createServer } from 'node:http';
import { writeSync } from 'node:fs';
const { handler } = await import(process.argv[1]);
const context = { awsRequestId: 'load', getRemainingTimeInMillis: () => 5000 };
const server = createServer(async (request, response) => {
  if (request.method === 'GET') return response.end(String(process.memoryUsage.rss()));
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.end(JSON.stringify(await handler(JSON.parse(Buffer.concat(chunks)), context)));
});
server.listen(0, '127.0.0.1', () => writeSync(3, String(server.address().port) + '\\n'));
`;

/** Node gets the heap that Lambda would give it with 1,024 MB, and not more than half of that. */
const HEAP_MB = 512;

export async function startLoadServer(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<LoadServer> {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, '--input-type=module', '-e', CHILD, file],
    { env, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] },
  );
  const url = `http://127.0.0.1:${await portOf(child)}`;
  return {
    url,
    async memory() {
      return Number(await (await fetch(url)).text());
    },
    async stop() {
      child.kill();
      await once(child, 'close');
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  const [told] = await Promise.race([
    once(child.stdio[3] as NodeJS.EventEmitter, 'data'),
    once(child, 'close').then(() => {
      throw new Error('the server ended before it listened');
    }),
  ]);
  return Number(String(told));
}
