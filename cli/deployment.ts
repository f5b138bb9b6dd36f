import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createCloudTrailClient } from '#adapters/cloudtrail/client.ts';
import { createTrailReader } from '#adapters/cloudtrail/trail-reader.ts';
import { createDynamoClient } from '#adapters/dynamodb/client.ts';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { createKmsClient } from '#adapters/kms/client.ts';
import { createSigner } from '#adapters/kms/signer.ts';
import { createLogReader, type LogReader } from '#adapters/s3/log-reader.ts';
import { clientOptions } from '#adapters/system/client-options.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import type { Registry } from '#core/ports.ts';
import type { TrailReader } from '#core/posture/trail.ts';
import { type NoteKey, noteKey } from '#core/seal/note.ts';
import type { ReportEvent } from '#events/report.ts';
import type { Reported } from '#functions/report/run.ts';
import { invokeReport } from './evidence/invoke.ts';
import { CliError } from './fault.ts';
import type { OrderReply } from './reply.ts';
import { invokeOrder, postOrder } from './send.ts';

/** Which deployment is meant, and who is asking. */
export interface Where {
  readonly environment: string;
  readonly region?: string;
  readonly profile?: string;
  /** The control API by another address, such as a private endpoint's. */
  readonly apiUrl?: string;
}

/** What the auditor's policy lets one read. */
export type RegistryReads = Pick<
  Registry,
  'get' | 'getMany' | 'due' | 'intents' | 'tokens' | 'auditOf' | 'auditShard' | 'shardHeads'
>;

/** One deployment: its registry to read, its `revoke` function to order from. */
export interface Deployment {
  /** `table`: another one of the same layout, such as a restored one. */
  registry(table?: string): Promise<RegistryReads>;
  /** The sealed log; `bucket` where another account holds it, whose outputs cannot be read. */
  log(bucket?: string): Promise<LogReader>;
  /** The key that its checkpoints are signed with. */
  logKey(): Promise<NoteKey>;
  /** The account, and what records it. */
  posture(): Promise<Posture>;
  /** Has a report made and waits for it. */
  report(asked: ReportEvent): Promise<Reported>;
  /** Where bundles lie. */
  evidence(): Promise<LogReader>;
  /** The key that bundles are signed with. */
  evidenceKey(): Promise<NoteKey>;
  /** `direct`: by Lambda Invoke, where the audit names the invocation and not the person. */
  order(body: Readonly<Record<string, unknown>>, direct: boolean): Promise<OrderReply>;
}

/** Whose account it is, and the way to its trails. */
export interface Posture {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly trails: TrailReader;
}

/** A deployment by the outputs of its stacks, each read when first needed. */
export function connect(where: Where): Deployment {
  // The SDK reads these when a client is made; so one choice holds for every service, and for the assumed roles.
  if (where.region !== undefined) process.env.AWS_REGION = where.region;
  if (where.profile !== undefined) process.env.AWS_PROFILE = where.profile;
  const stack = (name: 'state' | 'functions' | 'log' | 'evidence'): string =>
    `tokenward-${where.environment}-${name}`;
  return {
    async registry(table) {
      const tableName = table ?? (await output(stack('state'), 'TableName'));
      const ports = { clock: createClock(), random: createRandom() };
      return createRegistry({ ...ports, client: createDynamoClient(), tableName, feedCopies: 1 });
    },
    async log(bucket) {
      const client = new S3Client(clientOptions({ connectMs: 3_000, requestMs: 30_000 }));
      return createLogReader(client, bucket ?? (await output(stack('log'), 'LogBucket')));
    },
    async logKey() {
      const signer = createSigner(createKmsClient(), await output(stack('state'), 'SigningKeyArn'));
      return noteKey(await output(stack('state'), 'LogOrigin'), await signer.publicKey());
    },
    async posture() {
      const sts = new STSClient(clientOptions({ connectMs: 3_000, requestMs: 10_000 }));
      const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
      const [, partition = '', , , account = ''] = Arn.split(':');
      return {
        partition,
        account,
        region: await sts.config.region(),
        trails: createTrailReader(createCloudTrailClient()),
      };
    },
    report: (asked) => invokeReport(`tokenward-${where.environment}-report`, asked),
    async evidence() {
      const client = new S3Client(clientOptions({ connectMs: 3_000, requestMs: 30_000 }));
      return createLogReader(client, await output(stack('evidence'), 'EvidenceBucket'));
    },
    async evidenceKey() {
      const signer = createSigner(createKmsClient(), await output(stack('evidence'), 'EvidenceKeyArn'));
      return noteKey(await output(stack('evidence'), 'EvidenceKeyName'), await signer.publicKey());
    },
    async order(body, direct) {
      if (direct) return invokeOrder(await output(stack('functions'), 'RevokeFunction'), body);
      return postOrder(where.apiUrl ?? (await output(stack('functions'), 'ApiUrl')), body);
    },
  };
}

async function output(StackName: string, key: string): Promise<string> {
  const client = new CloudFormationClient(clientOptions({ connectMs: 3_000, requestMs: 10_000 }));
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  const value = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  if (value === undefined) {
    throw new CliError('aws', `stack ${StackName} has no output ${key}: deploy it again from this version`);
  }
  return value;
}
