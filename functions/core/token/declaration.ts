import * as z from 'zod/mini';
import type { AuthorisingFields, Criticality, Principal, TokenPolicy, TokenRecord } from '../records.ts';
import { ok, type Result, refuse } from '../result.ts';
import { lengthWithin } from '../text.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Where a deployment lives: a `sandbox` can be destroyed without a trace, `production` cannot. */
export type Stage = 'sandbox' | 'production';

/**
 * A managed token as its owner declares it in `infra/tokens.ts`: everything promised about it, nothing secret.
 * {@link checkDeclaration} says whether the promises hold together.
 */
export interface DeclaredToken {
  /** `[a-z0-9-]{3,48}`, unique, never used again for another purpose (IA-4). */
  readonly id: string;
  /** ARN of the one IAM role or user that the token identifies. */
  readonly principal: string;
  /** Who answers for it (AC-2). */
  readonly owner: string;
  /** Who agreed to it; never the owner (AC-5). */
  readonly approver: string;
  /** The change record in which it was agreed (CM-3). */
  readonly changeReference: string;
  readonly purpose: string;
  readonly scopes: readonly string[];
  readonly audience: string;
  /** ARNs of the roles and users that may read the secret, of this account or others. */
  readonly readers: readonly string[];
  /** CIDR blocks or `vpce-…` ids that it may be used from; empty: any. */
  readonly networks: readonly string[];
  /** AWS regions in which it is used. */
  readonly regions: readonly string[];
  readonly criticality: Criticality;
  /** Hours between rotations, at least {@link ROTATION_FLOOR_HOURS}. */
  readonly rotationHours: number;
  /** Hours within which Secrets Manager may begin a due rotation. */
  readonly rotationWindowHours: number;
  /** Minutes for which the old value stays good after a rotation. */
  readonly overlapMinutes: number;
  /** Hours from mint to denial, whatever else happens. */
  readonly hardMaxHours: number;
  /** The longest that any consumer keeps a value before it asks the vault again, in minutes. */
  readonly consumerCacheMinutes: number;
  /** Nobody has a reason to use it: any use is an incident. */
  readonly canary: boolean;
  /** Suspended after so many days without use; 0: never. */
  readonly unusedAfterDays: number;
}

/** Tokens shown once to clients outside AWS; only the keyed hash is kept. */
export interface ReturnOnceOffer {
  readonly id: string;
  readonly kind: 'return-once';
  /** The most that one token of it may have. */
  readonly scopes: readonly string[];
  readonly audience: string;
  readonly maxTtlSeconds: number;
  /** ARNs of the IAM roles and users that may issue them. */
  readonly issuers: readonly string[];
}

/** Tokens for minutes, given to the IAM principal that calls, bound to itself. */
export interface ExchangeOffer {
  readonly id: string;
  readonly kind: 'exchange';
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly audience: string;
  readonly networks: readonly string[];
  readonly ttlSeconds: number;
  readonly owner: string;
  readonly approver: string;
  readonly changeReference: string;
  readonly purpose: string;
}

export type Offer = ReturnOnceOffer | ExchangeOffer;

/** Secrets Manager's shortest schedule. */
export const ROTATION_FLOOR_HOURS = 4;

/** How far apart the clocks of two consumers may be, with the time a refetch takes, in minutes. */
export const CLOCK_SKEW_MINUTES = 5;

/** How often the sweep runs in production, in minutes; a hard maximum leaves room for three runs. */
export const SWEEP_PERIOD_MINUTES = 5;

/** How long an exchanged token lives unless its offer says otherwise. */
export const EXCHANGE_TTL_SECONDS = 900;

/** The longest life of an exchanged token. */
export const EXCHANGE_TTL_LIMIT_SECONDS = 3_600;

/** The longest life of a return-once token: it cannot rotate by itself, so 90 days. */
export const RETURN_ONCE_TTL_LIMIT_SECONDS: number = 90 * 24 * 3_600;

