import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { nameOf, type Settings } from '../settings.ts';
import type { TokenwardFunction } from './function.ts';
import { DeadLetters } from './queue.ts';

export interface SweepScheduleProps {
  readonly settings: Settings;
  readonly sweep: TokenwardFunction;
}

/** Runs the sweep every few minutes, under a role that can do nothing else; an undelivered run is kept. */
export class SweepSchedule extends Construct {
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { settings, sweep }: SweepScheduleProps) {
    super(scope, id);
    const { partition, region, account, sweepPeriodMinutes: period } = settings;
    const name = nameOf(settings, 'sweep');
    const roleName = nameOf(settings, 'sweep-schedule');
    this.deadLetters = new DeadLetters(this, 'DeadLetters', { settings, name: 'sweep-schedule-failed' });
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
        allow('lambda:InvokeFunction', sweep.fn.functionArn),
        allow('sqs:SendMessage', this.deadLetters.queue.queueArn),
      ],
    });
    const schedule = new CfnSchedule(this, 'Schedule', {
      name,
      description: 'Retires, expires, repairs and warns (docs/storage.md)',
      scheduleExpression: `rate(${period} ${period === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: sweep.fn.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify({ kind: 'sweep' }),
        retryPolicy: { maximumEventAgeInSeconds: period * 60, maximumRetryAttempts: 2 },
        deadLetterConfig: { arn: this.deadLetters.queue.queueArn },
      },
    });
    schedule.node.addDependency(policy);
  }
}

function allow(action: string, resource: string): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions: [action], resources: [resource] });
}
