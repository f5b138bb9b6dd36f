import { createCloudFormationClient, readTemplates } from '#adapters/cloudformation/templates.ts';
import { reportConfig } from '#adapters/config.ts';
import { createDynamoClient } from '#adapters/dynamodb/client.ts';
import { describeTable } from '#adapters/dynamodb/describe.ts';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { createSealStore } from '#adapters/dynamodb/seal-store.ts';
import { createKmsClient } from '#adapters/kms/client.ts';
import { describeKeys } from '#adapters/kms/describe.ts';
import { createSigner } from '#adapters/kms/signer.ts';
import { createEvidenceClient } from '#adapters/s3/client.ts';
import { createEvidenceStore } from '#adapters/s3/evidence.ts';
import { describeLock } from '#adapters/s3/lock.ts';
import { createSqsClient } from '#adapters/sqs/client.ts';
import { describeQueues } from '#adapters/sqs/describe.ts';
import { createBasics, type InvocationContext, invocation } from '#adapters/wire.ts';
import { parseReportRequest } from '#events/report.ts';
import { type Reported, run } from './run.ts';

const config = reportConfig(process.env);
const basics = createBasics('report', config);
const [dynamo, s3, kms, sqs] = [
  createDynamoClient(),
  createEvidenceClient(),
  createKmsClient(),
  createSqsClient(),
];
const { tableName, feedCopies, logBucket, evidenceBucket, evidenceKeyArn, keyArns, stacks } = config;
const ports = {
  ...basics,
  registry: createRegistry({ ...basics, client: dynamo, tableName, feedCopies }),
  seal: createSealStore(dynamo, tableName),
  store: createEvidenceStore(s3, evidenceBucket),
  signer: createSigner(kms, evidenceKeyArn),
  readers: {
    keys: () => describeKeys(kms, keyArns),
    table: () => describeTable(dynamo, tableName),
    queues: (names: readonly string[]) => describeQueues(sqs, names),
    lock: () => describeLock(s3, logBucket),
    template: () => readTemplates(createCloudFormationClient(), stacks),
  },
};

/** The scheduled report on the controls. */
export const handler: (event: unknown, context: InvocationContext) => Promise<Reported> = invocation(
  basics,
  (event) => run(ports, config.report, parseReportRequest(event)),
);
