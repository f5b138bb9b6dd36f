import { randomUUID } from 'node:crypto';
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { ListAccessKeysCommand, TagUserCommand } from '@aws-sdk/client-iam';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Registry } from '#core/ports.ts';
import type { TokenRecord } from '#core/records.ts';
import { incidentOf } from '#core/response/event.ts';
import { FLEET } from '../demo/fleet.ts';
import { begin, ENVIRONMENT } from '../demo/story.ts';
import { delivered, drained, outputOf, registryOf, strangersRead, tokenIn } from './responder.ts';

const COPIES = 5;

let story: Awaited<ReturnType<typeof begin>>;
let registry: Registry;
let inboxUrl: string;
const heard: string[] = [];

beforeAll(async () => {
  story = await begin(() => undefined);
  registry = registryOf(story);
  inboxUrl = await listen();
}, 300_000);

afterAll(async () => {
  await story?.end();
}, 300_000);

const output = (name: string): string => outputOf(story, name);

/** A queue that hears what leaves the product: its own bus, and its pages. */
async function listen(): Promise<string> {
  const { direct, account, region, endpoint } = story.emulator;
  const QueueName = 'responder-heard';
  const arn = `arn:aws:sqs:${region}:${account}:${QueueName}`;
  const allow = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arn };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow] });
  await direct.sqs.send(new CreateQueueCommand({ QueueName, Attributes: { Policy } }));
  const rule = { Name: QueueName, EventBusName: output('BusName') };
  await direct.events.send(
    new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['tokenward'] }) }),
  );
  await direct.events.send(
    new PutTargetsCommand({
      Rule: QueueName,
      EventBusName: rule.EventBusName,
      Targets: [{ Id: 'q', Arn: arn }],
    }),
  );
  const TopicArn = output('AlertTopicArn');
  await direct.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn }));
  return `${endpoint}/${account}/${QueueName}`;
}

async function hear(): Promise<readonly string[]> {
  const { sqs } = story.emulator.direct;
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: inboxUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return heard;
    for (const { Body = '', ReceiptHandle } of Messages) {
      heard.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: inboxUrl, ReceiptHandle }));
    }
  }
}

/** By the queue that the rules, or the verifiers, put it into. */
const byQueue = (name: 'RespondQueueUrl' | 'UsageQueueUrl') => async (bodies: readonly string[]) => {
  const QueueUrl = output(name);
  const Entries = bodies.map((MessageBody, n) => ({ Id: `copy-${n}`, MessageBody }));
  const { Failed = [] } = await story.emulator.direct.sqs.send(
    new SendMessageBatchCommand({ QueueUrl, Entries }),
  );
  expect(Failed).toEqual([]);
  await drained(story, QueueUrl);
};

/** Each in an invocation of its own, all at the same time. */
async function byInvoking(bodies: readonly string[]): Promise<void> {
  const answers = await Promise.all(
    bodies.map((body) => {
      const event = { Records: [{ messageId: randomUUID(), body }] };
      const FunctionName = output('RespondFunction');
      return story.emulator.direct.lambda.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
      );
    }),
  );
  for (const { FunctionError, Payload } of answers) {
    expect(FunctionError).toBeUndefined();
    expect(JSON.parse(Buffer.from(Payload ?? []).toString())).toEqual({ batchItemFailures: [] });
  }
}

interface Happening {
  readonly eventId: string;
  readonly body: string;
}

/** Somebody whom no declaration names reads the secret of a token. */
function strangerReads({ secretArn = '' }: TokenRecord, ip: string): Happening {
  const eventId = randomUUID();
  return { eventId, body: delivered(story, strangersRead(story, eventId, secretArn, ip)) };
}

/** A verifier refused a genuine token because of where it came from. */
function strangerPresents(token: TokenRecord, network: string, usageId: string = randomUUID()): Happening {
  const keyId = currentOf(token);
  const use = { usageId, at: Date.now(), tokenId: token.tokenId, keyId, network, client: 'curl/8.5.0' };
  const usages = [{ ...use, outcome: 'denied', reason: 'network', count: 1, firstSeen: true }];
  return { eventId: usageId, body: JSON.stringify({ kind: 'usage', v: 1, usages }) };
}

const currentOf = ({ versions }: TokenRecord): string =>
  versions.find(({ state }) => state === 'current')?.keyId ?? '';

interface Counts {
  readonly audit: readonly string[];
  readonly feed: { readonly changes: number; readonly entries: number };
  readonly pages: number;
  readonly decisionsOnBus: number;
  readonly rotations: number;
  readonly minted: number;
  readonly standsAs: string | undefined;
}

