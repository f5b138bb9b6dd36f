import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';

/** What every client of a service is made with. */
export interface ClientOptions {
  readonly maxAttempts: number;
  readonly retryMode: 'standard';
  readonly requestHandler: NodeHttpHandler;
}

/**
 * Time-outs are always explicit, in milliseconds: the SDK's own default waits for ever, and a function that waits
 * for ever is killed with its work half done. Three attempts in standard mode: throttling and lost connections
 * are retried with jitter, the rest is for the caller to judge.
 */
export function clientOptions(limits: {
  connectMs: number;
  requestMs: number;
  attempts?: number;
}): ClientOptions {
  const timeouts: NodeHttpHandlerOptions = {
    connectionTimeout: limits.connectMs,
    requestTimeout: limits.requestMs,
    throwOnRequestTimeout: true,
  };
  return {
    maxAttempts: limits.attempts ?? 3,
    retryMode: 'standard',
    requestHandler: new NodeHttpHandler(timeouts),
  };
}
