import { keys } from '#core/keys.ts';
import { type Candidate, windowStart } from '#core/response/breaker.ts';
import { type BreakerFacts, CAUSE_SCOPE, heldIncidentId, scopesOf } from '#core/response/budget.ts';
import type { ResponsePolicy } from '#core/response/policy.ts';
import type { RespondPorts } from './run.ts';

/** What is counted durably: read with every try, since each is decided anew. */
export async function readBreakers(
  candidate: Candidate,
  now: number,
  { registry }: Pick<RespondPorts, 'registry'>,
  policy: ResponsePolicy,
): Promise<BreakerFacts> {
  const start = windowStart(now, policy.breaker);
  const [day, incident, ...budgets] = await Promise.all([
    registry.get(keys.breaker(CAUSE_SCOPE, 0)),
    registry.get(keys.incident(heldIncidentId(now, policy))),
    ...scopesOf(candidate, policy).map(async (budget) => ({
      ...budget,
      read: await registry.get(keys.breaker(budget.scope, start)),
    })),
  ]);
  return { day, incident, budgets };
}
