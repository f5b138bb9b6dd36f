import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { createSecretVault, SECRET_VALUE_MAX_BYTES } from '#adapters/secrets-manager/vault.ts';
import type { SecretVault } from '#core/ports.ts';
import { Secret } from '#core/secret.ts';
import { createWire, refusal, type Wire, type WireAnswer } from '../wire.ts';

const ID = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/dev/orders-AbCdEf';
const OLD = '00000001-0000-4000-8000-000000000000';
const NEW = '00000002-0000-4000-8000-000000000000';

function vaultOn(...answers: WireAnswer[]): { vault: SecretVault; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  return { vault: createSecretVault(new SecretsManagerClient(wire.config)), calls: wire.calls };
}

const put = (vault: SecretVault, value = 'planted'): ReturnType<SecretVault['put']> =>
  vault.put({ secretId: ID, versionId: NEW, value: Secret.of(value), stage: 'AWSPENDING' });

describe('requests', () => {
  it('describe reads rotation, deletion and labels', async () => {
    const stages = { [OLD]: ['AWSCURRENT'], [NEW]: ['AWSPENDING'] };
    const { vault } = vaultOn({
      json: { ARN: ID, RotationEnabled: true, DeletedDate: 1_800_000_000, VersionIdsToStages: stages },
    });
    expect(await vault.describe('orders')).toEqual({
      ok: true,
      value: { arn: ID, rotationEnabled: true, deletedAt: 1_800_000_000_000, stages },
    });
  });

  it('describe takes absent fields for off and empty', async () => {
    const { vault } = vaultOn({ json: { ARN: ID } });
    expect(await vault.describe(ID)).toEqual({
      ok: true,
      value: { arn: ID, rotationEnabled: false, stages: {} },
    });
  });

  it('value asks by version and stage, and wraps what it gets', async () => {
    const { vault, calls } = vaultOn({ json: { SecretString: 'planted' } });
    const read = await vault.value(ID, NEW, 'AWSPENDING');
    expect(calls[0]?.body).toEqual({ SecretId: ID, VersionId: NEW, VersionStage: 'AWSPENDING' });
    expect(JSON.stringify(read)).toBe('{"ok":true,"value":"[redacted]"}');
    expect(read.ok && read.value.reveal()).toBe('planted');
  });

  it('a binary value is not one of ours', async () => {
    const { vault } = vaultOn({ json: { SecretBinary: 'cGxhbnRlZA==' } });
    expect(await vault.value(ID, NEW)).toEqual({ ok: false, error: { reason: 'not-found' } });
  });

  it('put names token, stage and rotation token', async () => {
    const { vault, calls } = vaultOn({});
    await vault.put({
      secretId: ID,
      versionId: NEW,
      value: Secret.of('v'),
      stage: 'AWSCURRENT',
      rotationToken: Secret.of('rt'),
    });
    expect(calls[0]).toMatchObject({
      operation: 'PutSecretValue',
      body: {
        SecretId: ID,
        ClientRequestToken: NEW,
        SecretString: 'v',
        VersionStages: ['AWSCURRENT'],
        RotationToken: 'rt',
      },
    });
  });

  it('moveCurrent names both versions', async () => {
    const { vault, calls } = vaultOn({});
    expect(await vault.moveCurrent(ID, { to: NEW, from: OLD })).toEqual({ ok: true, value: undefined });
    expect(calls[0]).toMatchObject({
      operation: 'UpdateSecretVersionStage',
      body: { SecretId: ID, VersionStage: 'AWSCURRENT', MoveToVersionId: NEW, RemoveFromVersionId: OLD },
    });
  });

  it('clearPending removes and moves nothing else', async () => {
    const { vault, calls } = vaultOn({});
    await vault.clearPending(ID, NEW);
    expect(calls[0]?.body).toEqual({ SecretId: ID, VersionStage: 'AWSPENDING', RemoveFromVersionId: NEW });
  });

  it('rotate changes no setting', async () => {
    const { vault, calls } = vaultOn({});
    await vault.rotate(ID, NEW);
    expect(calls[0]?.body).toEqual({ SecretId: ID, ClientRequestToken: NEW });
  });

  it('measures a value in bytes and names the limit before any call', async () => {
    const { vault, calls } = vaultOn({});
    await expect(put(vault, 'é'.repeat(SECRET_VALUE_MAX_BYTES / 2 + 1))).rejects.toMatchObject({
      code: 'value-too-long',
      outcome: 'not-applied',
      message: expect.stringContaining('65536'),
    });
    expect(calls).toEqual([]);
    expect(await put(vault, 'é'.repeat(SECRET_VALUE_MAX_BYTES / 2))).toEqual({ ok: true, value: undefined });
  });
});

