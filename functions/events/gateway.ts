import * as z from 'zod/mini';
import { jsonIn } from '#core/json.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import type { Source } from '#core/token/verify.ts';
import { fieldOf } from './field.ts';

const HEADERS = z.optional(z.nullable(z.record(z.string(), z.optional(z.string()))));

/** An address or an endpoint's id as a gateway writes it: printable, and shorter than any token. */
const ADDRESS = z.string().check(z.regex(/^[\x21-\x7e]{1,64}$/));

/**
 * HTTP API, Lambda authorizer, payload 2.0.
 *
 * @example
 * { "version": "2.0", "type": "REQUEST", "routeKey": "GET /orders",
 *   "headers": { "authorization": "Bearer twd_…" },
 *   "requestContext": { "http": { "method": "GET", "sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0" } } }
 */
const HTTP_API = z.object({
  version: z.literal('2.0'),
  routeKey: z.string(),
  headers: HEADERS,
  requestContext: z.object({
    http: z.object({ sourceIp: ADDRESS, userAgent: z.optional(z.string()) }),
  }),
});

/**
 * REST API, REQUEST authorizer.
 *
 * @example
 * { "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/orders",
 *   "resource": "/orders", "httpMethod": "GET", "headers": { "Authorization": "Bearer twd_…" },
 *   "requestContext": { "identity": { "sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0" } } }
 */
const REST_API = z.object({
  type: z.literal('REQUEST'),
  methodArn: z.string(),
  resource: z.string(),
  httpMethod: z.string(),
  headers: HEADERS,
  requestContext: z.object({
    identity: z.object({
      sourceIp: ADDRESS,
      vpceId: z.optional(z.nullable(ADDRESS)),
      userAgent: z.optional(z.nullable(z.string())),
    }),
  }),
});

/** What a gateway asks the authorizer, whichever gateway it is. */
export interface AuthorizeRequest {
  readonly gateway: { readonly kind: 'http' } | { readonly kind: 'rest'; readonly methodArn: string };
  /** `METHOD /resource/path`, as the route table names it. */
  readonly route: string;
  readonly authorization: string | undefined;
  readonly source: Source;
  readonly client: string;
}

/** Reads either gateway's authorizer event. Addresses come from the request context alone. */
export function parseAuthorizeRequest(event: unknown): Result<AuthorizeRequest, { field: string }> {
  const http = HTTP_API.safeParse(event);
  if (http.success) {
    const { routeKey, headers, requestContext } = http.data;
    return ok({
      gateway: { kind: 'http' },
      route: routeKey,
      authorization: headerOf(headers, 'authorization'),
      source: { ip: requestContext.http.sourceIp },
      client: requestContext.http.userAgent ?? '',
    });
  }
  const rest = REST_API.safeParse(event);
  if (!rest.success) return refuse({ field: fieldOf(rest.error, 'event') });
  const { methodArn, resource, httpMethod, headers, requestContext } = rest.data;
  const { sourceIp, vpceId, userAgent } = requestContext.identity;
  return ok({
    gateway: { kind: 'rest', methodArn },
    route: `${httpMethod} ${resource}`,
    authorization: headerOf(headers, 'authorization'),
    source: { ip: sourceIp, ...(vpceId ? { vpcEndpoint: vpceId } : {}) },
    client: userAgent ?? '',
  });
}

/**
 * A REST request that API Gateway authenticated by SigV4.
 *
 * @example
 * { "httpMethod": "POST", "path": "/revocations", "headers": { "Idempotency-Key": "…" }, "body": "{…}",
 *   "requestContext": { "requestId": "…", "identity": { "userArn": "arn:aws:sts::111122223333:assumed-role/Responder/ann",
 *     "caller": "AROAEXAMPLE:ann", "accountId": "111122223333", "sourceIp": "203.0.113.7" } } }
 */
const IAM_REQUEST = z.object({
  httpMethod: z.string(),
  path: z.string(),
  headers: HEADERS,
  body: z.optional(z.nullable(z.string())),
  isBase64Encoded: z.optional(z.boolean()),
  requestContext: z.object({
    requestId: z.string().check(z.regex(/^[\w=.:/+-]{1,64}$/)),
    identity: z.object({
      userArn: z.string().check(z.regex(/^arn:aws[a-z-]*:(?:iam|sts)::\d{12}:[\x21-\x7e]{1,700}$/)),
      caller: z.string().check(z.regex(/^[A-Z0-9]{1,64}(?::[\w+=,.@-]{1,64})?$/)),
      accountId: z.string().check(z.regex(/^\d{12}$/)),
      sourceIp: ADDRESS,
    }),
  }),
});

/** Who calls, by API Gateway's word, and what they sent. */
export interface IamRequest {
  readonly caller: { readonly arn: string; readonly uniqueId: string; readonly account: string };
  readonly sourceIp: string;
  readonly requestId: string;
  readonly header: (name: string) => string | undefined;
  /** Parsed JSON; `undefined` when it is none, or too large to be one of ours. */
  readonly body: unknown;
}

/** Reads a SigV4-authenticated REST event; `undefined` when it is not one. */
export function parseIamRequest(event: unknown): IamRequest | undefined {
  const read = IAM_REQUEST.safeParse(event);
  if (!read.success) return undefined;
  const { headers, body, isBase64Encoded, requestContext } = read.data;
  const { userArn, caller, accountId, sourceIp } = requestContext.identity;
  const text = isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString('utf8') : (body ?? '');
  return {
    caller: { arn: userArn, uniqueId: caller.split(':')[0] ?? '', account: accountId },
    sourceIp,
    requestId: requestContext.requestId,
    header: (name) => headerOf(headers, name),
    body: readJson(text),
  };
}

/** The longest body that is parsed, in UTF-16 units of the text as it came. */
const BODY_MOST = 65_536;

function readJson(text: string): unknown {
  return text.length > BODY_MOST ? undefined : jsonIn(text);
}

function headerOf(
  headers: Record<string, string | undefined> | null | undefined,
  name: string,
): string | undefined {
  if (!headers) return undefined;
  const exact = headers[name];
  if (exact !== undefined) return exact;
  const found = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : headers[found];
}
