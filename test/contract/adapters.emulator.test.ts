import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { CreateKeyCommand, type CreateKeyCommandInput, KMSClient } from '@aws-sdk/client-kms';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll } from 'vitest';
import { createBus } from '#adapters/eventbridge/bus.ts';
import { createDirectory } from '#adapters/iam/directory.ts';
import { createKeyControl } from '#adapters/iam/key-control.ts';
import { createKeyModule } from '#adapters/kms/key-module.ts';
import { createKmsMac } from '#adapters/mac/kms-mac.ts';
import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { createPager } from '#adapters/sns/pager.ts';
import { createUsageSink } from '#adapters/sqs/usage-sink.ts';
import type { KeyModule, Usage } from '#core/ports.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { type Emulator, startEmulator } from '../emulator/start.ts';
import { createMemoryPorts } from '../ports/ports.ts';
import { createWorld } from '../ports/world.ts';
import { directoryContract } from './directory.ts';
import { keyControlContract } from './key-control.ts';
import { keysContract } from './keys.ts';
import { macContract } from './mac.ts';
import { messagesContract } from './messages.ts';

const OPEN_TO_SERVICES = JSON.stringify({
  Version: '2012-10-17',
  Statement: ['events.amazonaws.com', 'sns.amazonaws.com'].map((Service) => ({
    Effect: 'Allow',
    Principal: { Service },
    Action: 'sqs:SendMessage',
    Resource: '*',
  })),
});

let starting: Promise<Emulator> | undefined;
const emulator = (): Promise<Emulator> => {
  starting ??= startEmulator();
  return starting;
};
afterAll(async () => (await starting)?.stop());

async function kms(): Promise<KeyModule> {
  const client = new KMSClient((await emulator()).clientConfig);
  const made = async (input: CreateKeyCommandInput): Promise<string> =>
    (await client.send(new CreateKeyCommand(input))).KeyMetadata?.Arn ?? '';
  return createKeyModule(client, {
    pepperKeyArn: await made({}),
    macKeyArn: await made({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  });
}

keysContract('the KMS adapter on the emulator', kms);

macContract('pepper MACs on the emulator', 99, async () => {
  const keys = await kms();
  const ports = { ...createMemoryPorts(createWorld()), keys };
  await ensurePepper(ports, { kind: 'system', id: 'issue' });
  return createPepperMac({ ...ports, keyModule: keys });
});

macContract('KMS MACs on the emulator', 1, async () => createKmsMac(await kms()));

directoryContract('the IAM adapter on the emulator', async () => {
  const { clientConfig, account } = await emulator();
  const client = new IAMClient(clientConfig);
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
    ],
  });
  const partsOf = (arn: string): { kind: string; Path: string; name: string } => {
    const [, kind = '', path = '/', name = ''] = /:(role|user)(\/(?:.+\/)?)(.+)$/.exec(arn) ?? [];
    return { kind, Path: path, name };
  };
  return {
    directory: createDirectory(client),
    account,
    create: async (arn) => {
      const { kind, Path, name } = partsOf(arn);
      if (kind === 'user') await client.send(new CreateUserCommand({ UserName: name, Path }));
      else await client.send(new CreateRoleCommand({ RoleName: name, Path, AssumeRolePolicyDocument }));
    },
    remove: async (arn) => {
      await client.send(new DeleteRoleCommand({ RoleName: partsOf(arn).name }));
    },
  };
});

// ministack lists no keys of a user that is not there, and attaches a policy that was deleted: IAM refuses both.
keyControlContract('the keys of IAM users on the emulator', async () => {
  const { clientConfig, account } = await emulator();
  const client = new IAMClient(clientConfig);
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Deny', Action: '*', Resource: '*', Condition: { Null: { 'aws:TokenIssueTime': 'false' } } },
    ],
  });
  const made = await client.send(
    new CreatePolicyCommand({ PolicyName: 'TokenwardQuarantine-contract', PolicyDocument }),
  );
  const policyArn = made.Policy?.Arn ?? '';
  const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
  return {
    control: createKeyControl(client, { policyArn, environment: 'dev' }),
    account,
    create: async (arn, tags) => {
      const Path = `/${arn.split('/').slice(1, -1).join('/')}/`;
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await client.send(new CreateUserCommand({ UserName: nameOf(arn), Path, Tags }));
    },
    mint: async (arn) => {
      const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: nameOf(arn) }));
      return AccessKey?.AccessKeyId ?? '';
    },
    removePolicy: async () => {
      await client.send(new DeletePolicyCommand({ PolicyArn: policyArn }));
    },
  };
}, ['keys of an absent user', 'a policy that is gone']);

messagesContract('bus, pager and usage queue on the emulator', async () => {
  const { clientConfig } = await emulator();
  const sqs = new SQSClient(clientConfig);
  const sns = new SNSClient(clientConfig);
  const events = new EventBridgeClient(clientConfig);
  const queue = async (QueueName: string): Promise<{ url: string; arn: string }> => {
    const { QueueUrl: url = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName, Attributes: { Policy: OPEN_TO_SERVICES } }),
    );
    const named = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
    );
    return { url, arn: named.Attributes?.QueueArn ?? '' };
  };
  const received = async (QueueUrl: string, enough: (bodies: string[]) => boolean): Promise<string[]> => {
    const bodies: string[] = [];
    for (const deadline = Date.now() + 15_000; !enough(bodies) && Date.now() < deadline; await sleep(50)) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      for (const { Body = '', ReceiptHandle } of Messages) {
        bodies.push(Body);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
    return bodies;
  };
  const [fromBus, fromTopic, usageQueue] = [
    await queue('contract-bus'),
    await queue('contract-pages'),
    await queue('contract-usage'),
  ];
  const EventBusName = 'contract-bus';
  await events.send(new CreateEventBusCommand({ Name: EventBusName }));
  const EventPattern = JSON.stringify({ source: ['tokenward'] });
  await events.send(new PutRuleCommand({ Name: 'all', EventBusName, EventPattern, State: 'ENABLED' }));
  await events.send(
    new PutTargetsCommand({ Rule: 'all', EventBusName, Targets: [{ Id: 'queue', Arn: fromBus.arn }] }),
  );
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'contract-pages' }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: fromTopic.arn }));
  const usagesIn = (bodies: readonly string[]): Usage[] => bodies.flatMap((body) => JSON.parse(body).usages);
  return {
    bus: createBus(events, EventBusName),
    pager: createPager(sns, TopicArn),
    usage: createUsageSink(sqs, usageQueue.url),
    busEvents: async (count) => {
      if (count === 0) await sleep(500);
      const bodies = await received(fromBus.url, (found) => found.length >= count);
      return bodies.map((body) => {
        const event = JSON.parse(body);
        return { type: event['detail-type'], detail: event.detail };
      });
    },
    pages: (count) => received(fromTopic.url, (found) => found.length >= count),
    usages: async (count) =>
      usagesIn(await received(usageQueue.url, (found) => usagesIn(found).length >= count)),
  };
});
