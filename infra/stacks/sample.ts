import { EndpointType, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  AccountRootPrincipal,
  Effect,
  ManagedPolicy,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { throughService } from '../constructs/function.ts';
import { RestTokenAuthorizer } from '../constructs/token-authorizer.ts';
import { nameOf, type Settings, secretsArnOf } from '../settings.ts';
import type { FunctionsStack } from './functions.ts';
import type { StateStack } from './state.ts';

export interface SampleStackProps extends StackProps {
  readonly settings: Settings;
  readonly state: StateStack;
  readonly functions: FunctionsStack;
}

/** Answers with what the authorizer said of its caller. */
const ORDERS = `exports.handler = async ({ requestContext: { authorizer } }) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ principal: authorizer.principal, keyId: authorizer.keyId, orders: [] }),
});`;

/** For a trial: a service's role, and an API that takes its token. Sandboxes only. */
export class SampleStack extends Stack {
  constructor(scope: Construct, id: string, props: SampleStackProps) {
    super(scope, id, props);
    const { settings, functions } = props;
    const api = new RestApi(this, 'Api', {
      restApiName: nameOf(settings, 'sample'),
      description: 'GET /orders takes a token with the scope orders:read',
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: { stageName: 'v1', throttlingRateLimit: 100, throttlingBurstLimit: 200 },
    });
    const guard = new RestTokenAuthorizer(this, 'Guard', {
      api,
      authorize: functions.functions.authorize.fn,
    });
    const orders = new LambdaIntegration(this.orders(props), { allowTestInvoke: false });
    api.root.addResource('orders').addMethod('GET', orders, guard.guarded());
    this.service(props);
    new CfnOutput(this, 'SampleApiUrl', { value: api.url });
  }

  private orders({ settings, state }: SampleStackProps): LambdaFunction {
    const functionName = nameOf(settings, 'sample-api');
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      encryptionKey: state.keys.logs,
      retention: settings.logRetentionDays,
      removalPolicy: settings.removalPolicy,
    });
    const role = new Role(this, 'ApiRole', {
      roleName: functionName,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const policy = new ManagedPolicy(this, 'ApiPolicy', {
      managedPolicyName: functionName,
      roles: [role],
      statements: [allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn)],
    });
    const fn = new LambdaFunction(this, 'Orders', {
      functionName,
      architecture: Architecture.ARM_64,
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline(ORDERS),
      memorySize: 256,
      timeout: Duration.seconds(5),
      role: role.withoutPolicyUpdates(),
      logGroup,
    });
    fn.node.addDependency(policy);
    return fn;
  }

  /** The service that the sample token belongs to: whoever in this account may assume its role plays it. */
  private service({ settings, state, functions }: SampleStackProps): void {
    const roleName = nameOf(settings, 'sample-orders');
    const role = new Role(this, 'ServiceRole', { roleName, assumedBy: new AccountRootPrincipal() });
    const { api } = functions.control;
    const secretArn = secretsArnOf(settings).replace(/\*$/, 'orders-service-??????');
    const decrypt = allow(['kms:Decrypt'], state.keys.secrets.keyArn);
    decrypt.addConditions(throughService('secretsmanager', settings.region));
    new ManagedPolicy(this, 'ServicePolicy', {
      managedPolicyName: roleName,
      roles: [role],
      statements: [
        allow(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], secretArn),
        decrypt,
        allow(['execute-api:Invoke'], api.arnForExecuteApi('POST', '/tokens', api.deploymentStage.stageName)),
      ],
    });
  }
}

function allow(actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources: [resource] });
}
