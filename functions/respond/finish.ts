import { keys } from '#core/keys.ts';
import type { SecretVault } from '#core/ports.ts';
import type { EpochMs, EventRecord, TokenRecord } from '#core/records.ts';
import type { FindingSink } from '#core/response/asff.ts';
import {
  complete,
  incidentOf,
  isOpen,
  keyOrderLeft,
  type OpenEvent,
  RESPONDER,
  TAKEN_UP_MS,
} from '#core/response/event.ts';
import type { Finding } from '#core/response/finding.ts';
import { ok } from '#core/result.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { cancelRotation } from '#functions/revoke/cancel.ts';
import { reissueSecret } from '#functions/revoke/reissue.ts';
import { endKey, type KeyPorts } from './keys.ts';

export type FinishPorts = KeyPorts & { readonly vault: SecretVault; readonly findings?: FindingSink };

/** Decisions that one invocation has made, by {@link nameOf}. */
export type Begun = Set<string>;

export const nameOf = ({ account, eventId }: Pick<EventRecord, 'account' | 'eventId'>): string =>
  keys.event(account, eventId).pk;

/** Whether a decision was left half done: by this invocation, in an earlier try, or by a run that is no more. */
export const isAbandoned = (event: EventRecord | undefined, now: EpochMs, begun: Begun): event is OpenEvent =>
  isOpen(event) && (begun.has(nameOf(event)) || now - event.at >= TAKEN_UP_MS);

/**
 * What follows a decision outside the registry, in an order that a crash may cut anywhere: the vault or the keys, the
 * page, and last the record of how it ended. Until that is written the decision is open: a later delivery of its event
 * takes it up, or else the sweep, which has no finding at hand.
 */
export async function finish(event: OpenEvent, ports: FinishPorts, finding?: Finding): Promise<void> {
  const { left } = event;
  const token = left.tokenId === undefined ? undefined : await ports.registry.get(keys.token(left.tokenId));
  const vault = await follow(event, token, ports);
  ports.metrics.count('Responses', 1, { signal: left.signal, outcome: left.outcome });
  ports.metrics.milliseconds('SeenToActedMs', Math.max(0, ports.clock.now() - left.seenAt));
  await ports.pager.page(left.page);
  if (finding !== undefined) await tellSecurityHub(finding, event, token, ports);
  await decideAndCommit<'answered'>(ports, async () => {
    const fresh = await ports.registry.get(keys.event(event.account, event.eventId));
    const change = complete(fresh, { vault, at: ports.clock.now() });
    return change === undefined ? { ok: false, error: 'answered' } : ok(change);
  });
}

async function follow(event: OpenEvent, token: TokenRecord | undefined, ports: FinishPorts): Promise<string> {
  const { rung, outcome, cause, seen } = event.left;
  if (outcome !== 'done') return 'nothing to do';
  const order = keyOrderLeft(event);
  if (order !== undefined) {
    const ended = await endKey(order, ports);
    return ended.outcome === 'alert' ? `keys not ended: ${ended.why}` : `keys ended: ${ended.outcome}`;
  }
  if (token?.secretArn === undefined) return 'nothing to do';
  switch (rung) {
    case 'reissue': {
      const asked = { at: event.at, actor: RESPONDER, reason: seen, incidentId: incidentOf(cause) };
      return (await reissueSecret(token.secretArn, asked, ports))
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
  finding: Finding,
  { left }: OpenEvent,
  token: TokenRecord | undefined,
  ports: FinishPorts,
): Promise<void> {
  if (ports.findings === undefined) return;
  const target = left.tokenId ?? finding.who.credential;
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