/** A declaration that does not have the shape of one: which field, and what is wrong with it. */
export interface ShapeProblem {
  readonly field: string;
  readonly problem: string;
}

/** The longest declaration, as JSON, that is parsed at all; CloudFormation's own limit is smaller. */
export const DECLARATION_MAX_LENGTH = 16_384;

const texts = z.array(z.string()).check(lengthWithin(0, 64));

const declaredToken = z.strictObject({
  id: z.string().check(z.regex(/^[a-z0-9-]{3,48}$/)),
  principal: z.string(),
  owner: z.string(),
  approver: z.string(),
  changeReference: z.string(),
  purpose: z.string(),
  scopes: texts,
  audience: z.string(),
  readers: texts,
  networks: texts,
  regions: texts,
  criticality: z.enum(['low', 'normal', 'production']),
  rotationHours: z.number(),
  rotationWindowHours: z.number(),
  overlapMinutes: z.number(),
  hardMaxHours: z.number(),
  consumerCacheMinutes: z.number(),
  canary: z.boolean(),
  unusedAfterDays: z.number(),
});

const offer = z.discriminatedUnion('kind', [
  z.strictObject({
    id: z.string(),
    kind: z.literal('return-once'),
    scopes: texts,
    audience: z.string(),
    maxTtlSeconds: z.number(),
    issuers: texts,
  }),
  z.strictObject({
    id: z.string(),
    kind: z.literal('exchange'),
    principal: z.string(),
    scopes: texts,
    audience: z.string(),
    networks: texts,
    ttlSeconds: z.number(),
    owner: z.string(),
    approver: z.string(),
    changeReference: z.string(),
    purpose: z.string(),
  }),
]);

/** Reads a declaration from the custom resource's property. Shape only: its promises are for {@link checkDeclaration}. */
export function parseDeclaration(json: string): Result<DeclaredToken, readonly ShapeProblem[]> {
  return parse(json, declaredToken);
}

/** Reads the list of offers that `issue` gets in its environment. */
export function parseOffers(json: string): Result<readonly Offer[], readonly ShapeProblem[]> {
  return parse(json, z.array(offer).check(lengthWithin(0, 64)));
}

function parse<T>(json: string, schema: z.ZodMiniType<T>): Result<T, readonly ShapeProblem[]> {
  if (json.length > DECLARATION_MAX_LENGTH) {
    return refuse([{ field: '', problem: `longer than ${DECLARATION_MAX_LENGTH} characters` }]);
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refuse([{ field: '', problem: 'is not JSON' }]);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return refuse(
    parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), problem: issue.message })),
  );
}

/** The declared times as the registry keeps them. */
export function toPolicy(declared: DeclaredToken): TokenPolicy {
  return {
    rotationIntervalMs: declared.rotationHours * HOUR,
    overlapMs: declared.overlapMinutes * MINUTE,
    hardMaxMs: declared.hardMaxHours * HOUR,
    consumerCacheMs: declared.consumerCacheMinutes * MINUTE,
    unusedAfterMs: declared.unusedAfterDays * DAY,
  };
}

/** What the declaration promises beside the authorising fields, as the token record keeps it. */
export function toBinding(
  declared: DeclaredToken,
): Pick<
  TokenRecord,
  'readers' | 'regions' | 'criticality' | 'canary' | 'owner' | 'approver' | 'changeReference' | 'purpose'
> {
  const { readers, regions, criticality, canary, owner, approver, changeReference, purpose } = declared;
  return { readers, regions, criticality, canary, owner, approver, changeReference, purpose };
}

/** What `authorize` is to grant from, for the principal as IAM resolved it; `hardMaxAt` 0: each version has its own. */
export function toFields(declared: DeclaredToken, principal: Principal): AuthorisingFields {
  const { id, scopes, audience, networks } = declared;
  return { tokenId: id, principal, scopes, audience, networks, hardMaxAt: 0 };
}