/** All that some copies of one event bring about, counted where it shows. */
async function effects(
  token: TokenRecord,
  { eventId }: Happening,
  deliver: () => Promise<void>,
): Promise<Counts> {
  const [started, { gen }] = [startedOf(token), await registry.feed()];
  await deliver();
  await story.emulator.rotation.settled(token.secretArn ?? '');
  await story.emulator.events.idle();
  const { items } = await registry.auditOf({ incidentId: incidentOf(eventId) });
  const said = (await hear()).filter((body) => body.includes(eventId));
  const feed = await registry.feed();
  const after = await tokenIn(registry, token.tokenId);
  const keyId = currentOf(token);
  return {
    audit: items.map(({ action }) => action).sort(),
    feed: {
      changes: feed.gen - gen,
      entries: feed.entries.filter((entry) => entry.keyId === keyId).length,
    },
    pages: said.filter(isPage).length,
    decisionsOnBus: said.filter((body) => !isPage(body) && body.includes('response.decided')).length,
    rotations: startedOf(token) - started,
    minted: after.versions.filter((one) => !token.versions.some((old) => old.keyId === one.keyId)).length,
    standsAs: after.versions.find((one) => one.keyId === keyId)?.state,
  };
}

const isPage = (body: string): boolean => body.includes('"TopicArn"');

const startedOf = ({ secretArn = '' }: TokenRecord): number =>
  story.emulator.events
    .records()
    .filter((record) => record.eventName === 'RotationStarted' && JSON.stringify(record).includes(secretArn))
    .length;

describe('five copies of one event at once have one effect (S8)', () => {
  it.each([
    ['a stranger’s read, by the queue', FLEET[0], strangerReads, byQueue('RespondQueueUrl')],
    ['a stranger’s read, in five invocations', FLEET[1], strangerReads, byInvoking],
    ['a stolen token, by the queue', FLEET[2], strangerPresents, byQueue('UsageQueueUrl')],
    ['a stolen token, in five invocations', 'orders-service', strangerPresents, byInvoking],
  ])('%s', async (what, tokenId = '', happens, deliver) => {
    const token = await tokenIn(registry, tokenId);
    const event = happens(token, `198.51.${what.length}.7`);
    const copies = Array.from({ length: COPIES }, () => event.body);
    expect(await effects(token, event, () => deliver(copies))).toEqual({
      audit: [
        'response.completed',
        'response.decided',
        // Before a stranger is kept from the secret.
        ...(happens === strangerReads ? ['response.intended'] : []),
        'token.reissue-completed',
        'token.reissue-requested',
        'version.revoked',
      ],
      // The end of the old version, and that its successor is there.
      feed: { changes: 2, entries: 1 },
      pages: 1,
      decisionsOnBus: 1,
      rotations: 1,
      minted: 1,
      standsAs: 'revoked',
    });
  });

  it('a stolen IAM key, by the queue', async () => {
    const UserName = 'cleaner';
    const { accessKeyId } = await story.emulator.createUser(UserName, {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'cloudtrail:StopLogging', Resource: '*' }],
    });
    const { direct, account } = story.emulator;
    const Tags = [{ Key: 'tokenward:respond', Value: ENVIRONMENT }];
    await direct.iam.send(new TagUserCommand({ UserName, Tags }));
    const eventId = randomUUID();
    const record = {
      ...strangersRead(story, eventId, '', '203.0.113.9'),
      eventName: 'StopLogging',
      eventSource: 'cloudtrail.amazonaws.com',
      userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${account}:user/${UserName}`, accessKeyId },
      requestParameters: { name: 'organisation' },
    };
    await byQueue('RespondQueueUrl')(Array.from({ length: COPIES }, () => delivered(story, record)));
    const { items } = await registry.auditOf({ incidentId: incidentOf(eventId) });
    expect(items.map(({ action }) => action).sort()).toEqual([
      'quarantine.begun',
      'quarantine.quiet',
      'response.completed',
      'response.decided',
    ]);
    // That the user is quiet, and the verdict.
    expect((await hear()).filter((body) => isPage(body) && body.includes(eventId))).toHaveLength(2);
    const { AccessKeyMetadata } = await direct.iam.send(new ListAccessKeysCommand({ UserName }));
    expect(AccessKeyMetadata).toMatchObject([{ AccessKeyId: accessKeyId, Status: 'Inactive' }]);
  });

  it('events of their own are more than one: the count would see it', async () => {
    const tokens = await Promise.all(FLEET.map((tokenId) => tokenIn(registry, tokenId)));
    const events = tokens.map((token, n) => strangerPresents(token, `198.18.${n}.7`));
    await byInvoking(events.map(({ body }) => body));
    const decided = await Promise.all(
      events.map(async ({ eventId }) => (await registry.auditOf({ incidentId: incidentOf(eventId) })).items),
    );
    expect(decided.flat().filter(({ action }) => action === 'response.decided').length).toBeGreaterThan(1);
  });
});
