import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import { keys } from '#core/keys.ts';
import type { Registry } from '#core/ports.ts';
import type { TokenRecord } from '#core/records.ts';
import type { Story } from '../demo/story.ts';

/** The product's registry as a test looks at it, past the proxy: no fault, no record. */
export const registryOf = (story: Story): Registry =>
  createRegistry({
    client: story.emulator.direct.dynamodb,
    tableName: outputOf(story, 'TableName'),
    feedCopies: 1,
    clock: createClock(),
    random: createRandom(),
  });

/** The value of an output; its absence fails the test. */
export function outputOf({ outputs }: Story, name: string): string {
  const value = outputs[name];
  if (value === undefined) throw new Error(`no output ${name}`);
  return value;
}

export async function tokenIn(registry: Registry, tokenId: string): Promise<TokenRecord> {
  const token = await registry.get(keys.token(tokenId));
  if (token === undefined) throw new Error(`no token ${tokenId}`);
  return token;
}

/** Resolves when nothing waits in a queue, and nothing taken from it is under way. */
export async function drained({ emulator }: Story, QueueUrl: string): Promise<void> {
  const waiting = new GetQueueAttributesCommand({
    QueueUrl,
    AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
  });
  for (let left = 1; left > 0; ) {
    const { Attributes = {} } = await emulator.direct.sqs.send(waiting);
    left = Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    if (left > 0) await new Promise((tick) => setTimeout(tick, 100));
  }
}

/** What CloudTrail records of somebody whom no declaration names, as he reads a secret. */
export function strangersRead(
  { emulator }: Story,
  eventID: string,
  secretId: string,
  sourceIPAddress: string,
): Readonly<Record<string, unknown>> {
  const { account, region } = emulator;
  return {
    eventVersion: '1.11',
    eventID,
    eventName: 'GetSecretValue',
    eventSource: 'secretsmanager.amazonaws.com',
    eventTime: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
    awsRegion: region,
    recipientAccountId: account,
    sourceIPAddress,
    userAgent: 'aws-cli/2.31.0 os/linux lang/python#3.13.7',
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${account}:assumed-role/stranger/session`,
      accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
      sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${account}:role/stranger` } },
    },
    requestParameters: { secretId },
    responseElements: null,
  };
}

/** A record as EventBridge delivers it. */
export function delivered({ emulator }: Story, detail: Readonly<Record<string, unknown>>): string {
  const source = String(detail.eventSource).replace('.amazonaws.com', '');
  return JSON.stringify({
    version: '0',
    id: detail.eventID,
    'detail-type': 'AWS API Call via CloudTrail',
    source: `aws.${source}`,
    account: emulator.account,
    time: detail.eventTime,
    region: emulator.region,
    resources: [],
    detail,
  });
}
