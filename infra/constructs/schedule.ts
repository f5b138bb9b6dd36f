import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { nameOf, type Settings } from '../settings.ts';
import { constructIdOf, type TokenwardFunction } from './function.ts';
import { DeadLetters } from './queue.ts';

/** CloudTrail delivers about every five minutes; what is read here has been missed by then. */
export const RECONCILE_MINUTES = 15;

export interface ScheduleProps {
  readonly settings: Settings;
  readonly fn: TokenwardFunction;
  /** Of the function, as in `tokenward-<env>-<name>`. */
  readonly name: 'sweep' | 'seal' | 'reconcile' | 'report';
  readonly description: string;
  readonly periodMinutes: number;
}

/** Runs a function every few minutes, under a role that can do nothing else; an undelivered run is kept. */
export class Schedule extends Construct {
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, props: ScheduleProps) {
    super(scope, id);
    const { settings, fn, periodMinutes: period } = props;
    const { partition, region, account } = settings;
    const name = nameOf(settings, props.name);
    const roleName = `${name}-schedule`;
    this.deadLetters = new DeadLetters(this, 'DeadLetters', {
      settings,
      name: `${props.name}-schedule-failed`,
    });
    const role = new Role(this, 'Role', {
      roleName,
      description: `Lets EventBridge Scheduler run ${name}`,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          ArnEquals: {
            'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/default`,
          },
          StringEquals: { 'aws:SourceAccount': account },
        },
      }),
    });
    const policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: roleName,
      roles: [role],
      statements: [
        allow('lambda:InvokeFunction', fn.fn.functionArn),
        allow('sqs:SendMessage', this.deadLetters.queue.queueArn),
      ],
    });
    const schedule = new CfnSchedule(this, 'Schedule', {
      name,
      description: props.description,
      scheduleExpression: `rate(${period} ${period === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: fn.fn.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ kind: props.name }),
        retryPolicy: { maximumEventAgeInSeconds: period * 60, maximumRetryAttempts: 2 },
        deadLetterConfig: { arn: this.deadLetters.queue.queueArn },
      },
    });
    schedule.node.addDependency(policy);
  }
}

/** What runs by itself, and how often. */
export function schedulesOf(
  scope: Construct,
  settings: Settings,
  functions: Readonly<Record<ScheduleProps['name'], TokenwardFunction>>,
): readonly Schedule[] {
  const schedule = (name: ScheduleProps['name'], description: string, periodMinutes: number): Schedule =>
    new Schedule(scope, `${constructIdOf(name)}Schedule`, {
      settings,
      fn: functions[name],
      name,
      description,
      periodMinutes,
    });
  return [
    schedule('sweep', 'Retires, expires, repairs and warns (docs/storage.md)', settings.sweepPeriodMinutes),
    schedule('seal', 'Seals what the audit chains have grown by (docs/storage.md)', 1),
    schedule(
      'reconcile',
      'Reads from the trail what the event bus may have lost (docs/storage.md)',
      RECONCILE_MINUTES,
    ),
    schedule('report', 'Collects and signs the evidence of the controls (docs/controls.md)', 24 * 60),
  ];
}

function allow(action: string, resource: string): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions: [action], resources: [resource] });
}
