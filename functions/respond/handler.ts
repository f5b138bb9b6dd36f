import { respondConfig } from '#adapters/config.ts';
import { createIamClient } from '#adapters/iam/client.ts';
import { createKeyControl } from '#adapters/iam/key-control.ts';
import { createSecretsClient } from '#adapters/secrets-manager/client.ts';
import { createReaderBlock } from '#adapters/secrets-manager/reader-block.ts';
import { createSecretVault } from '#adapters/secrets-manager/vault.ts';
import { createFindingSink } from '#adapters/security-hub/findings.ts';
import { createSnsClient } from '#adapters/sns/client.ts';
import { createPager } from '#adapters/sns/pager.ts';
import { createCommitting, type InvocationContext, invocation } from '#adapters/wire.ts';
import { parseOwnRoles, parsePolicy } from '#core/response/policy.ts';
import { type BatchAnswer, run } from './run.ts';

const config = respondConfig(process.env);
const [, partition = '', , region = '', account = ''] = config.alertTopicArn.split(':');
const { securityHubUrl: endpoint } = config;
const place = { partition, region, account, environment: config.environment };
const common = createCommitting('respond', config);
const client = createSecretsClient();
const ports = {
  ...common,
  vault: createSecretVault(client),
  readers: createReaderBlock(client),
  pager: createPager(createSnsClient(), config.alertTopicArn),
  keyControl: createKeyControl(createIamClient(), {
    policyArn: config.quarantinePolicyArn,
    environment: config.environment,
  }),
  ...(endpoint === undefined
    ? {}
    : { findings: createFindingSink({ credentials: client.config.credentials, endpoint, place }) }),
};
const judged = { policy: parsePolicy(config.responsePolicy), own: parseOwnRoles(config.ownRoles) };

/** The anomaly responder, behind its two queues. */
export const handler: (event: unknown, context: InvocationContext) => Promise<BatchAnswer> = invocation(
  common,
  (event, context) => run(event, ports, judged, context.getRemainingTimeInMillis),
);
