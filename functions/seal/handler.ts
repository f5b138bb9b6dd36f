import { sealConfig } from '#adapters/config.ts';
import { createDynamoClient } from '#adapters/dynamodb/client.ts';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { createSealStore } from '#adapters/dynamodb/seal-store.ts';
import { createKmsClient } from '#adapters/kms/client.ts';
import { createSigner } from '#adapters/kms/signer.ts';
import { createLogArchive, createWitness } from '#adapters/s3/archive.ts';
import { createArchiveClient } from '#adapters/s3/client.ts';
import { createBasics, type InvocationContext, invocation } from '#adapters/wire.ts';
import { run, type SealReport } from './run.ts';

/** Left of the invocation when the sealer stops: enough for the segment in hand. */
const RESERVE_MS = 20_000;

const config = sealConfig(process.env);
const basics = createBasics('seal', config);
const [dynamo, s3] = [createDynamoClient(), createArchiveClient()];
const { tableName, feedCopies, logBucket: bucket, retentionDays, witnessBucket } = config;
const ports = {
  ...basics,
  registry: createRegistry({ ...basics, client: dynamo, tableName, feedCopies }),
  store: createSealStore(dynamo, tableName),
  archive: createLogArchive({ client: s3, bucket, retentionDays, now: basics.clock.now }),
  signer: createSigner(createKmsClient(), config.signingKeyArn),
  ...(witnessBucket === undefined ? {} : { witness: createWitness(s3, witnessBucket) }),
};

/** The scheduled sealer of the audit log. */
export const handler: (event: unknown, context: InvocationContext) => Promise<SealReport> = invocation(
  basics,
  (_event, context) =>
    run(ports, config, { reserveMs: RESERVE_MS, remainingMs: context.getRemainingTimeInMillis }),
);
