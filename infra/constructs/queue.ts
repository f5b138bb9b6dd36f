import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { nameOf, type Settings } from '../settings.ts';

export interface DeadLettersProps {
  readonly settings: Settings;
  /** The queue is `tokenward-<env>-<name>`. */
  readonly name: string;
}

/**
 * Keeps what could not be handled, for the longest that SQS can, until a human has looked; every one has an alarm.
 * Encrypted with SQS's own keys: EventBridge then needs no right on a key of ours, and no missing right can
 * make it drop events in silence.
 */
export class DeadLetters extends Construct {
  readonly queue: Queue;
  /** Its name without `tokenward-<env>-`. */
  readonly part: string;

  constructor(scope: Construct, id: string, { settings, name }: DeadLettersProps) {
    super(scope, id);
    this.part = name;
    this.queue = new Queue(this, 'Queue', {
      queueName: nameOf(settings, name),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: settings.removalPolicy,
    });
  }

  /** Lets a service leave messages here on behalf of one source (confused deputy). */
  allowFrom(service: string, sourceArn: string): void {
    allowFrom(this.queue, service, sourceArn);
  }
}

export interface QueueWithDeadLettersProps extends DeadLettersProps {
  /** At least six times the consumer's time-out, as Lambda asks. */
  readonly visibilityTimeout: Duration;
}

/** A queue whose messages go to dead letters after five failed receives. */
export class QueueWithDeadLetters extends Construct {
  readonly queue: Queue;
  readonly deadLetters: DeadLetters;

  constructor(
    scope: Construct,
    id: string,
    { settings, name, visibilityTimeout }: QueueWithDeadLettersProps,
  ) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, 'DeadLetters', { settings, name: `${name}-failed` });
    this.queue = new Queue(this, 'Queue', {
      queueName: nameOf(settings, name),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: 5 },
      removalPolicy: settings.removalPolicy,
    });
  }

  /** Lets a service put messages in on behalf of one source (confused deputy). */
  allowFrom(service: string, sourceArn: string): void {
    allowFrom(this.queue, service, sourceArn);
  }
}

function allowFrom(queue: Queue, service: string, sourceArn: string): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(service)],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': sourceArn } },
    }),
  );
}
