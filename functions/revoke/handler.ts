import { revokeConfig } from '#adapters/config.ts';
import { createIamClient } from '#adapters/iam/client.ts';
import { createKeyControl } from '#adapters/iam/key-control.ts';
import { createLambdaClient } from '#adapters/lambda/client.ts';
import { createVerifier } from '#adapters/lambda/verifier.ts';
import { createSecretsClient } from '#adapters/secrets-manager/client.ts';
import { createSecretVault } from '#adapters/secrets-manager/vault.ts';
import { createSnsClient } from '#adapters/sns/client.ts';
import { createPager } from '#adapters/sns/pager.ts';
import { createCommitting, type InvocationContext, invocation } from '#adapters/wire.ts';
import { type Answered, answer } from './answer.ts';

const config = revokeConfig(process.env);
const common = createCommitting('revoke', config);
const ports = {
  ...common,
  vault: createSecretVault(createSecretsClient()),
  pager: createPager(createSnsClient(), config.alertTopicArn),
  keyControl: createKeyControl(createIamClient(), {
    policyArn: config.quarantinePolicyArn,
    environment: config.environment,
  }),
  verifier: createVerifier(createLambdaClient(), config.authorizeFunction),
};

/** `POST /revocations`, and the same orders by direct invoke. */
export const handler: (event: unknown, context: InvocationContext) => Promise<Answered> = invocation(
  common,
  (event, context) => answer(event, context.awsRequestId, ports, config),
);
