import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  RestoreSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

/** A secret as the emulator keeps it, its labels turned to lists that are never undefined. */
export interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly kmsKeyId: string | undefined;
  readonly deleted: boolean;
  readonly stages: Readonly<Record<string, readonly string[]>>;
}

/** A value of one version. */
export interface StoredValue {
  readonly text: string | undefined;
  readonly bytes: Uint8Array | undefined;
}

/** Root's view of the emulator's secrets, with the few changes that Secrets Manager makes by itself. */
export interface SecretStore {
  readonly find: (secretId: string) => Promise<StoredSecret | undefined>;
  /** The value of a version; undefined when it has none or does not exist. */
  readonly readValue: (arn: string, versionId: string) => Promise<StoredValue | undefined>;
  /** Makes the version that exists before createSecret: AWSPENDING, without a value. */
  readonly openPending: (arn: string, versionId: string) => Promise<void>;
  readonly removeStage: (arn: string, stage: string, versionId: string) => Promise<void>;
  /** Runs `work` while every operation on the secret is refused as marked for deletion. */
  readonly whileMarked: <T>(arn: string, work: () => Promise<T>) => Promise<T>;
}

/** Makes the store over a root client that does not pass through the proxy. */
export function createSecretStore(client: SecretsManagerClient): SecretStore {
  const readValue = async (arn: string, versionId: string): Promise<StoredValue | undefined> => {
    const found = await orMissing(
      client.send(new GetSecretValueCommand({ SecretId: arn, VersionId: versionId })),
    );
    if (found === undefined || (!found.SecretString && !found.SecretBinary)) return undefined;
    return { text: found.SecretString, bytes: found.SecretBinary };
  };
  return {
    find: async (secretId) => {
      const found = await orMissing(client.send(new DescribeSecretCommand({ SecretId: secretId })));
      return found === undefined ? undefined : stored(found);
    },
    readValue,
    openPending: async (arn, versionId) => {
      const stage = { VersionStages: ['AWSPENDING'] };
      await client.send(
        new PutSecretValueCommand({ SecretId: arn, ClientRequestToken: versionId, ...stage }),
      );
    },
    removeStage: async (arn, stage, versionId) => {
      const from = { VersionStage: stage, RemoveFromVersionId: versionId };
      await client.send(new UpdateSecretVersionStageCommand({ SecretId: arn, ...from }));
    },
    whileMarked: async (arn, work) => {
      await client.send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 30 }));
      try {
        return await work();
      } finally {
        await client.send(new RestoreSecretCommand({ SecretId: arn }));
      }
    },
  };
}

/** The versions that carry a label. */
export function holdersOf(secret: StoredSecret, stage: string): readonly string[] {
  return Object.entries(secret.stages).flatMap(([version, stages]) =>
    stages.includes(stage) ? [version] : [],
  );
}

function stored(found: DescribeSecretResponse): StoredSecret {
  return {
    arn: found.ARN ?? '',
    name: found.Name ?? '',
    kmsKeyId: found.KmsKeyId,
    deleted: found.DeletedDate !== undefined,
    stages: found.VersionIdsToStages ?? {},
  };
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
