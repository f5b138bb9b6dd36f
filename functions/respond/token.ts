import { keys } from '#core/keys.ts';
import type { EventRecord } from '#core/records.ts';
import type { BreakerFacts } from '#core/response/budget.ts';
import { candidateOf, decideResponse, type Verdict, wantedOf } from '#core/response/decide.ts';
import { ALERTS, alertKey, eventIdOf, intendBlock } from '#core/response/event.ts';
import type { Finding } from '#core/response/finding.ts';
import type { ResponsePolicy } from '#core/response/policy.ts';
import { ok } from '#core/result.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { readTokenFacts } from '#functions/revoke/order.ts';
import { readBreakers } from './breakers.ts';
import { finish, isAbandoned, nameOf } from './finish.ts';
import type { Responding, RespondPorts } from './run.ts';

/** Decides one finding about a token, and carries it out: intent, action, outcome. */
export async function answerToken(
  finding: Finding,
  tokenId: string,
  ports: RespondPorts,
  { policy, begun }: Responding,
): Promise<void> {
  const now = ports.clock.now();
  const blocked = await keepOut(finding, tokenId, ports, policy);
  const told = keys.event(ALERTS, alertKey(finding, tokenId, now, policy));
  const wasTold = async (): Promise<boolean> => (await ports.registry.get(told)) !== undefined;
  let verdict: Verdict | undefined;
  let event: EventRecord | undefined;
  const done = await decideAndCommit<'seen' | 'gone' | 'told'>(ports, async () => {
    event = await ports.registry.get(keys.event(finding.account, eventIdOf(finding, tokenId)));
    if (event !== undefined && event.state !== 'intended') return { ok: false, error: 'seen' };
    // Most of what is told has been told: of that nothing more is read.
    if (finding.weak && (await wasTold())) return { ok: false, error: 'told' };
    const facts = await readTokenFacts(tokenId, ports);
    if (facts === undefined) return { ok: false, error: 'gone' };
    const breakers = finding.weak
      ? NONE
      : await readBreakers(candidateOf(finding, facts.token, now), tokenId, now, ports, policy);
    verdict = decideResponse(finding, { ...facts, breakers, blocked, event }, policy, now);
    const alerted = !finding.weak && verdict.outcome === 'alerted';
    if (verdict.waits || (alerted && (await wasTold()))) return { ok: false, error: 'told' };
    return ok(verdict.change);
  });
  if (!done.ok && done.error === 'told') ports.metrics.count('AlertsFolded', 1, { signal: finding.signal });
  if (done.ok && verdict !== undefined) {
    begun.add(nameOf(verdict.event));
    return finish(verdict.event, ports, finding);
  }
  if (isAbandoned(event, now, begun)) await finish(event, ports, finding);
}

/** An alert draws on no budget. */
const NONE: BreakerFacts = { budgets: [], day: undefined, incidents: [] };

/**
 * Keeps a stranger from the secret before it gets a new value; whether it is certain that he is. On record first.
 * Nobody is blocked unless the policy would act.
 */
async function keepOut(
  finding: Finding,
  tokenId: string,
  ports: RespondPorts,
  policy: ResponsePolicy,
): Promise<boolean> {
  const { principal } = finding.who;
  if (finding.signal !== 'T0-3' || finding.weak || principal === '') return false;
  const token = await ports.registry.get(keys.token(tokenId));
  if (token?.secretArn === undefined) return false;
  const { rung, guard } = wantedOf(finding, { token, blocked: true }, policy);
  if (rung !== 'reissue' || guard !== undefined) return false;
  const { secretArn } = token;
  const intended = await decideAndCommit<'decided' | 'intended'>(ports, async () => {
    const event = await ports.registry.get(keys.event(finding.account, eventIdOf(finding, tokenId)));
    if (event !== undefined) return { ok: false, error: event.state === 'intended' ? 'intended' : 'decided' };
    return ok(intendBlock(finding, tokenId, secretArn, ports.clock.now()));
  });
  if (!intended.ok && intended.error === 'decided') return false;
  try {
    return await ports.readers.block(secretArn, principal);
  } catch (fault) {
    ports.log.error('the reader could not be blocked', {
      tokenId,
      fault: fault instanceof Error ? fault.name : 'unknown',
    });
    return false;
  }
}
