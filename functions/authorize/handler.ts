import { authorizeConfig } from '#adapters/config.ts';
import { createVerifierClient } from '#adapters/dynamodb/client.ts';
import { createVerifierStore } from '#adapters/dynamodb/registry.ts';
import { createSqsClient } from '#adapters/sqs/client.ts';
import { createUsageSink } from '#adapters/sqs/usage-sink.ts';
import { createBasics, createCrypto, type InvocationContext, invocation } from '#adapters/wire.ts';
import { createAuthorizeRun } from './run.ts';
import { createVerifier } from './verifier.ts';

const RECORDS_KEPT = 10_000;

const config = authorizeConfig(process.env);
const basics = createBasics('authorize', config);
const store = createVerifierStore({
  ...basics,
  ...config,
  client: createVerifierClient(config.readTimeoutMs),
});
const { mac } = createCrypto(config, { ...basics, registry: store });
const run: ReturnType<typeof createAuthorizeRun> = createAuthorizeRun(
  {
    ...basics,
    usage: createUsageSink(createSqsClient(), config.usageQueueUrl),
    verifier: createVerifier({ ...basics, store, mac }, { ...config, recordCacheMaxEntries: RECORDS_KEPT }),
  },
  config,
);

/** The Lambda authorizer of HTTP API and REST API, and explain mode by direct invoke. */
export const handler: (event: unknown, context: InvocationContext) => ReturnType<typeof run> = invocation(
  basics,
  run,
);
