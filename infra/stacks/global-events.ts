import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { forward } from '../constructs/forward.ts';
import { stateOf } from '../constructs/watch-rule.ts';
import { ownRolesOf } from '../rules.ts';
import { globalRegionOf, homeBusOf, nameOf, type Settings } from '../settings.ts';
import { IDENTITY_CALLS, SESSION_CALLS } from '../watched.ts';

export interface GlobalEventsStackProps extends StackProps {
  readonly settings: Settings;
}

/**
 * Hands the events of the global services to the home region. IAM, sign-ins and the global endpoint of STS are
 * logged in one region of each partition (us-east-1), and a rule sees its own region only; the home region's rules
 * decide what becomes of what arrives. Deployed there, and only where home is another.
 */
export class GlobalEventsStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: GlobalEventsStackProps) {
    super(scope, id, props);
    const { partition, account } = settings;
    const here = globalRegionOf(settings);
    const undelivered = forward(this, {
      settings,
      role: 'forward',
      roleDescription: `Lets EventBridge hand events to ${homeBusOf(settings)}`,
      deadLetters: 'global-undelivered',
      rules: forwarded(settings).map(({ name, description, seesReads, pattern }) => ({
        id: name,
        ruleName: nameOf(settings, name),
        ruleArn: `arn:${partition}:events:${here}:${account}:rule/${nameOf(settings, name)}`,
        description,
        state: stateOf({ seesReads }),
        pattern,
      })),
    });
    // Without an action: a topic of another region cannot be called, so the change of state is forwarded.
    new Alarm(this, 'Alarm', {
      alarmName: nameOf(settings, 'global-undelivered-not-empty'),
      alarmDescription: 'Events of the global services could not be forwarded; read them, then redrive them',
      metric: undelivered.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

interface Forwarded {
  readonly name: string;
  readonly description: string;
  readonly seesReads: boolean;
  readonly pattern: Readonly<Record<string, unknown>>;
}

/** As narrow as the home region's rules, since each event that crosses is paid for. */
function forwarded(settings: Settings): readonly Forwarded[] {
  const { account, partition } = settings;
  const alarms = `arn:${partition}:cloudwatch:${globalRegionOf(settings)}:${account}:alarm:${nameOf(settings, '')}`;
  const api = ['AWS API Call via CloudTrail'];
  return [
    {
      name: 'forward-identity',
      description: 'Changes of keys, policies and trust, to the home region',
      seesReads: false,
      pattern: {
        source: ['aws.iam', 'aws.organizations', 'aws.rolesanywhere'],
        'detail-type': api,
        account: [account],
        detail: { eventName: IDENTITY_CALLS },
      },
    },
    {
      name: 'forward-sessions',
      description: 'Temporary credentials made at the global endpoint, to the home region',
      seesReads: true,
      pattern: {
        source: ['aws.sts'],
        'detail-type': api,
        account: [account],
        detail: { eventName: SESSION_CALLS, userIdentity: { type: [{ 'anything-but': ['AWSService'] }] } },
      },
    },
    {
      name: 'forward-own-roles',
      description: 'Whatever our roles do in the global region, to the home region',
      seesReads: true,
      pattern: {
        source: [{ prefix: 'aws.' }],
        'detail-type': api,
        account: [account],
        detail: {
          userIdentity: {
            sessionContext: { sessionIssuer: { arn: ownRolesOf(settings) } },
          },
        },
      },
    },
    {
      name: 'forward-notices',
      description: 'Sign-ins, exposed credentials and our alarms, to the home region',
      seesReads: false,
      pattern: {
        account: [account],
        $or: [
          { source: ['aws.signin'], 'detail-type': ['AWS Console Sign In via CloudTrail'] },
          { source: ['aws.health'], 'detail-type': ['AWS Health Event'] },
          {
            source: ['aws.cloudwatch'],
            'detail-type': ['CloudWatch Alarm State Change'],
            resources: [{ prefix: alarms }],
          },
        ],
      },
    },
  ];
}
