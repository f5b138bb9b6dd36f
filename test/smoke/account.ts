import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientOptions } from '#adapters/system/client-options.ts';
import type { SmokeArguments } from './arguments.ts';

/** The answer of `revoke`, as far as this test reads it. */
export interface Revoked {
  readonly status: number;
  readonly receipts?: readonly { readonly committedAt: string; readonly effectiveBy: string }[];
}

/** What a smoke test does in the account besides deploying. */
export interface Account {
  identity(): Promise<{ account: string; arn: string; region: string }>;
  stackExists(name: string): Promise<boolean>;
  /** The versionId under AWSCURRENT, and whether a rotation is under way. */
  secretState(secretId: string): Promise<{ arn: string; current: string | undefined; pending: boolean }>;
  rotate(secretId: string): Promise<void>;
  /** Reads the token as the service that it belongs to. */
  readToken(secretId: string, roleArn: string): Promise<string>;
  /** Whether CloudTrail shows a GetSecretValue of this secret by this role since then. */
  sawRead(secretArn: string, roleArn: string, since: Date): Promise<boolean>;
  revoke(functionName: string, order: object): Promise<Revoked>;
}

const LOOKUP_PAGES = 10;

export function createAccount({ profile, region }: SmokeArguments): Account {
  const options = {
    profile,
    ...(region === undefined ? {} : { region }),
    ...clientOptions({ connectMs: 5_000, requestMs: 60_000 }),
  };
  const sts = new STSClient(options);
  const formation = new CloudFormationClient(options);
  const vault = new SecretsManagerClient(options);
  const trail = new CloudTrailClient(options);
  const lambda = new LambdaClient(options);
  return {
    async identity() {
      const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
      return { account, arn, region: await sts.config.region() };
    },
    async stackExists(StackName) {
      const found = await formation.send(new DescribeStacksCommand({ StackName })).catch((fault: Error) => {
        if (fault.name === 'ValidationError' && fault.message.includes('does not exist')) return undefined;
        throw fault;
      });
      return found !== undefined;
    },
    async secretState(SecretId) {
      const { ARN: arn = '', VersionIdsToStages } = await vault.send(new DescribeSecretCommand({ SecretId }));
      const holder = (stage: string): string | undefined =>
        Object.entries(VersionIdsToStages ?? {}).find(([, stages]) => stages.includes(stage))?.[0];
      const current = holder('AWSCURRENT');
      const pending = holder('AWSPENDING');
      return { arn, current, pending: pending !== undefined && pending !== current };
    },
    async rotate(SecretId) {
      await vault.send(new RotateSecretCommand({ SecretId, RotateImmediately: true }));
    },
    async readToken(SecretId, RoleArn) {
      const assumed = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'smoke' }));
      const credentials = {
        accessKeyId: assumed.Credentials?.AccessKeyId ?? '',
        secretAccessKey: assumed.Credentials?.SecretAccessKey ?? '',
        sessionToken: assumed.Credentials?.SessionToken ?? '',
      };
      const service = new SecretsManagerClient({
        ...clientOptions({ connectMs: 5_000, requestMs: 30_000 }),
        region: await sts.config.region(),
        credentials,
      });
      const { SecretString = '{}' } = await service.send(new GetSecretValueCommand({ SecretId }));
      service.destroy();
      return String((JSON.parse(SecretString) as { token?: unknown }).token);
    },
    async sawRead(secretArn, roleArn, StartTime) {
      let NextToken: string | undefined;
      for (let page = 0; page < LOOKUP_PAGES; page++) {
        const found = await trail.send(
          new LookupEventsCommand({
            LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'GetSecretValue' }],
            StartTime,
            NextToken,
          }),
        );
        if (found.Events?.some(({ CloudTrailEvent }) => isRead(CloudTrailEvent, secretArn, roleArn)))
          return true;
        NextToken = found.NextToken;
        if (NextToken === undefined) return false;
      }
      return false;
    },
    async revoke(FunctionName, order) {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(order)) }),
      );
      if (FunctionError !== undefined) throw new Error(`${FunctionName} failed: see its log group`);
      return JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as Revoked;
    },
  };
}

/** Whether a CloudTrail record is a successful read of this secret by a session of this role. */
export function isRead(json: string | undefined, secretArn: string, roleArn: string): boolean {
  const { userIdentity, requestParameters, errorCode } = JSON.parse(json ?? '{}') as {
    userIdentity?: { sessionContext?: { sessionIssuer?: { arn?: string } } } | null;
    requestParameters?: { secretId?: string } | null;
    errorCode?: string;
  };
  const secretId = requestParameters?.secretId;
  const name = secretArn.split(':').at(-1)?.slice(0, -7);
  const same = secretId === secretArn || secretId === name;
  return same && errorCode === undefined && userIdentity?.sessionContext?.sessionIssuer?.arn === roleArn;
}
