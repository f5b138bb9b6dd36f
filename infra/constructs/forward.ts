import { CfnRule } from 'aws-cdk-lib/aws-events';
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { homeBusOf, nameOf, type Settings } from '../settings.ts';
import { DeadLetters } from './queue.ts';
import { RETRY } from './watch-rule.ts';

/** A rule whose events go to the home region's or the home account's default bus. */
export interface ForwardedRule {
  /** Of the construct; with the rule's ARN it names the rule. */
  readonly id: string;
  readonly ruleName: string;
  readonly ruleArn: string;
  readonly description: string;
  readonly state: string;
  readonly pattern: Readonly<Record<string, unknown>>;
}

export interface ForwardProps {
  readonly settings: Settings;
  /** Of the role and its policy, after `tokenward-<env>-`. */
  readonly role: string;
  readonly roleDescription: string;
  /** Of the dead-letter queue, after `tokenward-<env>-`. */
  readonly deadLetters: string;
  readonly rules: readonly ForwardedRule[];
}

/** Hands what some rules see to the home bus, under a role that these rules alone may use; what does not arrive is kept. */
export function forward(scope: Construct, props: ForwardProps): DeadLetters {
  const { settings, rules } = props;
  const homeBus = homeBusOf(settings);
  const undelivered = new DeadLetters(scope, 'Undelivered', { settings, name: props.deadLetters });
  const arns = rules.map(({ ruleArn }) => ruleArn);
  const role = new Role(scope, 'Role', {
    roleName: nameOf(settings, props.role),
    description: props.roleDescription,
    assumedBy: new ServicePrincipal('events.amazonaws.com', {
      conditions: { ArnEquals: { 'aws:SourceArn': arns.length === 1 ? arns[0] : arns } },
    }),
  });
  const policy = new ManagedPolicy(scope, 'Policy', {
    managedPolicyName: nameOf(settings, props.role),
    roles: [role],
    statements: [
      new PolicyStatement({ effect: Effect.ALLOW, actions: ['events:PutEvents'], resources: [homeBus] }),
    ],
  });
  for (const { id, ruleName, ruleArn, description, state, pattern } of rules) {
    undelivered.allowFrom('events.amazonaws.com', ruleArn);
    const rule = new CfnRule(scope, id, {
      name: ruleName,
      description,
      state,
      eventPattern: pattern,
      targets: [
        {
          id: 'home',
          arn: homeBus,
          roleArn: role.roleArn,
          deadLetterConfig: { arn: undelivered.queue.queueArn },
          retryPolicy: RETRY,
        },
      ],
    });
    rule.node.addDependency(policy);
  }
  return undelivered;
}
