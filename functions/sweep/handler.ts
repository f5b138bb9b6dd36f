import { sweepConfig } from '#adapters/config.ts';
import { createIamClient } from '#adapters/iam/client.ts';
import { createKeyControl } from '#adapters/iam/key-control.ts';
import { createSecretsClient } from '#adapters/secrets-manager/client.ts';
import { createSecretVault } from '#adapters/secrets-manager/vault.ts';
import { createSnsClient } from '#adapters/sns/client.ts';
import { createPager } from '#adapters/sns/pager.ts';
import { createCommitting, type InvocationContext, invocation } from '#adapters/wire.ts';
import { run, type SweepReport } from './run.ts';

/** Left of the invocation when the sweep stops: enough for the item in hand. */
const RESERVE_MS = 15_000;

const config = sweepConfig(process.env);
const common = createCommitting('sweep', config);
const ports = {
  ...common,
  vault: createSecretVault(createSecretsClient()),
  pager: createPager(createSnsClient(), config.alertTopicArn),
  keyControl: createKeyControl(createIamClient(), {
    policyArn: config.quarantinePolicyArn,
    environment: config.environment,
  }),
};

/** The scheduled sweep. */
export const handler: (event: unknown, context: InvocationContext) => Promise<SweepReport> = invocation(
  common,
  (_event, context) => run(ports, { reserveMs: RESERVE_MS, remainingMs: context.getRemainingTimeInMillis }),
);
