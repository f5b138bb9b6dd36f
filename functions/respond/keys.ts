import type { Change } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { KeyControl, Pager } from '#core/ports.ts';
import type { QuarantineRecord } from '#core/records.ts';
import { incidentOf, RESPONDER } from '#core/response/event.ts';
import type { Finding } from '#core/response/finding.ts';
import {
  beginQuarantine,
  extend,
  foundQuiet,
  foundUnquiet,
  type KeyOrder,
  keyEventId,
  nextBlock,
  onlyAlert,
  type Step,
  type UserSeen,
  withSessions,
} from '#core/response/key-orders.ts';
import { sessionsLeft } from '#core/response/words.ts';
import { ok, type Result } from '#core/result.ts';
import { type DecidePorts, decideAndCommit } from '#functions/apply/decide.ts';
import { lineageOf, sessionsOf } from './sessions.ts';

export type KeyPorts = DecidePorts & { readonly keyControl: KeyControl; readonly pager: Pager };

/**
 * How an order on a key ended. `quiet`: nothing of its user works. `unquiet`: that is not known; the sweep goes on.
 * `alert`: the key is none to act upon. `seen`: done before, by this event or an earlier one.
 */
export type KeyOutcome =
  | { readonly outcome: 'quiet' | 'unquiet' | 'seen' }
  | { readonly outcome: 'alert'; readonly why: string };

/** How often a user is looked at in one go. */
const LOOKS = 6;
/** Between two looks: IAM shows a write within about four seconds (F24). */
const WAIT_MS = 5_000;

/**
 * Ends what an IAM user's keys can do (AC-2(13), IR-4): intent, action, outcome, each in the audit chain. First the
 * quarantine policy, then every key Inactive, then a wait and another look, until one finds nothing left to do.
 * A crash anywhere leaves an intent that the sweep finishes; n deliveries of an event have one effect (S8).
 */
export async function endKey(order: KeyOrder, ports: KeyPorts): Promise<KeyOutcome> {
  const user = await ports.keyControl.user(order.userArn);
  const why = onlyAlert(order, user.ok ? user.value : undefined, ports.keyControl.environment);
  if (why !== undefined) return { outcome: 'alert', why };
  const begun = await decideAndCommit<'seen' | 'standing' | 'gone'>(ports, async () => {
    const event = keys.event(order.account, keyEventId(order));
    if ((await ports.registry.get(event)) !== undefined) return { ok: false, error: 'seen' };
    const read = await ports.registry.get(keys.quarantine(order.userArn));
    const seen = await look(order.userArn, ports);
    if (seen === undefined) return { ok: false, error: 'gone' };
    const used = await lineageOf(
      { credential: order.accessKeyId, principal: order.userArn },
      order.at,
      ports,
    );
    const others = await sessionsOf(
      seen.keys.map(({ accessKeyId }) => accessKeyId),
      order.at,
      ports,
    );
    const sessions = [...order.sessions, ...used.sessions, ...others];
    const change = beginQuarantine({ ...order, sessions }, read, seen);
    return change.ok ? change : { ok: false, error: 'standing' };
  });
  if (!begun.ok && begun.error === 'gone') return { outcome: 'alert', why: `${order.userArn} is gone` };
  return block(order.userArn, order.actor, ports);
}

/** The order that a finding about an IAM user's credential comes to. */
export const keyOrderOf = (
  { who, account, eventId, at: seenAt, seen }: Finding,
  rung: string,
  at: number,
): KeyOrder => ({
  userArn: who.principal,
  accessKeyId: who.credential,
  account,
  eventId,
  seenAt,
  at,
  actor: RESPONDER,
  reason: seen,
  incidentId: incidentOf(eventId),
  rung: rung === 'revoke' ? 'revoke' : 'suspend',
  sessions: [],
});

/** Goes on with a user that is being blocked, from wherever it was left. */
export async function block(userArn: string, actor: Step['actor'], ports: KeyPorts): Promise<KeyOutcome> {
  let still = false;
  let done: UserSeen | undefined;
  let why = 'keys or the policy were changed again and again';
  for (let round = 0; round < LOOKS; round++) {
    if (round > 0) await ports.clock.sleep(WAIT_MS);
    const record = await ports.registry.get(keys.quarantine(userArn));
    if (record?.state !== 'blocking') {
      await takeBack(record, done, ports);
      return { outcome: 'seen' };
    }
    const seen = await look(userArn, ports);
    if (seen === undefined) return quiet(record, actor, ports);
    const step = nextBlock(record, seen);
    if (step.do === 'nothing') {
      // Once may be a read from before a change that a thief made: twice, with time for it to show.
      if (still) return quiet(record, actor, ports);
      still = true;
      continue;
    }
    still = false;
    if (step.do === 'extend') {
      const added = await change(userArn, ports, (fresh) => extend(fresh, step.keyIds, stepOf(actor, ports)));
      if (!added.ok) return { outcome: 'seen' };
    }
    done = seen;
    why = (await act(userArn, seen, ports)) ?? why;
  }
  return unquiet(userArn, why, actor, ports);
}

