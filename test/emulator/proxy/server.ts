import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, type Call, type Interceptor, identify, type Request, scopeOf } from './call.ts';
import { ConnectionCut } from './faults.ts';
import { type Forwarder, readAll } from './forward.ts';

/** What the proxy does with a signed call. */
export interface Pipeline {
  /** Whether a service of the streamed ones must be read all the same. */
  readonly reads: (service: string) => boolean;
  /** From the outermost to the one next to the emulator. */
  readonly interceptors: readonly Interceptor[];
  /** Sees every answer before the caller does. */
  readonly onAnswer: (call: Call, answer: Answer, arrivedAt: number) => Promise<void>;
}

/** Services whose calls only pass through: bulk data, or protocols the proxy has no business with. */
const STREAMED = new Set(['s3', 'execute-api', 'apigateway', 'scheduler', 'states']);

/** Starts to listen on 127.0.0.1. The pipeline is made once the port is known, as the emulator must know it. */
export async function listen(port: number): Promise<{ server: Server; port: number }> {
  const server = createServer({ keepAliveTimeout: 30_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Puts the pipeline and the emulator behind a listening server. */
export function serve(server: Server, forwarder: Forwarder, pipeline: Pipeline): void {
  server.on('request', (incoming, outgoing) => {
    handle(incoming, outgoing, forwarder, pipeline).catch((error: unknown) => {
      if (error instanceof ConnectionCut || outgoing.headersSent) {
        incoming.socket.destroy();
        return;
      }
      outgoing.writeHead(502, { 'content-type': 'text/plain' }).end(`the proxy failed: ${String(error)}`);
    });
  });
}

/** Stops listening and drops what is still connected. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

async function handle(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  forwarder: Forwarder,
  pipeline: Pipeline,
): Promise<void> {
  const peer = incoming.socket.remoteAddress ?? '127.0.0.1';
  const scope = scopeOf(incoming.headers);
  if (scope === undefined || (STREAMED.has(scope.service) && !pipeline.reads(scope.service))) {
    return forwarder.stream(incoming, outgoing, peer);
  }
  const arrivedAt = Date.now();
  const { method = 'GET', url = '/', headers, rawHeaders } = incoming;
  const request: Request = { method, url, headers, rawHeaders, peer, body: await readAll(incoming) };
  const call = identify(scope, request);
  const answer = await answerOf(call, () => forwarder.send(request), pipeline, arrivedAt);
  outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  outgoing.end(answer.body);
}

async function answerOf(
  call: Call,
  emulator: () => Promise<Answer>,
  pipeline: Pipeline,
  arrivedAt: number,
): Promise<Answer> {
  const chain = pipeline.interceptors.reduceRight<() => Promise<Answer>>(
    (next, interceptor) => () => interceptor(call, next),
    emulator,
  );
  try {
    const answer = await chain();
    await pipeline.onAnswer(call, answer, arrivedAt);
    return answer;
  } catch (error) {
    if (error instanceof ConnectionCut && error.answer !== undefined) {
      await pipeline.onAnswer(call, error.answer, arrivedAt);
    }
    throw error;
  }
}
