import * as z from 'zod/mini';
import { lengthWithin } from '#core/text.ts';
import type { AuthorizeRequest } from '#events/gateway.ts';
import type { Verdict } from './verifier.ts';

/** What the protected service gets to know of the caller; REST wants strings. */
export type AuthorizerContext = Readonly<
  Record<'principal' | 'tokenId' | 'keyId' | 'scopes' | 'audience', string>
>;

/** HTTP API's simple response, or REST API's policy for exactly the method asked for. */
export type Answer =
  | { readonly isAuthorized: boolean; readonly context?: AuthorizerContext }
  | {
      readonly principalId: string;
      readonly policyDocument: {
        readonly Version: '2012-10-17';
        readonly Statement: readonly [
          {
            readonly Action: 'execute-api:Invoke';
            readonly Effect: 'Allow' | 'Deny';
            readonly Resource: string;
          },
        ];
      };
      readonly context?: AuthorizerContext;
    };

const EXPLAIN = z.strictObject({ mode: z.literal('explain'), keyId: z.string().check(lengthWithin(0, 64)) });

/** The direct invoke that asks about a keyId; `undefined` for anything else. */
export function parseExplain(event: unknown): { readonly keyId: string } | undefined {
  const read = EXPLAIN.safeParse(event);
  return read.success ? read.data : undefined;
}

/** A verdict in the asking gateway's own form; every denial looks the same. */
export function answerOf(request: AuthorizeRequest, verdict: Verdict): Answer {
  const context = verdict.allow ? contextOf(verdict) : undefined;
  if (request.gateway.kind === 'http') {
    return context === undefined ? { isAuthorized: false } : { isAuthorized: true, context };
  }
  const effect = verdict.allow ? 'Allow' : 'Deny';
  return {
    principalId: context?.tokenId ?? 'denied',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: request.gateway.methodArn }],
    },
    ...(context === undefined ? {} : { context }),
  };
}

/** What is said of whoever was allowed; scopes separated by spaces. */
export function contextOf(verdict: Extract<Verdict, { allow: true }>): AuthorizerContext {
  const { keyId, fields } = verdict.version;
  return {
    principal: fields.principal.arn,
    tokenId: fields.tokenId,
    keyId,
    scopes: fields.scopes.join(' '),
    audience: fields.audience,
  };
}
