import { keys } from '#core/keys.ts';
import { ok } from '#core/result.ts';
import { abort } from '#core/rotation/changes.ts';
import type { DenialReason } from '#core/token/verify.ts';
import type { RotationEvent } from '#events/rotation.ts';
import { decideAndCommit, eventually } from '#functions/apply/decide.ts';
import { readTokenValue } from '#issuers/api-token.ts';
import {
  demandIntent,
  ROTATOR,
  type RotatePorts,
  RotationError,
  type RotationFacts,
  readFacts,
  readVersions,
} from '../context.ts';

const READ_ATTEMPTS = 5;
const PROBE_ATTEMPTS = 4;

/** Denials that time may heal: a read that has not caught up, a store that did not answer. */
const TRANSIENT: readonly DenialReason[] = ['unknown', 'unavailable'];

/**
 * Proves the pending value by the very run that `authorize` uses, in probe mode. With RotateImmediately off,
 * Secrets Manager calls this step alone, on a version without a value: nothing was begun, so nothing is tested.
 */
export async function testSecret(
  event: RotationEvent,
  ports: RotatePorts,
): Promise<'proven' | 'nothing-to-test'> {
  const facts = await readFacts(event, ports);
  const attempts = facts.intent === undefined ? 1 : READ_ATTEMPTS;
  const value = await eventually(ports, attempts, async () => {
    const read = await ports.vault.value(event.secretArn, event.versionId, 'AWSPENDING');
    return read.ok ? read.value : undefined;
  });
  if (facts.intent === undefined && value === undefined) return 'nothing-to-test';
  const intent = demandIntent(facts, event);
  if (intent.state === 'finished') return 'proven';
  const token = value === undefined ? undefined : readTokenValue(value);
  if (token === undefined || token.keyId !== intent.keyId) {
    return giveUp(
      facts,
      event,
      ports,
      value === undefined ? 'value-missing' : 'value-not-ours',
      'the pending value is not the one minted',
    );
  }
  const need = { audience: facts.token.fields.audience, scopes: facts.token.fields.scopes, source: {} };
  let refusal: DenialReason | undefined;
  const proven = await eventually(ports, PROBE_ATTEMPTS, async () => {
    const verdict = await ports.verifier.verify(token.token.reveal(), need, 'probe');
    refusal = verdict.allow ? undefined : verdict.reason;
    return verdict.allow || !TRANSIENT.includes(verdict.reason) ? verdict : undefined;
  });
  if (proven?.allow) return 'proven';
  return giveUp(
    facts,
    event,
    ports,
    'probe-refused',
    `the new version was refused: ${refusal ?? 'unavailable'}`,
  );
}

/**
 * What cannot be proven is revoked and its label cleared; AWSCURRENT stays as it is (F5), also where finishSecret
 * crashed after it had moved it to this very version (S1).
 */
async function giveUp(
  facts: RotationFacts,
  event: RotationEvent,
  ports: RotatePorts,
  code: 'value-missing' | 'value-not-ours' | 'probe-refused',
  reason: string,
): Promise<never> {
  const described = await ports.vault.describe(event.secretArn);
  if (described.ok && described.value.stages[event.versionId]?.includes('AWSCURRENT')) {
    throw new RotationError(
      code,
      `${reason}; it is AWSCURRENT already and stays, the next attempt finishes it`,
    );
  }
  await decideAndCommit<'closed'>(ports, async () => {
    const token = await ports.registry.get(keys.token(facts.token.tokenId));
    const intent = await ports.registry.get(keys.intent(facts.token.tokenId, event.versionId));
    if (
      token === undefined ||
      intent === undefined ||
      intent.state === 'aborted' ||
      intent.state === 'finished'
    ) {
      return { ok: false, error: 'closed' };
    }
    const made = intent.keyId === undefined ? undefined : await readVersions(token, intent.keyId, ports);
    const version = made?.version;
    const step = { at: ports.clock.now(), actor: ROTATOR };
    return ok(abort({ token, intent, ...(version === undefined ? {} : { version }) }, reason, step));
  });
  await ports.vault.clearPending(event.secretArn, event.versionId);
  throw new RotationError(code, `${reason}; the attempt was revoked and AWSCURRENT left as it was`);
}
