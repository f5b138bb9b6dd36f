import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { createDynamoClient } from '#adapters/dynamodb/client.ts';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { clientOptions } from '#adapters/system/client-options.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import type { Registry } from '#core/ports.ts';
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
  'get' | 'getMany' | 'intents' | 'tokens' | 'auditOf' | 'auditShard' | 'shardHeads'
>;

/** One deployment: its registry to read, its `revoke` function to order from. */
export interface Deployment {
  registry(): Promise<RegistryReads>;
  /** `direct`: by Lambda Invoke, where the audit names the invocation and not the person. */
  order(body: Readonly<Record<string, unknown>>, direct: boolean): Promise<OrderReply>;
}

/** A deployment by the outputs of its stacks, each read when first needed. */
export function connect(where: Where): Deployment {
  // The SDK reads these when a client is made; so one choice holds for every service, and for the assumed roles.
  if (where.region !== undefined) process.env.AWS_REGION = where.region;
  if (where.profile !== undefined) process.env.AWS_PROFILE = where.profile;
  const stack = (name: 'state' | 'functions'): string => `tokenward-${where.environment}-${name}`;
  return {
    async registry() {
      const tableName = await output(stack('state'), 'TableName');
      const ports = { clock: createClock(), random: createRandom() };
      return createRegistry({ ...ports, client: createDynamoClient(), tableName, feedCopies: 1 });
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