const MARKED = "You can't perform this operation on the secret because it was marked for deletion.";
const BUSY = "A previous rotation isn't complete. That rotation will be reattempted.";
const NO_LAMBDA = 'No Lambda rotation function ARN is associated with this secret.';
const WRONG_STAGE = 'You provided a VersionStage that is not associated to the provided VersionId.';
const ATTACHED = `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${OLD}, so you must explicitly reference that version in RemoveFromVersionId.`;

describe('refusals', () => {
  const verbs: Record<string, (vault: SecretVault) => Promise<unknown>> = {
    describe: (vault) => vault.describe(ID),
    value: (vault) => vault.value(ID, NEW),
    put: (vault) => put(vault),
    moveCurrent: (vault) => vault.moveCurrent(ID, { to: NEW, from: OLD }),
    clearPending: (vault) => vault.clearPending(ID, NEW),
    rotate: (vault) => vault.rotate(ID, NEW),
    cancelRotation: (vault) => vault.cancelRotation(ID),
  };

  it.each([
    ['describe', 'ResourceNotFoundException', 'no', 'not-found'],
    ['value', 'ResourceNotFoundException', 'no', 'not-found'],
    ['value', 'InvalidRequestException', MARKED, 'not-found'],
    ['value', 'InvalidRequestException', WRONG_STAGE, 'not-found'],
    ['put', 'ResourceNotFoundException', 'no', 'not-found'],
    ['put', 'InvalidRequestException', MARKED, 'not-found'],
    ['put', 'ResourceExistsException', 'used', 'exists'],
    ['moveCurrent', 'ResourceNotFoundException', 'no', 'not-found'],
    ['moveCurrent', 'InvalidParameterException', ATTACHED, 'moved'],
    ['clearPending', 'ResourceNotFoundException', 'no', 'not-found'],
    ['rotate', 'ResourceNotFoundException', 'no', 'not-found'],
    ['rotate', 'InvalidRequestException', BUSY, 'busy'],
    ['rotate', 'InvalidRequestException', NO_LAMBDA, 'disabled'],
  ])('%s: %s "%s" is %s', async (verb, code, message, reason) => {
    const { vault } = vaultOn(refusal(code, message));
    expect(await verbs[verb]?.(vault)).toEqual({ ok: false, error: { reason } });
  });

  it.each([
    [
      'clearPending',
      'InvalidParameterException',
      'Staging label AWSPENDING is not attached to that version.',
    ],
    ['cancelRotation', 'ResourceNotFoundException', 'no'],
    ['cancelRotation', 'InvalidRequestException', MARKED],
    ['cancelRotation', 'InvalidRequestException', NO_LAMBDA],
  ])('%s: %s "%s" is a success', async (verb, code, message) => {
    const { vault } = vaultOn(refusal(code, message));
    await expect(verbs[verb]?.(vault)).resolves.not.toMatchObject({ ok: false });
  });

  it.each([
    ['describe', 'InvalidParameterException', 'bad name'],
    ['value', 'AccessDeniedException', 'no'],
    ['value', 'DecryptionFailure', 'no'],
    ['put', 'InvalidParameterException', 'bad token'],
    ['put', 'LimitExceededException', 'too many versions'],
    ['moveCurrent', 'InvalidParameterException', 'bad name'],
    ['moveCurrent', 'InvalidRequestException', BUSY],
    ['rotate', 'InvalidRequestException', 'This secret is managed by another service.'],
    ['rotate', 'ThrottlingException', 'slow down'],
    ['cancelRotation', 'InternalServiceError', 'oops'],
  ])('%s: %s "%s" is thrown', async (verb, code, message) => {
    const { vault } = vaultOn(refusal(code, message));
    await expect(verbs[verb]?.(vault)).rejects.toMatchObject({ name: 'PortError' });
  });

  it('a reply that was lost may have been applied', async () => {
    const { vault } = vaultOn(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    await expect(put(vault)).rejects.toMatchObject({ name: 'PortError', outcome: 'maybe-applied' });
  });
});
