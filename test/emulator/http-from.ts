import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { readAll } from './proxy/forward.ts';

/** An HTTP answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** HTTP from one loopback address: to the emulator its owner is a host of its own. */
export interface HttpFrom {
  /** For an SDK client: `requestHandler: { httpAgent: agent }`. */
  readonly agent: Agent;
  readonly send: (url: string, init?: HttpInit) => Promise<HttpAnswer>;
  readonly close: () => void;
}

/** A request as `HttpFrom` sends it. */
export interface HttpInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Binds HTTP to a source address of 127.0.0.0/8, such as 127.66.6.6.
 * Linux has them all; other systems need the address as an alias of the loopback interface first.
 */
export function httpFrom(address: string): HttpFrom {
  const agent = new Agent({ keepAlive: true, localAddress: address });
  const send = async (url: string, init: HttpInit = {}): Promise<HttpAnswer> => {
    const { method = 'GET', headers = {}, body } = init;
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const out = httpRequest(url, { agent, method, headers });
      out.once('response', resolve);
      out.once('error', reject);
      out.end(body);
    });
    const text = (await readAll(reply)).toString('utf8');
    return { status: reply.statusCode ?? 0, headers: reply.headers, body: text };
  };
  return { agent, send, close: () => agent.destroy() };
}
