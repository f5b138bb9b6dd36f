import { rotateConfig } from '#adapters/config.ts';
import { createVerifierClient } from '#adapters/dynamodb/client.ts';
import { createVerifierStore } from '#adapters/dynamodb/registry.ts';
import { createSecretsClient } from '#adapters/secrets-manager/client.ts';
import { createSecretVault } from '#adapters/secrets-manager/vault.ts';
import { createCommitting, createCrypto, type InvocationContext, invocation } from '#adapters/wire.ts';
import { createVerifier } from '#functions/authorize/verifier.ts';
import { createApiTokenIssuer } from '#issuers/api-token.ts';
import { run } from './run.ts';

const config = rotateConfig(process.env);
const common = createCommitting('rotate', config);
const crypto = createCrypto(config, common);
const store = createVerifierStore({
  ...common,
  ...config,
  client: createVerifierClient(config.readTimeoutMs),
});
const ports = {
  ...common,
  ...crypto,
  vault: createSecretVault(createSecretsClient()),
  issuer: createApiTokenIssuer(config.environment, crypto),
  verifier: createVerifier({ ...common, store, mac: crypto.mac }, { ...config, recordCacheMaxEntries: 100 }),
};

/** The Secrets Manager rotation hook. */
export const handler: (event: unknown, context: InvocationContext) => Promise<void> = invocation(
  common,
  (event) => run(event, ports),
);
