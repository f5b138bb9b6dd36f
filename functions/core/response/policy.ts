import * as z from 'zod/mini';
import { FAMILIES, SIGNAL_IDS, type SignalId } from '../detection/catalogue.ts';
import type { Exemption } from '../detection/contract.ts';
import { CREDENTIAL_KINDS, type CredentialKind } from '../detection/fact.ts';
import type { Criticality } from '../records.ts';
import { DEFAULT_LADDER, type LadderPolicy, type Rung } from './ladder.ts';

/** The ladder of `respond`: what `infra/` sets and the responder obeys. */
export interface ResponsePolicy extends LadderPolicy {
  /** What a broken promise about a secret means for the token in it; what is not listed is an alert. */
  readonly secrets: Readonly<Partial<Record<SignalId, Readonly<Record<Criticality, Rung>>>>>;
  /** How many credentials are active, for the breaker's share: the declared ones, which infra counts. */
  readonly active: number;
}

const always = (rung: Rung): Readonly<Record<Criticality, Rung>> => ({
  low: rung,
  normal: rung,
  production: rung,
});

/** What a deployment gets unless it says otherwise. */
export const DEFAULT_POLICY: ResponsePolicy = {
  ...DEFAULT_LADDER,
  secrets: {
    'T0-1': always('revoke'),
    'T0-3': always('reissue'),
    // Its own reader is no stranger to be kept out: a new value would go the same way.
    'T0-4': { low: 'suspend', normal: 'suspend', production: 'alert' },
  },
  active: 0,
};

const RUNG = z.enum(['alert', 'suspend', 'reissue', 'revoke']);
const MODE = z.enum(['enforce', 'observe']);
const SIGNAL = z.enum(SIGNAL_IDS);
const NATS = z.number().check(z.minimum(0), z.maximum(100));
const SHARE = z.number().check(z.minimum(0), z.maximum(1));
const COUNT = z.int().check(z.minimum(0), z.maximum(10_000_000));

/** Only what differs from the default is given: a function's environment holds 4 KB in all. */
const POLICY = z.strictObject({
  mode: z.optional(MODE),
  killSwitch: z.optional(z.boolean()),
  tierOne: z.optional(z.enum(['alert', 'act'])),
  prior: z.optional(z.number().check(z.gt(0), z.lt(1))),
  caps: z.optional(z.partialRecord(z.enum(FAMILIES), NATS)),
  alertAt: z.optional(SHARE),
  suspendAt: z.optional(SHARE),
  suspendFamilies: z.optional(z.int().check(z.minimum(1), z.maximum(FAMILIES.length))),
  contractWeight: z.optional(NATS),
  weakWeight: z.optional(NATS),
  rungs: z.optional(z.partialRecord(SIGNAL, z.partialRecord(z.enum(CREDENTIAL_KINDS), RUNG))),
  overrides: z.optional(
    z.record(
      z.string(),
      z.strictObject({
        rungs: z.exactOptional(z.partialRecord(SIGNAL, RUNG)),
        mode: z.exactOptional(MODE),
      }),
    ),
  ),
  protectedPrincipals: z.optional(z.array(z.string())),
  breaker: z.optional(
    z.strictObject({
      windowMinutes: z.optional(z.int().check(z.minimum(1), z.maximum(1_440))),
      least: z.optional(COUNT),
      share: z.optional(SHARE),
      causeShare: z.optional(SHARE),
      causeLeast: z.optional(COUNT),
    }),
  ),
  secrets: z.optional(z.partialRecord(SIGNAL, z.strictObject({ low: RUNG, normal: RUNG, production: RUNG }))),
  active: z.optional(COUNT),
});

/**
 * Reads the policy from the function's environment: what is left out is as in {@link DEFAULT_POLICY}.
 *
 * @throws TypeError naming the first field that is wrong.
 */
export function parsePolicy(value: unknown): ResponsePolicy {
  const read = POLICY.safeParse(value);
  if (!read.success) {
    const [{ path, message }] = read.error.issues as [z.core.$ZodIssue];
    throw new TypeError(`RESPONSE_POLICY: ${path.join('.')}: ${message}`);
  }
  const { caps, rungs = {}, breaker, secrets, ...plain } = read.data;
  return {
    ...DEFAULT_POLICY,
    ...given(plain),
    caps: { ...DEFAULT_POLICY.caps, ...caps },
    breaker: { ...DEFAULT_POLICY.breaker, ...given(breaker ?? {}) },
    secrets: { ...DEFAULT_POLICY.secrets, ...secrets },
    rungs: Object.fromEntries(
      SIGNAL_IDS.map((signal) => [signal, { ...DEFAULT_POLICY.rungs[signal], ...rungs[signal] }]),
    ) as Readonly<Record<SignalId, Readonly<Record<CredentialKind, Rung>>>>,
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what was not given: a spread would put `undefined` over the default. */
const given = <T extends object>(some: T): Given<T> =>
  Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as Given<T>;

/** A policy as {@link parsePolicy} reads it, as short as can be. */
export function policyText(policy: ResponsePolicy): string {
  return JSON.stringify(differenceOf(policy, DEFAULT_POLICY) ?? {});
}

/** What of a value is not as in another; `undefined`: nothing. Lists and what has its like nowhere are given whole. */
function differenceOf(value: unknown, from: unknown): unknown {
  if (JSON.stringify(value) === JSON.stringify(from)) return undefined;
  if (!isPlain(value) || !isPlain(from)) return value;
  const parts = Object.entries(value).map(([name, part]) => [name, differenceOf(part, from[name])]);
  return Object.fromEntries(parts);
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const OWN_ROLES = z.array(z.object({ roleArn: z.string(), session: z.string() }));

/**
 * Reads from the function's environment who our functions are, as CloudTrail sees them: a role, and the session name
 * that Lambda gives, the function's own.
 *
 * @throws TypeError when it is no such list.
 */
export function parseOwnRoles(value: unknown): readonly Exemption[] {
  const read = OWN_ROLES.safeParse(value);
  if (!read.success) throw new TypeError('OWN_ROLES: a list of {roleArn, session} is needed');
  return read.data.map(({ roleArn, session }) => ({ role: roleArn, sessionName: session }));
}
