import { keys } from '#core/keys.ts';
import type { EpochMs, EventRecord, TokenRecord } from '#core/records.ts';
import { complete, eventIdOf, incidentOf, RESPONDER } from '#core/response/event.ts';
import type { Finding } from '#core/response/finding.ts';
import { ok } from '#core/result.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { cancelRotation } from '#functions/revoke/cancel.ts';
import { reissueSecret } from '#functions/revoke/reissue.ts';
import { endKey, keyOrderOf } from './keys.ts';
import type { RespondPorts } from './run.ts';

/** A delivery that finds a decision this old and still open takes it up: Lambda has ended the run that made it. */
const TAKEN_UP_MS = 60_000;

type Left = NonNullable<EventRecord['left']>;

/** Whether an event's decision was left half done by a run that is no more. */
export const isAbandoned = (
  event: EventRecord | undefined,
  now: EpochMs,
): event is EventRecord & { left: Left } =>
  event?.state === 'decided' && event.left !== undefined && now - event.at >= TAKEN_UP_MS;

/** A decision that is committed, and what follows it outside. */
export interface Decided {
  readonly finding: Finding;
  readonly left: Left;
  readonly decidedAt: EpochMs;
  readonly target: string;
  /** Absent where it is about no token. */
  readonly token?: Pick<TokenRecord, 'tokenId' | 'secretArn'>;
}

/**
 * What follows a decision outside the registry, in an order that a crash may cut anywhere: the vault, the page, and
 * last the record of how it ended. Until that is written the event is open, and a later delivery of it takes it up. An
 * alert is told and no more.
 */
export async function finish(decided: Decided, ports: RespondPorts): Promise<void> {
  const { finding, left, target, token } = decided;
  const vault = await follow(decided, ports);
  ports.metrics.count('Responses', 1, { signal: finding.signal, outcome: left.outcome });
  ports.metrics.milliseconds('SeenToActedMs', Math.max(0, ports.clock.now() - finding.at));
  await ports.pager.page(left.page);
  await tellSecurityHub(decided, ports);
  if (left.outcome === 'alerted') return;
  await decideAndCommit<'answered'>(ports, async () => {
    const event = await ports.registry.get(keys.event(finding.account, eventIdOf(finding, target)));
    const outcome = { tokenId: token?.tokenId, vault, at: ports.clock.now() };
    const change = event && complete(event, finding, outcome);
    return change === undefined ? { ok: false, error: 'answered' } : ok(change);
  });
}

async function follow({ finding, left, token, decidedAt }: Decided, ports: RespondPorts): Promise<string> {
  if (left.outcome !== 'done') return 'nothing to do';
  if (token === undefined) {
    const ended = await endKey(keyOrderOf(finding, left.rung, decidedAt), ports);
    return ended.outcome === 'alert' ? `keys not ended: ${ended.why}` : `keys ended: ${ended.outcome}`;
  }
  if (token.secretArn === undefined) return 'nothing to do';
  switch (left.rung) {
    case 'reissue': {
      const incidentId = incidentOf(finding.eventId);
      const order = { at: decidedAt, actor: RESPONDER, reason: finding.seen, incidentId };
      return (await reissueSecret(token.secretArn, order, ports))
        ? 'rotation asked for'
        : 'rotation not started';
    }
    case 'revoke':
      return (await cancelRotation(token.secretArn, ports)) ? 'rotation cancelled' : 'rotation not cancelled';
    case 'alert':
    case 'suspend':
      return 'nothing to do';
  }
}

/** A courtesy, like the bus: what Security Hub does not take is counted, and holds nothing up. */
async function tellSecurityHub(
  { finding, left, target, token }: Decided,
  ports: RespondPorts,
): Promise<void> {
  if (ports.findings === undefined) return;
  try {
    await ports.findings.tell({ finding, left, target, secretArn: token?.secretArn, at: ports.clock.now() });
  } catch (fault) {
    ports.metrics.count('FindingsNotTold');
    ports.log.error('Security Hub did not take a finding', {
      eventId: finding.eventId,
      fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
    });
  }
}
