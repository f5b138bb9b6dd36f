import * as z from 'zod/mini';
import { SIGNALS, type Signal } from '../detection/finding.ts';
import type { Criticality } from '../records.ts';

/** How hard a signal is answered. `reissue`: every live version ends and a new one is made. */
export type Rung = 'alert' | 'suspend' | 'reissue' | 'revoke';

/** Signal → rung, thresholds and exceptions: what `infra/` sets and `respond` obeys. */
export interface ResponsePolicy {
  /** `observe`: everything is judged and told, nothing is done. */
  readonly mode: 'enforce' | 'observe';
  readonly rungs: Readonly<Record<Signal, Readonly<Record<Criticality, Rung>>>>;
  /** Automatic actions per window; what is over is held for a human, never lost (S9). */
  readonly budget: { readonly windowMinutes: number; readonly perSignal: number; readonly perOwner: number };
  /** Token ids that are never acted upon automatically. */
  readonly protectedTokens: readonly string[];
}

const everywhere = (rung: Rung): Readonly<Record<Criticality, Rung>> => ({
  low: rung,
  normal: rung,
  production: rung,
});

/** What a deployment gets unless it says otherwise. */
export const DEFAULT_POLICY: ResponsePolicy = {
  mode: 'enforce',
  rungs: {
    'canary-use': everywhere('revoke'),
    'unbound-reader': everywhere('reissue'),
    'unbound-reader-refused': everywhere('alert'),
    'use-after-cutover': everywhere('alert'),
    'outside-network': everywhere('reissue'),
    'read-outside-network': { low: 'suspend', normal: 'suspend', production: 'alert' },
    'own-role-misuse': everywhere('alert'),
    'rotation-failed': everywhere('alert'),
  },
  budget: { windowMinutes: 15, perSignal: 10, perOwner: 5 },
  protectedTokens: [],
};

const RUNG = z.enum(['alert', 'suspend', 'reissue', 'revoke']);

const POLICY: z.ZodMiniType<ResponsePolicy> = z.strictObject({
  mode: z.enum(['enforce', 'observe']),
  rungs: z.record(z.enum(SIGNALS), z.strictObject({ low: RUNG, normal: RUNG, production: RUNG })),
  budget: z.strictObject({
    windowMinutes: z.int().check(z.minimum(1), z.maximum(1440)),
    perSignal: z.int().check(z.minimum(0), z.maximum(10_000)),
    perOwner: z.int().check(z.minimum(0), z.maximum(10_000)),
  }),
  protectedTokens: z.array(z.string()),
});

/**
 * Reads the policy from the function's environment.
 *
 * @throws TypeError naming the first field that is wrong.
 */
export function parsePolicy(value: unknown): ResponsePolicy {
  const read = POLICY.safeParse(value);
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues as [z.core.$ZodIssue];
  throw new TypeError(`RESPONSE_POLICY: ${path.join('.')}: ${message}`);
}
