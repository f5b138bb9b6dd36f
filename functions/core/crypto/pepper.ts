import type { AuditEntry } from '../audit/entry.ts';
import { type Change, create, update } from '../change.ts';
import { type Actor, type EpochMs, type PepperRecord, SCHEMA } from '../records.ts';

/** How long a pepper's record is believed, in milliseconds: the bound on learning of a new, retired or destroyed one. */
export const PEPPER_RECHECK_MS: number = 5 * 60_000;

/**
 * Which peppers a deployment wants: `version` makes MACs, those from `oldest` on still check them, older ones are
 * destroyed. Raising `version` by one is a rotation; raising `oldest` ends what the old ones made.
 */
export interface PepperPlan {
  readonly version: number;
  readonly oldest: number;
}

export const FIRST_PEPPER: PepperPlan = { version: 1, oldest: 1 };

/** KMS unwraps a pepper for this context only: one version's ciphertext cannot pass for another's (SC-12). */
export const pepperContext = (version: number): Readonly<Record<string, string>> => ({
  purpose: 'tokenward-pepper',
  version: String(version),
});

interface Step {
  readonly at: EpochMs;
  readonly actor: Actor;
}

/** A new pepper, as KMS wrapped it; one below the plan's newest makes no MAC. */
export function newPepper(version: number, wrapped: string, plan: PepperPlan, step: Step): Change {
  const state = version < plan.version ? 'verify-only' : 'active';
  const record = {
    schema: SCHEMA,
    kind: 'pepper',
    rev: 0,
    version,
    wrapped,
    createdAt: step.at,
    state,
  } as const;
  return { writes: [create(record)], audit: [entry('pepper.created', version, step)], feed: [] };
}

/** What makes MACs no longer and checks them still; `undefined` where that is so already. */
export function retirePepper(pepper: PepperRecord, plan: PepperPlan, step: Step): Change | undefined {
  if (pepper.state !== 'active' || pepper.version >= plan.version) return undefined;
  return {
    writes: [update(pepper, { ...pepper, state: 'verify-only' })],
    audit: [entry('pepper.retired', pepper.version, step)],
    feed: [],
  };
}

/** Nothing that it made is believed any more, and its ciphertext is gone from the table. */
export function destroyPepper(pepper: PepperRecord, step: Step): Change {
  return {
    writes: [update(pepper, { ...pepper, state: 'destroyed', wrapped: '' })],
    audit: [entry('pepper.destroyed', pepper.version, step)],
    feed: [],
  };
}

const entry = (action: AuditEntry['action'], version: number, step: Step): AuditEntry => ({
  action,
  ...step,
  details: { version },
});
