import { keys } from '#core/keys.ts';
import type { KeyUser } from '#core/ports.ts';
import type { EventRecord } from '#core/records.ts';
import {
  type CredentialFacts,
  decideCredential,
  keyCandidateOf,
  type Verdict,
  wantedOfCredential,
} from '#core/response/decide.ts';
import { ALERTS, alertKey, eventIdOf } from '#core/response/event.ts';
import type { Finding } from '#core/response/finding.ts';
import { isUserArn, onlyAlert } from '#core/response/key-orders.ts';
import type { ResponsePolicy } from '#core/response/policy.ts';
import { ok } from '#core/result.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { readBreakers } from './breakers.ts';
import { finish, isAbandoned, nameOf } from './finish.ts';
import { keyOrderOf } from './keys.ts';
import type { Responding, RespondPorts } from './run.ts';
import { lineageOf } from './sessions.ts';

/**
 * Decides a finding about an IAM access key, a session or a principal, and carries it out: the decision and its budget
 * in one transaction, then the keys of the user end by an intent of their own, then the page, then the outcome.
 */
export async function answerCredential(
  finding: Finding,
  ports: RespondPorts,
  { policy, begun }: Responding,
): Promise<void> {
  const now = ports.clock.now();
  const target = finding.who.credential;
  const reach = await reachOf(finding, ports, policy);
  let verdict: Verdict | undefined;
  let event: EventRecord | undefined;
  const done = await decideAndCommit<'seen' | 'told'>(ports, async () => {
    event = await ports.registry.get(keys.event(finding.account, eventIdOf(finding, target)));
    if (event !== undefined) return { ok: false, error: 'seen' };
    const { principal } = finding.who;
    const breakers = await readBreakers(keyCandidateOf(finding, now), principal, now, ports, policy);
    verdict = decideCredential(finding, { ...reach, breakers }, policy, now);
    const told = keys.event(ALERTS, alertKey(finding, target, now, policy));
    const alerted = verdict.outcome === 'alerted';
    if (verdict.waits || (alerted && (await ports.registry.get(told)) !== undefined))
      return { ok: false, error: 'told' };
    return ok(verdict.change);
  });
  if (done.ok && verdict !== undefined) {
    begun.add(nameOf(verdict.event));
    return finish(verdict.event, ports, finding);
  }
  if (!done.ok && done.error === 'told') ports.metrics.count('AlertsFolded', 1, { signal: finding.signal });
  if (isAbandoned(event, now, begun)) await finish(event, ports, finding);
}

/** Whether its user is ours to act upon, and its lineage; asked only where the ladder wants more than an alert. */
async function reachOf(
  finding: Finding,
  ports: RespondPorts,
  policy: ResponsePolicy,
): Promise<Omit<CredentialFacts, 'breakers'>> {
  const rung = wantedOfCredential(finding, policy);
  if (rung === 'alert') return {};
  const now = ports.clock.now();
  const order = keyOrderOf(finding, rung, now);
  const lineage = await lineageOf(finding.who, now, ports);
  const why = onlyAlert(order, await userOf(order.userArn, ports), ports.keyControl.environment);
  if (why !== undefined) return { lineage, onlyAlert: why };
  const { userArn, accessKeyId } = order;
  return { lineage, key: { userArn, accessKeyId } };
}

async function userOf(userArn: string, { keyControl }: RespondPorts): Promise<KeyUser | undefined> {
  if (!isUserArn(userArn)) return undefined;
  const user = await keyControl.user(userArn);
  return user.ok ? user.value : undefined;
}
