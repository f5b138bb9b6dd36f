import type { IncomingHttpHeaders } from 'node:http';
import { operationOfLambda } from './lambda-routes.ts';
import { parseQuery } from './query-protocol.ts';

/** JSON as it crosses the wire. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** How a service writes its requests, answers and errors. */
export type Protocol = 'json' | 'query' | 'rest-json' | 'other';

/** One signed AWS call, as far as the proxy understands it. */
export interface Call {
  /** Signing name of the service: `secretsmanager`, `iam`, `events`. */
  readonly service: string;
  /** API name of the operation, empty when the proxy does not know this service's routes. */
  readonly operation: string;
  /** Name CloudTrail gives the operation; it differs for Lambda, whose names end in an API date. */
  readonly eventName: string;
  readonly protocol: Protocol;
  readonly region: string;
  readonly accessKeyId: string;
  /** Address of the peer, the only network fact that a client cannot write. */
  readonly peer: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Request parameters under the names of the API model. */
  readonly params: JsonObject;
}

/** An answer that is held in memory, so that it can be changed and recorded. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** A part of the proxy that may answer a call itself, or change what the emulator answers. */
export type Interceptor = (call: Call, next: () => Promise<Answer>) => Promise<Answer>;

/** What the signature of a request says, before its body has been read. */
export interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

const CREDENTIAL = /Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/;

/** Reads the credential scope of a signed request; undefined when the request is not signed by header. */
export function scopeOf(headers: IncomingHttpHeaders): Scope | undefined {
  const found = CREDENTIAL.exec(headers.authorization ?? '');
  const [, accessKeyId, region, service] = found ?? [];
  if (accessKeyId === undefined || region === undefined || service === undefined) return undefined;
  return { accessKeyId, region, service };
}

/** The part of a request that is known once its body has been read. */
export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly peer: string;
  readonly body: Buffer;
}

/** Names the operation of a signed request and reads its parameters. */
export function identify(scope: Scope, request: Request): Call {
  const path = request.url.split('?')[0] ?? '/';
  const named = operationOf(scope.service, path, request);
  return { eventName: named.operation, ...named, ...scope, ...request, path };
}

type Named = Pick<Call, 'operation' | 'protocol' | 'params'> & { readonly eventName?: string };

function operationOf(service: string, path: string, request: Request): Named {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    return { operation: target.split('.').at(-1) ?? '', protocol: 'json', params: jsonObject(request.body) };
  }
  if (service === 'lambda') {
    const route = operationOfLambda(request.method, path);
    if (route === undefined) return { operation: '', protocol: 'rest-json', params: {} };
    const params = { ...jsonObject(request.body), ...route.params };
    return { operation: route.operation, eventName: route.eventName, protocol: 'rest-json', params };
  }
  const form = parseQuery(request.body.toString('utf8'));
  if (typeof form.Action === 'string') {
    const { Action, Version: _version, ...params } = form;
    return { operation: Action as string, protocol: 'query', params };
  }
  return { operation: '', protocol: 'other', params: {} };
}

/** Reads a JSON object, or an empty one: what cannot be read is the emulator's to refuse. */
export function jsonObject(body: Buffer): JsonObject {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}

/** The string at `key`, or undefined. */
export function text(from: JsonObject, key: string): string | undefined {
  const value = from[key];
  return typeof value === 'string' ? value : undefined;
}

/** The object at `key`, or an empty one. */
export function child(from: JsonObject, key: string): JsonObject {
  const value = from[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
