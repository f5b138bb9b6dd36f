import { createVerifierClient } from '#adapters/dynamodb/client.ts';
import { createVerifierStore } from '#adapters/dynamodb/registry.ts';
import { createKmsClient } from '#adapters/kms/client.ts';
import { createKeyModule } from '#adapters/kms/key-module.ts';
import { createKmsMac } from '#adapters/mac/kms-mac.ts';
import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import type { Log, Metrics } from '#core/ports.ts';
import type { Source } from '#core/token/verify.ts';
import { type AuthorizerContext, contextOf } from './answer.ts';
import { bearerOf } from './bearer.ts';
import { createVerifier, type Verdict, type Verifier } from './verifier.ts';

/** What a request shows of its caller. `source` by the connection or a trusted proxy, never by a header of the caller's. */
export interface Presented {
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined;
  readonly source: Source;
}

/** Who may pass: all of it sealed by its issuer. */
export type Admission = { readonly ok: true } & Omit<AuthorizerContext, 'scopes'> & {
    readonly scopes: readonly string[];
  };

/** The whole answer to whoever may not; a service sends it as it is. */
export interface Refusal {
  readonly ok: false;
  readonly status: 401 | 403;
  readonly headers: { readonly 'WWW-Authenticate': string };
  readonly body: { readonly error: 'unauthorized' | 'insufficient_scope' };
}

export interface Guard {
  /** `scopes`: all of them are needed. Never throws: what cannot be verified is refused. */
  check(presented: Presented, scopes: readonly string[]): Promise<Admission | Refusal>;
}

/** RFC 6750, 3: without an error code, which would tell a caller how close it came. */
const UNAUTHORIZED: Refusal = {
  ok: false,
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer' },
  body: { error: 'unauthorized' },
};

/** RFC 6750, 3.1. The scope that is missing stays unsaid. */
const INSUFFICIENT_SCOPE: Refusal = {
  ok: false,
  status: 403,
  headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
  body: { error: 'insufficient_scope' },
};

/**
 * Guards a service that is not behind API Gateway, under the same rules and the same bound as `authorize`.
 *
 * 403 goes to a genuine, live credential at the right audience and from a declared network that lacks a scope: its
 * holder is who it was issued to, and another credential of the same kind would not help. Everything else is one
 * and the same 401. Audience and network are among it on purpose: a 403 there would tell whoever holds a stolen
 * credential that it is genuine, and where not to try it from. A registry out of reach is a 401 too (S11); the
 * reason is in the log.
 *
 * Usage is not reported to `respond` from here: detection of misuse sees what passes `authorize`.
 *
 * @example
 * import { createServer } from 'node:http';
 *
 * const verifier = createServiceVerifier({
 *   environment: 'prod',
 *   tableName: 'tokenward-prod',
 *   pepperKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0b1f9d5e-4c7a-4f53-9a54-2f0f4f1f2c11',
 * });
 * const guard = createGuard({ verifier, audience: 'prices' });
 * createServer(async (request, response) => {
 *   const { authorization } = request.headers;
 *   const source = { ip: request.socket.remoteAddress ?? '' };
 *   const answer = await guard.check({ authorization, source }, ['prices:read']);
 *   if (!answer.ok) return response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
 *   response.end(`prices for ${answer.principal}`);
 * }).listen(8080);
 */
export function createGuard(deps: {
  readonly verifier: Pick<Verifier, 'verify'>;
  readonly audience: string;
  /** @default - denials are not logged */
  readonly log?: Log;
}): Guard {
  const { verifier, audience, log } = deps;
  return {
    async check({ authorization, source }, scopes) {
      const bearer = bearerOf(authorization);
      const verdict: Verdict =
        bearer === undefined
          ? { allow: false, reason: 'malformed' }
          : await verifier.verify(bearer, { audience, scopes, source });
      if (verdict.allow) {
        return { ok: true, ...contextOf(verdict), scopes: verdict.version.fields.scopes };
      }
      log?.info('denied', { reason: verdict.reason, keyId: verdict.version?.keyId });
      return verdict.reason === 'scope' ? INSUFFICIENT_SCOPE : UNAUTHORIZED;
    },
  };
}

/** How a service reaches the registry; times in milliseconds. */
export interface ServiceVerifierOptions {
  /** The stage, as in a token's text. */
  readonly environment: string;
  readonly tableName: string;
  readonly pepperKeyArn: string;
  /** The HMAC key of a deployment with `strictFips`. @default - MACs under peppers */
  readonly macKeyArn?: string;
  /** T, 250 to 60,000; no more than the deployment's own, by which receipts are dated. @default 1000 */
  readonly feedMaxAgeMs?: number;
  /** R, 50 to 5,000; as T. @default 300 */
  readonly readTimeoutMs?: number;
  /** 0 to 60,000. @default 60000 */
  readonly recordCacheMaxMs?: number;
  /** @default 10000 */
  readonly recordCacheMaxEntries?: number;
  /** As deployed. @default 1 */
  readonly feedCopies?: number;
  /** @default - nothing is counted */
  readonly metrics?: Metrics;
}

const UNCOUNTED: Metrics = { count: () => {}, milliseconds: () => {} };

/**
 * A verifier over the deployed registry; make one a process, since its caches are its own. The service's role needs
 * `dynamodb:GetItem` on the table and `kms:Decrypt` on the pepper key (with `macKeyArn`: `kms:GenerateMac` on that).
 *
 * @throws RangeError for a time or number out of its range: the revocation bound rests on them.
 */
export function createServiceVerifier(options: ServiceVerifierOptions): Verifier {
  const { environment, tableName, pepperKeyArn, macKeyArn, metrics = UNCOUNTED } = options;
  const config = {
    environment,
    feedMaxAgeMs: within('feedMaxAgeMs', options.feedMaxAgeMs ?? 1_000, 250, 60_000),
    readTimeoutMs: within('readTimeoutMs', options.readTimeoutMs ?? 300, 50, 5_000),
    recordCacheMaxMs: within('recordCacheMaxMs', options.recordCacheMaxMs ?? 60_000, 0, 60_000),
    recordCacheMaxEntries: within(
      'recordCacheMaxEntries',
      options.recordCacheMaxEntries ?? 10_000,
      1,
      1_000_000,
    ),
  };
  const feedCopies = within('feedCopies', options.feedCopies ?? 1, 1, 16);
  const { readTimeoutMs } = config;
  const clock = createClock();
  const client = createVerifierClient(readTimeoutMs);
  const store = createVerifierStore({ client, tableName, feedCopies, readTimeoutMs, random: createRandom() });
  const keyModule = createKeyModule(createKmsClient(), {
    pepperKeyArn,
    ...(macKeyArn === undefined ? {} : { macKeyArn }),
  });
  const mac =
    macKeyArn === undefined
      ? createPepperMac({ registry: store, keyModule, clock })
      : createKmsMac(keyModule);
  return createVerifier({ store, mac, clock, metrics }, config);
}

function within(name: string, value: number, from: number, to: number): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new RangeError(`${name} must be a whole number from ${from} to ${to}, not ${value}`);
}
