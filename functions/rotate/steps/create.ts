import { keys } from '#core/keys.ts';
import type { IntentRecord, TokenRecord } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { begin, minted } from '#core/rotation/changes.ts';
import type { RotationEvent } from '#events/rotation.ts';
import { decideAndCommit, eventually } from '#functions/apply/decide.ts';
import type { Minted } from '#issuers/issuer.ts';
import { demandSealed, ROTATOR, type RotatePorts, RotationError, readFacts } from '../context.ts';

const READ_ATTEMPTS = 5;

/**
 * Puts a new value into the vault under AWSPENDING: intent first, then mint, then the value's public facts, then
 * the value. Every repeat finds what an earlier attempt left and goes on from there (F2, F3, F8, F11).
 */
export async function createSecret(event: RotationEvent, ports: RotatePorts): Promise<void> {
  const { token, intent: known } = await readFacts(event, ports);
  if (await alreadyCurrent(event, ports)) return;
  if (known?.state === 'set') return;
  if (known?.state === 'finished' || known?.state === 'aborted') return endStuck(known, event, ports);
  await demandSealed(token, ports);
  const intent = known ?? (await beginIntent(token, event, ports));
  if (intent.state === 'minted') {
    const earlier = await readBack(event, ports, 2);
    if (earlier !== undefined) return adopt(token, event, earlier, ports);
  }
  const made = await ports.issuer.mint({
    expiresAt: intent.startedAt + token.policy.hardMaxMs,
    audience: token.fields.audience,
  });
  if ((await recordMinted(token, event, made, ports)) === 'overtaken') return;
  const put = await ports.vault.put({
    secretId: event.secretArn,
    versionId: event.versionId,
    value: made.value,
    stage: 'AWSPENDING',
    ...(event.rotationToken === undefined ? {} : { rotationToken: event.rotationToken }),
  });
  if (put.ok) return;
  if (put.error.reason === 'not-found')
    throw new RotationError('secret-missing', `${event.secretArn} is gone`);
  const earlier = await readBack(event, ports, READ_ATTEMPTS);
  if (earlier === undefined) {
    throw new RotationError(
      'value-missing',
      `version ${event.versionId} has a value that cannot be read yet`,
    );
  }
  await adopt(token, event, earlier, ports);
}

/**
 * A label that was left on a version whose rotation is over would have Secrets Manager try that one again and again,
 * and never a new one (L1): it is taken off, and the next rotation starts afresh.
 */
async function endStuck(intent: IntentRecord, event: RotationEvent, ports: RotatePorts): Promise<never> {
  await ports.vault.clearPending(event.secretArn, event.versionId);
  throw new RotationError(
    'intent-closed',
    `rotation ${event.versionId} is ${intent.state} and its version is not AWSCURRENT; its label was cleared, the next rotation starts afresh`,
  );
}

async function alreadyCurrent(event: RotationEvent, ports: RotatePorts): Promise<boolean> {
  const described = await ports.vault.describe(event.secretArn);
  if (!described.ok || described.value.deletedAt !== undefined) {
    throw new RotationError('secret-missing', `${event.secretArn} is gone or scheduled for deletion`);
  }
  const { rotationEnabled, stages } = described.value;
  if (!rotationEnabled) throw new RotationError('rotation-disabled', `rotation of ${event.secretArn} is off`);
  const labels = stages[event.versionId];
  if (labels === undefined) {
    throw new RotationError('version-not-staged', `${event.secretArn} has no version ${event.versionId}`);
  }
  if (labels.includes('AWSCURRENT')) return true;
  if (!labels.includes('AWSPENDING')) {
    throw new RotationError('version-not-staged', `version ${event.versionId} is not AWSPENDING`);
  }
  return false;
}

async function beginIntent(
  token: TokenRecord,
  event: RotationEvent,
  ports: RotatePorts,
): Promise<IntentRecord> {
  const key = keys.intent(token.tokenId, event.versionId);
  const change = begin({ ...token, secretArn: event.secretArn }, event.versionId, {
    at: ports.clock.now(),
    actor: ROTATOR,
  });
  await decideAndCommit(ports, async () => {
    const present = await ports.registry.get(key);
    return present === undefined ? ok(change) : { ok: false, error: present };
  });
  const intent = await ports.registry.get(key);
  if (intent === undefined)
    throw new RotationError('intent-missing', `the intent of ${event.versionId} was not stored`);
  return intent;
}

async function recordMinted(
  token: TokenRecord,
  event: RotationEvent,
  made: Minted,
  ports: RotatePorts,
): Promise<'recorded' | 'overtaken'> {
  const done = await decideAndCommit<IntentRecord['state'] | 'absent'>(ports, async () => {
    const intent = await ports.registry.get(keys.intent(token.tokenId, event.versionId));
    if (intent?.state !== 'begun' && intent?.state !== 'minted') {
      return { ok: false, error: intent?.state ?? 'absent' };
    }
    return ok(minted(intent, made, { at: ports.clock.now(), actor: ROTATOR }));
  });
  if (done.ok) return 'recorded';
  // Another delivery of this step went on to set its own value: that one stands (S7).
  if (done.error === 'set') return 'overtaken';
  throw new RotationError('intent-aborted', `rotation ${event.versionId} is ${done.error}`);
}

async function adopt(
  token: TokenRecord,
  event: RotationEvent,
  made: Minted,
  ports: RotatePorts,
): Promise<void> {
  const intent = await ports.registry.get(keys.intent(token.tokenId, event.versionId));
  if (intent?.state === 'minted' && intent.keyId === made.keyId) return;
  if (intent?.state === 'set') return;
  await recordMinted(token, event, made, ports);
}

async function readBack(
  event: RotationEvent,
  ports: RotatePorts,
  attempts: number,
): Promise<Minted | undefined> {
  const value = await eventually(ports, attempts, async () => {
    const read = await ports.vault.value(event.secretArn, event.versionId);
    return read.ok ? read.value : undefined;
  });
  if (value === undefined) return undefined;
  const found = await ports.issuer.recognise(value);
  if (found === undefined) {
    throw new RotationError(
      'value-not-ours',
      `version ${event.versionId} holds a value that Tokenward did not make`,
    );
  }
  return found;
}