/** A release came in between: what this container did after it must not stand. */
async function takeBack(
  record: QuarantineRecord | undefined,
  done: UserSeen | undefined,
  ports: KeyPorts,
): Promise<void> {
  if (done === undefined || (record?.state !== 'releasing' && record?.state !== 'released')) return;
  for (const { accessKeyId, status } of done.keys) {
    if (status === 'Active') await ports.keyControl.setStatus(record.userArn, accessKeyId, 'Active');
  }
  if (!done.quarantined && !record.attachedBefore) await ports.keyControl.unquarantine(record.userArn);
}

/** The policy on, then every Active key off; why the policy is not, where it cannot be. */
async function act(userArn: string, seen: UserSeen, ports: KeyPorts): Promise<string | undefined> {
  let why: string | undefined;
  if (!seen.quarantined) {
    const attached = await ports.keyControl.quarantine(userArn);
    if (!attached.ok) why = `the quarantine policy could not be attached: ${attached.error.reason}`;
  }
  for (const { accessKeyId, status } of seen.keys) {
    if (status === 'Active') await ports.keyControl.setStatus(userArn, accessKeyId, 'Inactive');
  }
  return why;
}

/** Keys and policies of a user as IAM shows them now; `undefined`: it is gone, and its keys with it. */
export async function look(
  userArn: string,
  ports: Pick<KeyPorts, 'keyControl'>,
): Promise<UserSeen | undefined> {
  const attached = await ports.keyControl.attached(userArn);
  const found = await ports.keyControl.keys(userArn);
  if (!attached.ok || !found.ok) return undefined;
  return { keys: found.value, quarantined: attached.value.includes(ports.keyControl.policyArn) };
}

/** Paged before it is committed: a crash in between pages twice, never not at all. */
async function quiet(read: QuarantineRecord, actor: Step['actor'], ports: KeyPorts): Promise<KeyOutcome> {
  // Assumed meanwhile, or told of only now.
  const sessions = await sessionsOf(read.keyIds, ports.clock.now(), ports);
  const record = withSessions(read, sessions);
  await ports.pager.page(quietPage(record));
  const done = await change(record.userArn, ports, (fresh) =>
    foundQuiet(withSessions(fresh, sessions), stepOf(actor, ports)),
  );
  if (!done.ok) return { outcome: 'seen' };
  ports.metrics.count('UsersQuarantined');
  return { outcome: 'quiet' };
}

async function unquiet(
  userArn: string,
  why: string,
  actor: Step['actor'],
  ports: KeyPorts,
): Promise<KeyOutcome> {
  await ports.pager.page({
    key: `unquiet:${userArn}`,
    title: `${userArn} is not quiet`,
    body: `Its keys are being ended, but it was not found so: ${why}. The sweep tries again, for ever; look at the user yourself.`,
  });
  const done = await change(userArn, ports, (fresh) => foundUnquiet(fresh, why, stepOf(actor, ports)));
  if (!done.ok) return { outcome: 'seen' };
  ports.metrics.count('QuarantineUnquiet');
  return { outcome: 'unquiet' };
}

/** Changes a record that is still being blocked; somebody else may have settled it meanwhile. */
function change(
  userArn: string,
  ports: KeyPorts,
  decide: (fresh: QuarantineRecord) => Change,
): Promise<Result<unknown, 'settled'>> {
  return decideAndCommit<'settled'>(ports, async () => {
    const fresh = await ports.registry.get(keys.quarantine(userArn));
    return fresh?.state === 'blocking' ? ok(decide(fresh)) : { ok: false, error: 'settled' };
  });
}

const stepOf = (actor: Step['actor'], ports: Pick<KeyPorts, 'clock'>): Step => ({
  at: ports.clock.now(),
  actor,
});

/** For the on-call engineer: what was done, what could not be, how to undo it. */
export function quietPage(record: QuarantineRecord): { key: string; title: string; body: string } {
  const { userArn, keyIds, sessions, incidentId, rung, reason } = record;
  const ended = keyIds.length === 0 ? 'it had no Active key' : `its keys ${keyIds.join(', ')} are Inactive`;
  const undo =
    rung === 'suspend'
      ? `Undo: tokenward release --user ${userArn}.`
      : 'It stays so: replace what used these keys, then delete them.';
  return {
    key: `quarantine:${userArn}`,
    title: `${userArn} is in quarantine`,
    body: `${reason}. Its temporary credentials are denied and ${ended}. ${undo}${sessionsLeft(sessions)} Incident ${incidentId}.`,
  };
}
