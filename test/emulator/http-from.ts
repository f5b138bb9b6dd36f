import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { readAll } from './proxy/forward.ts';

/** HTTP from one loopback address: to the local AWS its owner is a host of its own. */
export interface HttpFrom {
  /** As the global `fetch`, for http URLs and bodies of text or bytes. */
  readonly fetch: (url: string | URL, init?: HttpInit) => Promise<Response>;
  /** For the `requestHandler` of an SDK client. */
  readonly requestHandler: NodeHttpHandler;
  readonly close: () => void;
}

/** A request as `HttpFrom.fetch` takes it. */
export interface HttpInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const WITHOUT_BODY = new Set([204, 304]);

/**
 * Binds HTTP to a source address of 127.0.0.0/8, such as 127.66.6.6.
 * Linux has them all; other systems need the address as an alias of the loopback interface first.
 */
export function httpFrom(address: string): HttpFrom {
  const agent = new Agent({ keepAlive: true, localAddress: address });
  return {
    fetch: (url, init = {}) => send(agent, new URL(url), init),
    requestHandler: new NodeHttpHandler({ httpAgent: agent }),
    close: () => agent.destroy(),
  };
}

async function send(
  agent: Agent,
  url: URL,
  { method = 'GET', headers = {}, body }: HttpInit,
): Promise<Response> {
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    const out = httpRequest(url, { agent, method, headers });
    out.once('response', resolve);
    out.once('error', reject);
    out.end(body);
  });
  const received = new Headers();
  for (const [name, values] of Object.entries(reply.headersDistinct)) {
    for (const value of values ?? []) received.append(name, value);
  }
  const bytes = await readAll(reply);
  const status = reply.statusCode ?? 500;
  return new Response(WITHOUT_BODY.has(status) ? null : new Uint8Array(bytes), { status, headers: received });
}
