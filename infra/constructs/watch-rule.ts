import { CfnRule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { type GuardRule, type RuleTarget, ruleArnOf } from '../rules.ts';
import { nameOf, type Settings } from '../settings.ts';
import type { DeadLetters } from './queue.ts';

export interface WatchRuleProps {
  readonly settings: Settings;
  readonly rule: GuardRule;
  /** ARN of what stands for each target. */
  readonly arnOf: Readonly<Record<RuleTarget, string>>;
  /** Keeps what a target would not take. */
  readonly undelivered: DeadLetters;
}

/** For a day, as long as EventBridge can. */
export const RETRY: CfnRule.RetryPolicyProperty = {
  maximumEventAgeInSeconds: 86_400,
  maximumRetryAttempts: 185,
};

/**
 * One rule on the default bus, with a dead-letter queue for each target. EventBridge's own construct cannot say that
 * a rule sees read-only management events; the resource can, and without it GetSecretValue and AssumeRole are never seen.
 */
export function watch(scope: Construct, { settings, rule, arnOf, undelivered }: WatchRuleProps): CfnRule {
  undelivered.allowFrom('events.amazonaws.com', ruleArnOf(settings, rule));
  return new CfnRule(scope, rule.name, {
    name: nameOf(settings, rule.name),
    description: rule.description,
    state: stateOf(rule),
    eventPattern: rule.pattern,
    targets: rule.targets.map((target) => ({
      id: target,
      arn: arnOf[target],
      deadLetterConfig: { arn: undelivered.queue.queueArn },
      retryPolicy: RETRY,
      ...(target === 'alert' ? { inputTransformer: sentence(rule, settings) } : {}),
    })),
  });
}

/** How a rule must be deployed to see what it is for. */
export const stateOf = ({ seesReads }: Pick<GuardRule, 'seesReads'>): string =>
  seesReads ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED';

/** One line for a human. No part of a CloudTrail record that could hold a value is in it. */
function sentence(rule: GuardRule, { env }: Settings): CfnRule.InputTransformerProperty {
  return {
    inputPathsMap: {
      call: '$.detail.eventName',
      who: '$.detail.userIdentity.arn',
      from: '$.detail.sourceIPAddress',
      id: '$.detail.eventID',
      at: '$.detail.eventTime',
    },
    inputTemplate: `"Tokenward ${env}, ${rule.name}: <call> by <who> from <from> at <at> (event <id>). ${rule.description}."`,
  };
}
