import { CfnEventBusPolicy, CfnRule } from 'aws-cdk-lib/aws-events';
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { logTampering } from '../rules.ts';
import { nameOf, type Settings } from '../settings.ts';
import { DeadLetters } from './queue.ts';
import { RETRY } from './watch-rule.ts';

/** A deployment whose log another account holds. */
export type Elsewhere = Settings & { readonly logAccount: string };

export const isElsewhere = (settings: Settings): settings is Elsewhere => settings.logAccount !== undefined;

const FORWARD = 'log-forward';

const roleArn = ({ partition, logAccount }: Elsewhere, name: string): string =>
  `arn:${partition}:iam::${logAccount}:role/${name}`;

/**
 * In the account that holds the log: whatever changes how it is kept is handed to the home account's bus, where the rule
 * `log-tampering` tells a human (AU-9). Whoever administers the log's account can end this too; what is locked stays.
 */
export class LogForward extends Construct {
  constructor(scope: Construct, id: string, settings: Elsewhere) {
    super(scope, id);
    const { partition, region, account, logAccount } = settings;
    const name = nameOf(settings, FORWARD);
    const ruleArn = `arn:${partition}:events:${region}:${logAccount}:rule/${name}`;
    const homeBus = homeBusOf(settings);
    const undelivered = new DeadLetters(this, 'Undelivered', { settings, name: 'log-undelivered' });
    undelivered.allowFrom('events.amazonaws.com', ruleArn);
    const role = new Role(this, 'Role', {
      roleName: name,
      description: `Lets EventBridge hand changes of the log to ${account}`,
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { ArnEquals: { 'aws:SourceArn': ruleArn } },
      }),
    });
    const policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: name,
      roles: [role],
      statements: [
        new PolicyStatement({ effect: Effect.ALLOW, actions: ['events:PutEvents'], resources: [homeBus] }),
      ],
    });
    const { pattern, description } = logTampering(settings, logAccount);
    const rule = new CfnRule(this, 'Rule', {
      name,
      description,
      state: 'ENABLED',
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
}

/** In the home account: its default bus takes events from that one role, and from nobody else there. */
export function acceptFromLogAccount(scope: Construct, settings: Elsewhere): void {
  new CfnEventBusPolicy(scope, 'FromLogAccount', {
    statementId: nameOf(settings, FORWARD),
    statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:${settings.partition}:iam::${settings.logAccount}:root` },
      Action: 'events:PutEvents',
      Resource: homeBusOf(settings),
      Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn(settings, nameOf(settings, FORWARD)) } },
    },
  });
}

const homeBusOf = ({ partition, region, account }: Settings): string =>
  `arn:${partition}:events:${region}:${account}:event-bus/default`;
