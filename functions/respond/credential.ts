import { keys } from '#core/keys.ts';
import type { EventRecord } from '#core/records.ts';
import { decideCredential, type Verdict } from '#core/response/decide.ts';
import { ALERTS, alertKey, eventIdOf } from '#core/response/event.ts';
import type { Finding } from '#core/response/finding.ts';
import { ok } from '#core/result.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { finish, isAbandoned } from './finish.ts';
import type { RespondConfig, RespondPorts } from './run.ts';

/**
 * Where a finding about an IAM access key, a session or a principal goes on: it is recorded and a human is paged.
 * Nothing is done to the credential here.
 */
export async function answerCredential(
  finding: Finding,
  ports: RespondPorts,
  { policy }: RespondConfig,
): Promise<void> {
  const now = ports.clock.now();
  const target = finding.who.credential;
  let verdict: Verdict | undefined;
  let event: EventRecord | undefined;
  const done = await decideAndCommit<'seen' | 'told'>(ports, async () => {
    event = await ports.registry.get(keys.event(finding.account, eventIdOf(finding, target)));
    if (event !== undefined) return { ok: false, error: 'seen' };
    const told = keys.event(ALERTS, alertKey(finding, target, now, policy));
    if ((await ports.registry.get(told)) !== undefined) return { ok: false, error: 'told' };
    verdict = decideCredential(finding, policy, now);
    return ok(verdict.change);
  });
  if (done.ok && verdict !== undefined)
    return finish({ finding, left: verdict, decidedAt: now, target }, ports);
  if (!done.ok && done.error === 'told') ports.metrics.count('AlertsFolded', 1, { signal: finding.signal });
  if (isAbandoned(event, now))
    await finish({ finding, left: event.left, decidedAt: event.at, target }, ports);
}
