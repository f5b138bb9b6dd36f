import { keys } from '#core/keys.ts';
import type { KeyModule, MacEngine, SecretVault } from '#core/ports.ts';
import type { Actor, IntentRecord, TokenRecord, VersionRecord } from '#core/records.ts';
import { liveKeyIds } from '#core/token/versions.ts';
import type { RotationEvent } from '#events/rotation.ts';
import type { DecidePorts } from '#functions/apply/decide.ts';
import { isSealed } from '#functions/apply/seal.ts';
import type { Verifier } from '#functions/authorize/verifier.ts';
import type { Issuer } from '#issuers/issuer.ts';

export type RotatePorts = DecidePorts & {
  readonly vault: SecretVault;
  readonly keys: KeyModule;
  readonly mac: MacEngine;
  readonly issuer: Issuer;
  /** The run that `authorize` uses, in this process. */
  readonly verifier: Verifier;
};

/** Why a rotation step stops. Secrets Manager sees a failed step and retries the whole rotation by itself. */
export type RotationStop =
  | 'bad-event'
  | 'unknown-secret'
  | 'secret-missing'
  | 'rotation-disabled'
  | 'version-not-staged'
  | 'no-current-version'
  | 'token-revoked'
  | 'token-suspended'
  | 'version-revoked'
  | 'fields-tampered'
  | 'intent-missing'
  | 'intent-aborted'
  | 'intent-closed'
  | 'value-missing'
  | 'value-not-ours'
  | 'probe-refused'
  | 'label-moved';

/** A step that must not go on; `code` is stable, the message says what to look at and never holds a value. */
export class RotationError extends Error {
  readonly code: RotationStop;

  constructor(code: RotationStop, message: string) {
    super(`${code}: ${message}`);
    this.name = 'RotationError';
    this.code = code;
  }
}

/** What every step reads first. */
export interface RotationFacts {
  readonly token: TokenRecord;
  readonly intent: IntentRecord | undefined;
}

/** Who acts, in the audit log. */
export const ROTATOR: Actor = { kind: 'system', id: 'rotate' };

/** Reads the token and intent behind an event; a revoked or suspended token stops every step (S14). */
export async function readFacts(event: RotationEvent, ports: RotatePorts): Promise<RotationFacts> {
  const link = await ports.registry.get(keys.secret(event.secretArn));
  const token = link === undefined ? undefined : await ports.registry.get(keys.token(link.tokenId));
  // The link of a secret that the token has left stays: nothing may rotate through it (S1).
  if (token?.secretArn !== event.secretArn) {
    throw new RotationError(
      'unknown-secret',
      `no token is registered for ${event.secretArn}; declare it in infra/tokens.ts`,
    );
  }
  if (token.standing === 'revoked') {
    throw new RotationError('token-revoked', `token ${token.tokenId} is revoked; nothing is minted for it`);
  }
  if (token.standing === 'suspended') {
    throw new RotationError(
      'token-suspended',
      `token ${token.tokenId} is suspended; release it, or revoke and reissue`,
    );
  }
  return { token, intent: await ports.registry.get(keys.intent(token.tokenId, event.versionId)) };
}

/** Demands the seal of the issuer before fields are copied and sealed again: a writer to the table widens nothing. */
export async function demandSealed(token: TokenRecord, ports: RotatePorts): Promise<void> {
  if (await isSealed(ports.mac, token.fields, token.fieldsMac)) return;
  throw new RotationError(
    'fields-tampered',
    `the authorising fields of ${token.tokenId} fail their MAC; redeploy its declaration`,
  );
}

/** The version that an intent made, and the token's other live versions. */
export async function readVersions(
  token: TokenRecord,
  keyId: string,
  ports: RotatePorts,
): Promise<{ version: VersionRecord | undefined; others: readonly VersionRecord[] }> {
  const ids = new Set([keyId, ...liveKeyIds(token)]);
  const records = await ports.registry.getMany([...ids].map((id) => keys.version(id)));
  return {
    version: records.find((record) => record.keyId === keyId),
    others: records.filter((record) => record.keyId !== keyId),
  };
}

/** The intent of a step that cannot go without one. */
export function demandIntent(facts: RotationFacts, event: RotationEvent): IntentRecord & { keyId: string } {
  const { intent } = facts;
  if (intent === undefined || intent.keyId === undefined || intent.tokenMac === undefined) {
    throw new RotationError(
      'intent-missing',
      `${event.step} of ${event.versionId} came before createSecret had finished`,
    );
  }
  if (intent.state === 'aborted') {
    throw new RotationError('intent-aborted', `rotation ${event.versionId} was given up; start a new one`);
  }
  return { ...intent, keyId: intent.keyId };
}
