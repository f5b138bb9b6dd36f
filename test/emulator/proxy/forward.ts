import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Answer, Request } from './call.ts';

/** Where the emulator listens. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
}

/** Sends requests on to the emulator, from the address they came from. */
export interface Forwarder {
  /** Forwards a request whose body has been read and holds the answer in memory. */
  readonly send: (request: Request) => Promise<Answer>;
  /** Streams a request and its answer, untouched but for the forwarding headers. */
  readonly stream: (incoming: IncomingMessage, outgoing: ServerResponse, peer: string) => Promise<void>;
  readonly close: () => void;
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'expect']);

/**
 * Makes the forwarder of one emulator.
 *
 * It dials with the peer's own address, so that the emulator's `aws:SourceIp` is the caller's, and replaces
 * X-Forwarded-For by that address, so that no client can write it. Host is kept: it is signed.
 * X-Forwarded-Proto says https, as every AWS endpoint does, or every policy with aws:SecureTransport refuses.
 */
export function createForwarder(upstream: Upstream): Forwarder {
  // Idle connections are dropped before the emulator drops them, which it does after 75 s.
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: 60_000 });

  const dial = (request: Omit<Request, 'body'>): ReturnType<typeof httpRequest> =>
    httpRequest({
      ...upstream,
      agent,
      method: request.method,
      path: request.url,
      headers: forwardedHeaders(request.rawHeaders, request.peer),
      setHost: false,
      ...(request.peer.includes(':') ? {} : { localAddress: request.peer }),
    });

  const send = async (request: Request): Promise<Answer> => {
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const out = dial(request);
      out.once('response', resolve);
      out.once('error', reject);
      out.end(request.body);
    });
    const { 'content-length': _length, ...headers } = keptHeaders(reply);
    return { status: reply.statusCode ?? 502, headers, body: await readAll(reply) };
  };

  const stream = async (incoming: IncomingMessage, outgoing: ServerResponse, peer: string): Promise<void> => {
    const { method = 'GET', url = '/', rawHeaders, headers } = incoming;
    const out = dial({ method, url, rawHeaders, headers, peer });
    const replied = new Promise<IncomingMessage>((resolve, reject) => {
      out.once('response', resolve);
      out.once('error', reject);
    });
    const [, reply] = await Promise.all([pipeline(incoming, out), replied]);
    outgoing.writeHead(reply.statusCode ?? 502, keptHeaders(reply));
    await pipeline(reply, outgoing);
  };

  return { send, stream, close: () => agent.destroy() };
}

/** Reads a whole body into memory. */
export async function readAll(from: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function forwardedHeaders(raw: readonly string[], peer: string): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const lower = name.toLowerCase();
    if (lower.startsWith('x-forwarded-') || lower === 'forwarded') continue;
    if (HOP_BY_HOP.has(lower) && lower !== 'transfer-encoding') continue;
    kept.push(name, raw[at + 1] ?? '');
  }
  kept.push('X-Forwarded-For', peer, 'X-Forwarded-Proto', 'https');
  return kept;
}

function keptHeaders(reply: IncomingMessage): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(reply.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}
