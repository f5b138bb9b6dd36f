import { PortError } from '#core/ports.ts';

/** One version as Secrets Manager keeps it; made by RotateSecret it has no value yet. */
export interface StoredVersion {
  readonly value?: string;
  readonly stages: readonly string[];
  readonly createdAt: number;
}

export interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly rotationEnabled: boolean;
  readonly deletedAt?: number;
  readonly versions: Readonly<Record<string, StoredVersion>>;
}

/** Why a call is refused, as the service words it. */
export type StoreRefusal = 'not-found' | 'exists' | 'moved';

type Change = StoredSecret | StoreRefusal;

const LIMIT_BYTES = 65_536;

/** The versions that carry a label: at most one. */
export const holderOf = (secret: StoredSecret, stage: string): string | undefined =>
  Object.keys(secret.versions).find((id) => secret.versions[id]?.stages.includes(stage));

/** PutSecretValue: a used token with the same value changes nothing, labels included. */
export function putValue(
  secret: StoredSecret,
  put: { versionId: string; value: string; stage: string; now: number },
): Change {
  if (put.versionId.length < 32 || put.versionId.length > 64) {
    throw refusedParameter('ClientRequestToken must have 32 to 64 characters');
  }
  if (Buffer.byteLength(put.value) > LIMIT_BYTES) {
    throw new PortError('value-too-long', {
      outcome: 'not-applied',
      retryable: false,
      message: `the value is longer than ${LIMIT_BYTES} bytes`,
    });
  }
  const present = secret.versions[put.versionId];
  if (present?.value !== undefined) return present.value === put.value ? secret : 'exists';
  const version = { value: put.value, stages: present?.stages ?? [], createdAt: put.now };
  return attach(
    { ...secret, versions: { ...secret.versions, [put.versionId]: version } },
    put.stage,
    put.versionId,
  );
}

/** UpdateSecretVersionStage of AWSCURRENT: the label must be where the caller says that it is. */
export function moveCurrent(secret: StoredSecret, move: { to: string; from: string }): Change {
  const target = secret.versions[move.to];
  if (target === undefined) return 'not-found';
  if (holderOf(secret, 'AWSCURRENT') !== move.from) return 'moved';
  if (target.value === undefined) throw refusedParameter(`version ${move.to} has no value`);
  return attach(secret, 'AWSCURRENT', move.to);
}

/** Takes a label off one version; a version left with neither value nor label is gone. */
export function detach(secret: StoredSecret, stage: string, versionId: string): StoredSecret {
  const version = secret.versions[versionId];
  if (version === undefined) return secret;
  const stages = version.stages.filter((label) => label !== stage);
  const { [versionId]: _gone, ...others } = secret.versions;
  if (stages.length === 0 && version.value === undefined) return { ...secret, versions: others };
  return { ...secret, versions: { ...secret.versions, [versionId]: { ...version, stages } } };
}

/** Puts a label on one version, off any other; AWSPREVIOUS follows where AWSCURRENT was. */
export function attach(secret: StoredSecret, stage: string, versionId: string): StoredSecret {
  const before = holderOf(secret, stage);
  if (before === versionId) return secret;
  let next = before === undefined ? secret : detach(secret, stage, before);
  if (stage === 'AWSCURRENT' && before !== undefined) next = attach(next, 'AWSPREVIOUS', before);
  const version = next.versions[versionId];
  if (version === undefined) return next;
  const labelled = { ...version, stages: [...version.stages, stage] };
  return { ...next, versions: { ...next.versions, [versionId]: labelled } };
}

/** The version that RotateSecret makes before createSecret: AWSPENDING, without a value. */
export function openPending(secret: StoredSecret, versionId: string, now: number): StoredSecret {
  const version: StoredVersion = secret.versions[versionId] ?? { stages: [], createdAt: now };
  return attach(
    { ...secret, versions: { ...secret.versions, [versionId]: version } },
    'AWSPENDING',
    versionId,
  );
}

function refusedParameter(message: string): PortError {
  return new PortError('InvalidParameterException', { outcome: 'not-applied', retryable: false, message });
}
