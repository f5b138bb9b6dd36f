import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { PublishCommand } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { type Json, type JsonObject, jsonObject } from '../call.ts';
import { ACCOUNT, type Direct, REGION } from '../upstream.ts';
import { targetInput } from './input.ts';
import type { TrailRecord } from './record.ts';
import { createRules, type Rule, type Target } from './rules.ts';

/** An EventBridge event as a target receives it. */
export type Envelope = JsonObject & { readonly id: string; readonly 'detail-type': string };

/** Sends what happened to the rules of the default bus, and keeps the last of it for tests to look at. */
export interface Delivery {
  readonly record: (record: TrailRecord) => void;
  /** A native event: the emulator itself serves the rules in state ENABLED, this serves the others. */
  readonly native: (
    detailType: string,
    source: string,
    resources: readonly string[],
    detail: JsonObject,
  ) => void;
  /** Records made so far, oldest first, at most the last 5,000. */
  readonly records: () => readonly TrailRecord[];
  /**
   * Names of rules that stand for ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS. The emulator itself serves
   * no rule in that state, so the local templates say ENABLED instead and name the rule here.
   */
  readonly fullStateRules: Set<string>;
  /** What could not be delivered, and why. */
  readonly failures: () => readonly string[];
  /** Resolves when everything recorded so far has been delivered. */
  readonly idle: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** State of a rule that also receives read-only management events. */
const ALL_MANAGEMENT = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
const KEPT = 5_000;

/** Starts delivery; `delayMs` stands for the minutes that AWS takes. */
export function createDelivery(direct: Direct, delayMs: number): Delivery {
  const rules = createRules(direct.events);
  const kept: TrailRecord[] = [];
  const failures: string[] = [];
  const fullStateRules = new Set<string>();
  const underway = new Set<Promise<void>>();
  const queueUrls = new Map<string, string>();
  const stopping = new AbortController();

  const later = (work: (since: number) => Promise<void>): void => {
    const since = Date.now();
    const run = sleep(delayMs, undefined, { signal: stopping.signal })
      .then(() => work(since))
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) failures.push(String(error));
      });
    underway.add(run);
    void run.then(() => underway.delete(run));
  };

  const dispatch = async (event: Envelope, since: number, wanted: (rule: Rule) => boolean): Promise<void> => {
    for (const rule of await rules.current(since)) {
      if (!wanted(rule) || !rule.mayMatch(event)) continue;
      const pattern = { EventPattern: rule.pattern, Event: JSON.stringify(event) };
      const tested = await direct.events.send(new TestEventPatternCommand(pattern));
      if (tested.Result !== true) continue;
      for (const target of await rules.targetsOf(rule)) {
        await deliver(event, target).catch((error: unknown) => void failures.push(`${target.Arn}: ${error}`));
      }
    }
  };

  const deliver = async (event: Envelope, target: Target): Promise<void> => {
    const body = targetInput(event, target);
    const service = target.Arn?.split(':')[2];
    switch (service) {
      case 'sqs': {
        const group = target.SqsParameters?.MessageGroupId;
        const fifo =
          group === undefined ? {} : { MessageGroupId: group, MessageDeduplicationId: randomUUID() };
        const QueueUrl = await queueUrl(target.Arn ?? '');
        await direct.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, ...fifo }));
        return;
      }
      case 'lambda': {
        const FunctionName = target.Arn ?? '';
        const payload = { InvocationType: 'Event', Payload: Buffer.from(body) } as const;
        await direct.lambda.send(new InvokeCommand({ FunctionName, ...payload }));
        return;
      }
      case 'sns':
        await direct.sns.send(new PublishCommand({ TopicArn: target.Arn, Message: body }));
        return;
      default:
        failures.push(`no delivery to ${target.Arn}`);
    }
  };

  const queueUrl = async (arn: string): Promise<string> => {
    const known = queueUrls.get(arn);
    if (known !== undefined) return known;
    const found = await direct.sqs.send(new GetQueueUrlCommand({ QueueName: arn.split(':').at(-1) ?? '' }));
    queueUrls.set(arn, found.QueueUrl ?? '');
    return found.QueueUrl ?? '';
  };

  return {
    record: (record) => {
      kept.push(record);
      if (kept.length > KEPT) kept.shift();
      const event = trailEnvelope(record);
      const readOnly = isFilteredAsReadOnly(record);
      later((since) =>
        dispatch(
          event,
          since,
          (rule) => !readOnly || rule.state === ALL_MANAGEMENT || fullStateRules.has(rule.name),
        ),
      );
    },
    native: (detailType, source, resources, detail) => {
      const event = envelope(detailType, source, new Date().toISOString(), resources, detail);
      later((since) => dispatch(event, since, (rule) => rule.state === ALL_MANAGEMENT));
    },
    records: () => kept,
    fullStateRules,
    failures: () => failures,
    idle: async () => {
      while (underway.size > 0) await Promise.all(underway);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(underway);
    },
  };
}

/**
 * Whether a rule in state ENABLED never sees the record: EventBridge holds back the calls whose names begin
 * with Describe, Get or List, but for two of STS. Other read-only calls, such as Decrypt, do arrive.
 */
function isFilteredAsReadOnly({ eventName, eventType }: TrailRecord): boolean {
  if (eventType !== 'AwsApiCall') return false;
  return /^(Describe|Get|List)/.test(eventName) && !/^Get(Federation|Session)Token$/.test(eventName);
}

function trailEnvelope(record: TrailRecord): Envelope {
  const kind = record.eventType === 'AwsServiceEvent' ? 'AWS Service Event' : 'AWS API Call';
  const source = `aws.${record.eventSource.split('.')[0]}`;
  return envelope(`${kind} via CloudTrail`, source, String(record.eventTime), [], record);
}

function envelope(
  detailType: string,
  source: string,
  time: string,
  resources: readonly string[],
  detail: JsonObject,
): Envelope {
  const head = { version: '0', id: randomUUID(), 'detail-type': detailType, source, account: ACCOUNT };
  // A copy through JSON: what is sent can no longer change, and holds nothing that JSON would drop.
  const plain: Json = jsonObject(Buffer.from(JSON.stringify(detail)));
  return { ...head, time, region: REGION, resources, detail: plain };
}
