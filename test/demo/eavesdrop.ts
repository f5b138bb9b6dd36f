import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Story } from './story.ts';

/** Everything that left the product by its own bus and as pages. */
export interface Eavesdropper {
  heard(): Promise<readonly string[]>;
}

/** Listens to the bus and to the alert topic, as any subscriber of a deployment may. */
export async function eavesdrop(story: Story): Promise<Eavesdropper> {
  const { clientConfig, account, region } = story.emulator;
  const sqs = new SQSClient(clientConfig);
  const QueueArn = `arn:aws:sqs:${region}:${account}:demo-eavesdropper`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: QueueArn }],
  });
  await sqs.send(new CreateQueueCommand({ QueueName: 'demo-eavesdropper', Attributes: { Policy } }));
  const QueueUrl = `${clientConfig.endpoint}/${account}/demo-eavesdropper`;

  const events = new EventBridgeClient(clientConfig);
  const rule = { Name: 'demo-eavesdropper', EventBusName: story.outputs.BusName };
  await events.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['tokenward'] }) }));
  await events.send(
    new PutTargetsCommand({
      Rule: rule.Name,
      EventBusName: rule.EventBusName,
      Targets: [{ Id: 'queue', Arn: QueueArn }],
    }),
  );
  events.destroy();

  const sns = new SNSClient(clientConfig);
  const TopicArn = story.outputs.AlertTopicArn;
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: QueueArn }));
  sns.destroy();

  return {
    async heard() {
      const bodies: string[] = [];
      for (;;) {
        const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages === undefined || Messages.length === 0) break;
        bodies.push(...Messages.map(({ Body }) => Body ?? ''));
      }
      sqs.destroy();
      return bodies;
    },
  };
}
