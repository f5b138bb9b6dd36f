import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const vault = new SecretsManagerClient({});

/** Reads one secret under the function's role. */
export async function handler(event: {
  readonly secretId: string;
}): Promise<{ versionId: string | undefined }> {
  const read = await vault.send(new GetSecretValueCommand({ SecretId: event.secretId }));
  return { versionId: read.VersionId };
}
