import * as z from 'zod/mini';
import { printable } from '../audit/printable.ts';
import type { TokenRecord } from '../records.ts';
import { ok, type Result, refuse } from '../result.ts';
import { freeText } from '../text.ts';
import { isKeyId } from '../token/format.ts';
import { liveKeyIds } from '../token/versions.ts';
import { isUserArn } from './key-orders.ts';

/** What a responder may ask for. */
export const ORDER_ACTIONS = ['suspend', 'release', 'revoke', 'reissue', 'rotate'] as const;

export type OrderAction = (typeof ORDER_ACTIONS)[number];

/** One token, one version of it (revoke only), every token of a principal, or an IAM user in quarantine (release only). */
export type Target =
  | { readonly user: string }
  | { readonly tokenId: string }
  | { readonly keyId: string }
  | { readonly principal: string };

/** A responder's order, parsed. */
export interface OrderRequest {
  readonly action: OrderAction;
  readonly target: Target;
  readonly reason: string;
  readonly incidentId: string;
  /** Epoch milliseconds; `suspend` only. */
  readonly until?: number;
  readonly dryRun: boolean;
  /** Answer at once instead of at effectiveBy. */
  readonly noWait: boolean;
  /** How many tokens the caller believes are concerned; demanded for a principal. */
  readonly expectCount?: number;
}

/** What is wrong with a request, in a form its sender can act on. */
export interface BadRequest {
  readonly field: string;
  readonly problem: string;
  readonly fix: string;
}

const BODY = z.strictObject({
  action: z.enum(ORDER_ACTIONS),
  tokenId: z.optional(z.string().check(z.regex(/^[a-z0-9-]{2,64}$/))),
  keyId: z.optional(z.string().check(z.refine(isKeyId, 'not a keyId: 16 letters and digits'))),
  principal: z.optional(
    z
      .string()
      .check(z.regex(/^(arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]{1,512}|external:[\w.-]{1,64})$/)),
  ),
  user: z.optional(z.string().check(z.refine(isUserArn, 'not the ARN of an IAM user'))),
  reason: freeText(512),
  incidentId: z.string().check(z.regex(/^[A-Za-z0-9._:-]{1,64}$/)),
  until: z.optional(z.iso.datetime()),
  dryRun: z.optional(z.boolean()),
  noWait: z.optional(z.boolean()),
  expectCount: z.optional(z.int().check(z.minimum(0), z.maximum(100))),
});

const FIXES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    action: `one of ${ORDER_ACTIONS.join(', ')}`,
    tokenId: 'the id under which the token is declared',
    keyId: 'the 16 characters between the second and the third underscore of the token',
    principal: 'an IAM role or user ARN, or external:<client>',
    user: 'the ARN of an IAM user, as the page about its quarantine names it',
    reason: '1 to 512 characters that say why; of a token name the keyId alone',
    incidentId: '1 to 64 letters, digits, dots, colons, dashes or underscores',
    until: 'an ISO 8601 time in UTC, e.g. 2027-01-31T08:00:00Z',
    expectCount: 'the number of tokens that you mean to act on',
  }),
);

const FIX_BODY = 'send a JSON object with action, a target, reason and incidentId, and nothing else';

/** Parses an order; the refusal names the first field that is wrong and how to mend it, and repeats nothing unsafe. */
export function parseOrder(body: unknown, now: number): Result<OrderRequest, BadRequest> {
  const read = BODY.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues as [z.core.$ZodIssue];
    const field = String(issue.path[0] ?? (issue.code === 'unrecognized_keys' ? issue.keys[0] : 'body'));
    return refuse({
      field: printable(field),
      problem: printable(issue.message),
      fix: FIXES.get(field) ?? FIX_BODY,
    });
  }
  const { action, tokenId, keyId, principal, user, reason, incidentId, until, dryRun, noWait, expectCount } =
    read.data;
  const targets: readonly Target[] = [
    ...(tokenId === undefined ? [] : [{ tokenId }]),
    ...(keyId === undefined ? [] : [{ keyId }]),
    ...(principal === undefined ? [] : [{ principal }]),
    ...(user === undefined ? [] : [{ user }]),
  ];
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    return refuse({
      field: 'tokenId',
      problem: `${targets.length} targets`,
      fix: 'give exactly one of tokenId, keyId, principal, user',
    });
  }
  if (keyId !== undefined && action !== 'revoke') {
    return refuse({
      field: 'keyId',
      problem: `${action} is for a whole token`,
      fix: 'give tokenId, or revoke this keyId',
    });
  }
  if (user !== undefined && action !== 'release') {
    return refuse({
      field: 'user',
      problem: `${action} is for tokens`,
      fix: 'release gives the user back; a quarantine is the responder’s to begin',
    });
  }
  if (principal !== undefined && expectCount === undefined && dryRun !== true) {
    return refuse({
      field: 'expectCount',
      problem: 'missing',
      fix: 'run with dryRun first, then repeat the count it names',
    });
  }
  const end = until === undefined ? undefined : Date.parse(until);
  if (end !== undefined && action !== 'suspend') {
    return refuse({ field: 'until', problem: `${action} has no end`, fix: 'leave it out' });
  }
  if (end !== undefined && end <= now) {
    return refuse({ field: 'until', problem: 'is in the past', fix: 'give a time to come, or leave it out' });
  }
  return ok({
    action,
    target,
    reason,
    incidentId,
    ...(end === undefined ? {} : { until: end }),
    dryRun: dryRun ?? false,
    noWait: noWait ?? false,
    ...(expectCount === undefined ? {} : { expectCount }),
  });
}

/** What an order would do to one token, in sentences a responder reads before saying yes. */
export function planOf(action: OrderAction, token: TokenRecord, only?: string): readonly string[] {
  const keyIds = only === undefined ? liveKeyIds(token) : [only];
  const named = keyIds.length === 0 ? 'no live version' : `version ${keyIds.join(', ')}`;
  const cacheMinutes = Math.ceil(token.policy.consumerCacheMs / 60_000);
  switch (action) {
    case 'suspend':
      return [`${token.tokenId}: every request with ${named} is refused until it is released.`];
    case 'release':
      return [`${token.tokenId}: ${named} is accepted again, if it has not expired meanwhile.`];
    case 'rotate':
      return [`${token.tokenId}: a new version is made; the present one stays valid for the overlap.`];
    case 'revoke':
      return [
        `${token.tokenId}: ${named} ends for good.`,
        ...(only === undefined
          ? [`Its rotation is cancelled and nothing is minted for ${token.fields.principal.arn} again.`]
          : []),
        ...(token.criticality === 'production'
          ? ['It is production-critical: consider reissue, which keeps its consumers going.']
          : []),
      ];
    case 'reissue':
      return [
        `${token.tokenId}: ${named} ends for good and a new version is made at once.`,
        `Consumers that read the secret again when refused see no outage; others are refused for up to ${cacheMinutes} minutes, their cache time.`,
      ];
  }
}
