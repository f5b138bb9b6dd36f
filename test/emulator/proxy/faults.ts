import { setTimeout as sleep } from 'node:timers/promises';
import { refuse } from './answers.ts';
import type { Answer, Call, Interceptor } from './call.ts';

/** What goes wrong with a call. A lost reply is `cut-after`: it took effect and nobody hears of it. */
export type FaultKind = 'throttle' | 'deny' | 'delay' | 'cut-before' | 'cut-after';

/** A fault to inject into the calls that match it. */
export interface Fault {
  readonly kind: FaultKind;
  /** Signing name of the service, such as `secretsmanager`. */
  readonly service: string;
  /** @default - every operation of the service */
  readonly operation?: string;
  /** Looks at the whole call. @default - every call of the operation */
  readonly match?: (call: Call) => boolean;
  /** Matching calls to let pass first. @default 0 */
  readonly skip?: number;
  /** Matching calls to fail after those. @default - until removed */
  readonly times?: number;
  /** How long a `delay` holds the call, in milliseconds. @default 1000 */
  readonly delayMs?: number;
}

/** A fault that is switched on. */
export interface ActiveFault {
  /** Calls it has hit so far. */
  readonly hits: () => number;
  readonly remove: () => void;
}

/** The switchable faults of the proxy. */
export interface Faults {
  readonly add: (fault: Fault) => ActiveFault;
  readonly clear: () => void;
  /** Whether a fault is switched on for a service whose calls otherwise stream through unread. */
  readonly armedFor: (service: string) => boolean;
  readonly intercept: Interceptor;
}

/** Thrown to make the server drop the connection; `answer` is the reply that nobody hears. */
export class ConnectionCut extends Error {
  readonly code = 'connection-cut';
  override readonly name = 'ConnectionCut';
  readonly answer: Answer | undefined;

  constructor(message: string, answer?: Answer) {
    super(message);
    this.answer = answer;
  }
}

interface Armed extends Fault {
  seen: number;
  hits: number;
}

const THROTTLE_CODES: Readonly<Record<string, string>> = {
  lambda: 'TooManyRequestsException',
  iam: 'Throttling',
  sts: 'Throttling',
  s3: 'SlowDown',
};
const THROTTLE_STATUS: Readonly<Record<string, number>> = { lambda: 429, s3: 503 };

/** Makes an empty set of faults; the first armed fault that matches a call takes it. */
export function createFaults(): Faults {
  const armed = new Set<Armed>();
  return {
    add: (fault) => {
      const entry: Armed = { ...fault, seen: 0, hits: 0 };
      armed.add(entry);
      return { hits: () => entry.hits, remove: () => void armed.delete(entry) };
    },
    clear: () => armed.clear(),
    armedFor: (service) => [...armed].some((entry) => entry.service === service),
    intercept: (call, next) => {
      const hit = [...armed].find((entry) => takes(entry, call));
      return hit === undefined ? next() : strike(hit, call, next);
    },
  };
}

function takes(entry: Armed, call: Call): boolean {
  if (entry.service !== call.service) return false;
  if (entry.operation !== undefined && entry.operation !== call.operation) return false;
  if (entry.match !== undefined && !entry.match(call)) return false;
  if (entry.hits >= (entry.times ?? Number.POSITIVE_INFINITY)) return false;
  entry.seen += 1;
  if (entry.seen <= (entry.skip ?? 0)) return false;
  entry.hits += 1;
  return true;
}

async function strike(fault: Armed, call: Call, next: () => Promise<Answer>): Promise<Answer> {
  switch (fault.kind) {
    case 'throttle':
      return refuse(call, {
        code: THROTTLE_CODES[call.service] ?? 'ThrottlingException',
        message: 'Rate exceeded',
        status: THROTTLE_STATUS[call.service] ?? 400,
      });
    case 'deny':
      return refuse(call, {
        code: call.protocol === 'query' ? 'AccessDenied' : 'AccessDeniedException',
        message: `not authorized to perform: ${call.service}:${call.operation}`,
        status: call.protocol === 'json' ? 400 : 403,
      });
    case 'delay':
      await sleep(fault.delayMs ?? 1000);
      return next();
    case 'cut-before':
      throw new ConnectionCut(`cut before ${call.operation}`);
    case 'cut-after':
      throw new ConnectionCut(`reply to ${call.operation} lost`, await next());
  }
}
