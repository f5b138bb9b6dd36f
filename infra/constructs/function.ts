import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  Effect,
  type IRole,
  ManagedPolicy,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { FunctionName } from '#core/functions.ts';
import { nameOf, type Settings } from '../settings.ts';
import { DeadLetters } from './queue.ts';

/** With those that only some deployments have. */
export type BundleName = FunctionName | 'replay';

/** The construct that a part of ours is, and what its outputs begin with: its name, capitalised. */
export const constructIdOf = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Finds the bundle of a function. */
export type BundleOf = (name: BundleName) => string;

/**
 * The bundles that `npm run bundle` leaves under `dist/functions/`.
 *
 * @throws Error when one is missing, naming the command that makes it.
 */
export const bundleOf: BundleOf = (name) => {
  const folder = join(import.meta.dirname, '..', '..', 'dist', 'functions', name);
  if (existsSync(join(folder, 'index.mjs'))) return folder;
  throw new Error(`no bundle of "${name}" in dist/functions: run \`npm run bundle\` first`);
};

/** What a statement allows: exact actions on exact resources. */
export interface Allowance {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** @default - no condition */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Required where a resource is `*`: a key of `EVERY_RESOURCE`. @default - none */
  readonly sid?: string;
}

/** That a key is used through a service of its region, and never by itself. */
export const throughService = (
  service: 's3' | 'dynamodb' | 'secretsmanager',
  region: string,
): NonNullable<Allowance['conditions']> => ({
  StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` },
});

export interface TokenwardFunctionProps {
  readonly name: BundleName;
  readonly settings: Settings;
  readonly bundleOf: BundleOf;
  readonly logsKey: IKey;
  readonly timeout: Duration;
  /** Megabytes. @default 512 */
  readonly memorySize?: number;
  /** Containers reserved in production, which is also the most there can be. @default 5 */
  readonly reserved?: number;
  /** Whether something invokes it asynchronously, so that what fails for good must be kept. */
  readonly invokedAsync: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * One Lambda function with every default of ours: Node 24 on arm64, its bundle, a log group under our key, a role
 * of its own whose one policy says everything it may do, and a dead-letter queue where it is invoked
 * asynchronously. Tracing is off: a trace would be one more place for a value to leak to (S5).
 *
 * CDK's own grants do nothing here, so that nothing is allowed which is not written in our stacks.
 */
export class TokenwardFunction extends Construct {
  readonly fn: LambdaFunction;
  readonly role: IRole;
  readonly policy: ManagedPolicy;
  readonly logGroup: LogGroup;
  readonly deadLetters: DeadLetters | undefined;

  constructor(scope: Construct, id: string, props: TokenwardFunctionProps) {
    super(scope, id);
    const { settings, name } = props;
    const functionName = nameOf(settings, name);
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      encryptionKey: props.logsKey,
      retention: settings.logRetentionDays,
      removalPolicy: settings.removalPolicy,
    });
    const role = new Role(this, 'Role', {
      roleName: functionName,
      description: `What the function ${functionName} may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    this.role = role;
    this.policy = new ManagedPolicy(this, 'Policy', { managedPolicyName: functionName, roles: [role] });
    this.allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`${logGroupArn(settings, functionName)}:log-stream:*`],
    });
    if (props.invokedAsync) {
      this.deadLetters = new DeadLetters(this, 'DeadLetters', { settings, name: `${name}-failed` });
      this.allow({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queue.queueArn] });
    }
    this.fn = new LambdaFunction(this, 'Function', {
      functionName,
      architecture: Architecture.ARM_64,
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(props.bundleOf(name)),
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout,
      role: role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      environment: { ...props.environment, ...fips(settings) },
      ...(this.deadLetters === undefined ? {} : { deadLetterQueue: this.deadLetters.queue }),
      ...(settings.stage === 'production' ? { reservedConcurrentExecutions: props.reserved ?? 5 } : {}),
      ...(props.invokedAsync ? { retryAttempts: 2, maxEventAge: Duration.hours(1) } : {}),
    });
    this.fn.node.addDependency(this.policy);
  }

  /** Lets the function do this and sets the variables by which it knows of it, in one act. */
  bind(allowance: Allowance, environment: Readonly<Record<string, string>> = {}): void {
    this.allow(allowance);
    for (const [key, value] of Object.entries(environment)) this.fn.addEnvironment(key, value);
  }

  private allow(allowance: Allowance): void {
    this.policy.addStatements(statementOf(allowance));
  }
}

/** An allowance as IAM takes it. */
export function statementOf({ sid, actions, resources, conditions }: Allowance): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(sid === undefined ? {} : { sid }),
    ...(conditions === undefined ? {} : { conditions }),
  });
}

function logGroupArn(settings: Settings, functionName: string): string {
  const { partition, region, account } = settings;
  return `arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/${functionName}`;
}

function fips(settings: Settings): Readonly<Record<string, string>> {
  return settings.useFipsEndpoint ? { AWS_USE_FIPS_ENDPOINT: 'true' } : {};
}
