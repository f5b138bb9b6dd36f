import { keys } from '#core/keys.ts';
import { type Candidate, windowStart } from '#core/response/breaker.ts';
import { type BreakerFacts, CAUSE_SCOPE, heldIncidentIds, scopesOf } from '#core/response/budget.ts';
import type { ResponsePolicy } from '#core/response/policy.ts';
import type { RespondPorts } from './run.ts';

/** What is counted durably: read with every try, since each is decided anew. `target`: what would be held. */
export async function readBreakers(
  candidate: Candidate,
  target: string,
  now: number,
  { registry }: Pick<RespondPorts, 'registry'>,
  policy: ResponsePolicy,
): Promise<BreakerFacts> {
  const start = windowStart(now, policy.breaker);
  const [day, incidents, budgets] = await Promise.all([
    registry.get(keys.breaker(CAUSE_SCOPE, 0)),
    Promise.all(
      heldIncidentIds(target, now, policy).map(async (incidentId) => ({
        incidentId,
        read: await registry.get(keys.incident(incidentId)),
      })),
    ),
    Promise.all(
      scopesOf(candidate, policy).map(async (budget) => ({
        ...budget,
        read: await registry.get(keys.breaker(budget.scope, start)),
      })),
    ),
  ]);
  return { day, incidents, budgets };
}
