import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { HttpRequest } from '@smithy/protocol-http';

/** Region of the local AWS. */
export const REGION = 'us-east-1';

/** Account of the local AWS: the emulator's own default. */
export const ACCOUNT = '000000000000';

/** The emulator's root: allowed everything. Not a secret of anything. */
export const ROOT_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** Clients that speak to the emulator as root, past the proxy: they leave no trail and meet no fault. */
export interface Direct {
  readonly cloudformation: CloudFormationClient;
  readonly dynamodb: DynamoDBClient;
  readonly events: EventBridgeClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  readonly secrets: SecretsManagerClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly close: () => void;
}

/** Makes the root clients of an emulator at `endpoint`. */
export function createDirect(endpoint: string): Direct {
  const config = { endpoint, region: REGION, credentials: ROOT_CREDENTIALS, maxAttempts: 2 };
  const clients = {
    cloudformation: new CloudFormationClient(config),
    dynamodb: new DynamoDBClient(config),
    events: new EventBridgeClient(config),
    iam: new IAMClient(config),
    kms: new KMSClient(config),
    lambda: new LambdaClient(config),
    secrets: new SecretsManagerClient(config),
    sns: new SNSClient(config),
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
  };
  for (const { middlewareStack } of Object.values(clients)) sayHttps(middlewareStack as AnyStack);
  const close = (): void => {
    for (const client of Object.values(clients)) client.destroy();
  };
  return { ...clients, close };
}

type AnyStack = SQSClient['middlewareStack'];

/** These clients pass by the proxy that says it for others; a queue with a TLS-only policy would refuse them. */
function sayHttps(stack: AnyStack): void {
  stack.add(
    (next) => (args) => {
      if (HttpRequest.isInstance(args.request)) args.request.headers['x-forwarded-proto'] = 'https';
      return next(args);
    },
    { step: 'build' },
  );
}
