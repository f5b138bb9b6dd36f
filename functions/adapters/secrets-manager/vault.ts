import {
  CancelRotateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { PortError, type SecretVault } from '#core/ports.ts';
import { ok, refuse } from '#core/result.ts';
import { Secret } from '#core/secret.ts';
import { toPortError } from '../errors.ts';
import { type VaultRefusal, vaultRefusalOf } from './refusal.ts';

/** The longest value that Secrets Manager stores, in bytes of UTF-8. */
export const SECRET_VALUE_MAX_BYTES = 65_536;

/**
 * Secrets Manager as the core sees it. A secret that is scheduled for deletion is `not-found` to everything but
 * `describe`, which says since when.
 *
 * @see {@link vaultRefusalOf} for how the service's errors become refusals.
 */
export function createSecretVault(client: SecretsManagerClient): SecretVault {
  return {
    async describe(secretId) {
      const reply = await attempt(client.send(new DescribeSecretCommand({ SecretId: secretId })), [
        'not-found',
      ]);
      if (!reply.ok) return reply;
      const { ARN, RotationEnabled, DeletedDate, VersionIdsToStages } = reply.value;
      return ok({
        arn: ARN ?? secretId,
        rotationEnabled: RotationEnabled === true,
        ...(DeletedDate === undefined ? {} : { deletedAt: DeletedDate.getTime() }),
        stages: VersionIdsToStages ?? {},
      });
    },

    async value(secretId, versionId, stage) {
      const command = new GetSecretValueCommand({
        SecretId: secretId,
        VersionId: versionId,
        VersionStage: stage,
      });
      const reply = await attempt(client.send(command), ['not-found']);
      if (!reply.ok) return reply;
      const text = reply.value.SecretString;
      return text === undefined ? refuse({ reason: 'not-found' }) : ok(Secret.of(text));
    },

    async put({ secretId, versionId, value, stage, rotationToken }) {
      const bytes = Buffer.byteLength(value.reveal(), 'utf8');
      if (bytes > SECRET_VALUE_MAX_BYTES) {
        throw new PortError('value-too-long', {
          outcome: 'not-applied',
          retryable: false,
          message: `the value has ${bytes} bytes; Secrets Manager stores at most ${SECRET_VALUE_MAX_BYTES}`,
        });
      }
      const command = new PutSecretValueCommand({
        SecretId: secretId,
        ClientRequestToken: versionId,
        SecretString: value.reveal(),
        VersionStages: [stage],
        RotationToken: rotationToken?.reveal(),
      });
      return nothing(await attempt(client.send(command), ['exists', 'not-found']));
    },

    async moveCurrent(secretId, { to, from }) {
      const command = new UpdateSecretVersionStageCommand({
        SecretId: secretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: to,
        RemoveFromVersionId: from,
      });
      return nothing(await attempt(client.send(command), ['moved', 'not-found']));
    },

    async clearPending(secretId, versionId) {
      const command = new UpdateSecretVersionStageCommand({
        SecretId: secretId,
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: versionId,
      });
      const reply = await attempt(client.send(command), ['moved', 'not-found']);
      return !reply.ok && reply.error.reason === 'not-found'
        ? refuse({ reason: 'not-found' })
        : ok(undefined);
    },

    async rotate(secretId, requestToken) {
      const command = new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: requestToken });
      return nothing(await attempt(client.send(command), ['busy', 'not-found', 'disabled']));
    },

    async cancelRotation(secretId) {
      const command = new CancelRotateSecretCommand({ SecretId: secretId });
      await attempt(client.send(command), ['not-found', 'disabled']);
    },
  };
}

type Outcome<T, R> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: { readonly reason: R } };

/** A call whose named refusals are values; any other failure is thrown as a PortError. */
async function attempt<T, R extends VaultRefusal>(
  call: Promise<T>,
  expected: readonly R[],
): Promise<Outcome<T, R>> {
  try {
    return ok(await call);
  } catch (error) {
    const refusal = vaultRefusalOf(error);
    const reason = expected.find((one) => one === refusal);
    if (reason === undefined) throw toPortError(error);
    return refuse({ reason });
  }
}

function nothing<R>(outcome: Outcome<unknown, R>): Outcome<void, R> {
  return outcome.ok ? ok(undefined) : outcome;
}
