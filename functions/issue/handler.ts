import { issueConfig } from '#adapters/config.ts';
import { createIamClient } from '#adapters/iam/client.ts';
import { createDirectory } from '#adapters/iam/directory.ts';
import { createSecretsClient } from '#adapters/secrets-manager/client.ts';
import { createSecretVault } from '#adapters/secrets-manager/vault.ts';
import { createSnsClient } from '#adapters/sns/client.ts';
import { createPager } from '#adapters/sns/pager.ts';
import { createCommitting, createCrypto, type InvocationContext, invocation } from '#adapters/wire.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createApiTokenIssuer } from '#issuers/api-token.ts';
import { destroyPeppers } from './destroy-peppers.ts';
import { REGISTRAR } from './ports.ts';
import { type HttpAnswer, run } from './run.ts';

const config = issueConfig(process.env);
const common = createCommitting('issue', config);
const crypto = createCrypto(config, common);
const ports = {
  ...common,
  ...crypto,
  vault: createSecretVault(createSecretsClient()),
  issuer: createApiTokenIssuer(config.environment, crypto),
  directory: createDirectory(createIamClient()),
  pager: createPager(createSnsClient(), config.alertTopicArn),
  ensurePepper: () => ensurePepper({ ...common, ...crypto }, REGISTRAR, config.peppers),
  destroyPeppers: () => destroyPeppers(common, REGISTRAR, config.peppers),
};

/** Registration by CloudFormation, and `POST /tokens`. */
export const handler: (event: unknown, context: InvocationContext) => Promise<HttpAnswer | undefined> =
  invocation(common, (event, context) => run(event, context.awsRequestId, ports, config));
