import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { CfnOutput, type CfnResource, Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { CLOSED } from '../constructs/bucket.ts';
import {
  type Allowance,
  type BundleOf,
  statementOf,
  TokenwardFunction,
  throughService,
} from '../constructs/function.ts';
import { decryptingTrail } from '../constructs/reconciling.ts';
import { definitionOf, READERS_MOST } from '../replay-definition.ts';
import { nameOf, type Settings, type TrailSettings } from '../settings.ts';
import type { StateStack } from './state.ts';

export interface ReplayStackProps extends StackProps {
  readonly settings: Settings;
  readonly trail: TrailSettings;
  readonly state: StateStack;
  readonly bundleOf: BundleOf;
}

const KEPT_DAYS = 30;

/**
 * A replay of the account's whole history where it lies: a Distributed Map over the trail's bucket, whose steps run
 * the code of `tokenward replay`. Off by default; it reads, and writes to its own bucket alone.
 */
export class ReplayStack extends Stack {
  readonly work: Bucket;
  readonly machine: CfnStateMachine;

  constructor(scope: Construct, id: string, props: ReplayStackProps) {
    super(scope, id, props);
    const { settings, state } = props;
    this.work = new Bucket(this, 'Work', {
      ...CLOSED,
      encryption: BucketEncryption.KMS,
      encryptionKey: state.keys.data,
      bucketKeyEnabled: true,
      lifecycleRules: [
        {
          prefix: 'runs/',
          expiration: Duration.days(KEPT_DAYS),
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: settings.removalPolicy,
    });
    (this.work.node.defaultChild as CfnResource).overrideLogicalId('Work');
    const fn = this.replay(props);
    this.machine = this.machineOf(props, fn);
    new CfnOutput(this, 'WorkBucket', { value: this.work.bucketName });
    new CfnOutput(this, 'ReplayMachine', { value: this.machine.ref });
  }

  private replay({ settings, trail, state, bundleOf }: ReplayStackProps): TokenwardFunction {
    const { partition } = settings;
    const fn = new TokenwardFunction(this, 'Replay', {
      name: 'replay',
      settings,
      bundleOf,
      logsKey: state.keys.logs,
      timeout: Duration.minutes(15),
      memorySize: 3_008,
      reserved: READERS_MOST,
      invokedAsync: false,
      environment: {
        ENVIRONMENT: settings.env,
        METRICS_NAMESPACE: 'Tokenward',
        TRAIL_BUCKET: trail.bucket,
        WORK_BUCKET: this.work.bucketName,
      },
    });
    const allowances: Allowance[] = [
      {
        actions: ['s3:GetObject'],
        resources: [`arn:${partition}:s3:::${trail.bucket}/${prefixOf(trail)}*`],
      },
      { actions: ['s3:GetObject'], resources: [this.work.arnForObjects('*')] },
      { actions: ['s3:PutObject'], resources: [this.work.arnForObjects('runs/*')] },
      { actions: ['s3:ListBucket'], resources: [this.work.bucketArn] },
      {
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [state.keys.data.keyArn],
        conditions: throughService('s3', settings.region),
      },
      ...(trail.kmsKeyArn === undefined ? [] : [decryptingTrail(trail.kmsKeyArn)]),
    ];
    for (const allowance of allowances) fn.bind(allowance);
    return fn;
  }

  private machineOf(
    { settings, trail, state }: ReplayStackProps,
    { fn }: TokenwardFunction,
  ): CfnStateMachine {
    const { partition, region, account } = settings;
    const name = nameOf(settings, 'replay');
    const states = `arn:${partition}:states:${region}:${account}`;
    const role = new Role(this, 'MachineRole', {
      roleName: `${name}-machine`,
      description: `What the state machine ${name} may do`,
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
    });
    const allowances: Allowance[] = [
      { actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] },
      {
        actions: ['s3:ListBucket'],
        resources: [`arn:${partition}:s3:::${trail.bucket}`],
        conditions: { StringLike: { 's3:prefix': `${prefixOf(trail)}*` } },
      },
      { actions: ['s3:PutObject'], resources: [this.work.arnForObjects('runs/maps/*')] },
      {
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [state.keys.data.keyArn],
        conditions: throughService('s3', settings.region),
      },
      { actions: ['states:StartExecution'], resources: [`${states}:stateMachine:${name}`] },
      {
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: [`${states}:execution:${name}/*`],
      },
    ];
    const policy = new ManagedPolicy(this, 'MachinePolicy', {
      managedPolicyName: `${name}-machine`,
      roles: [role],
      statements: allowances.map(statementOf),
    });
    const machine = new CfnStateMachine(this, 'Machine', {
      stateMachineName: name,
      roleArn: role.roleArn,
      definitionString: this.toJsonString(
        definitionOf({
          partition,
          trailBucket: trail.bucket,
          workBucket: this.work.bucketName,
          functionArn: fn.functionArn,
        }),
      ),
    });
    machine.addResourceDependency(policy.node.defaultChild as CfnResource);
    return machine;
  }
}

/** Where the log files of an account's or an organisation's trail begin. */
function prefixOf({ prefix, organizationId }: TrailSettings): string {
  const parts = [prefix, 'AWSLogs', organizationId].filter((part) => part !== undefined);
  return `${parts.join('/')}/`;
}
