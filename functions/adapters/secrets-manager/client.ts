import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientOptions } from '../system/client-options.ts';

/** The one Secrets Manager client of a container. */
export function createSecretsClient(): SecretsManagerClient {
  return new SecretsManagerClient(clientOptions({ connectMs: 1_000, requestMs: 5_000 }));
}
