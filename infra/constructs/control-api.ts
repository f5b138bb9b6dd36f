import {
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { nameOf, type Settings } from '../settings.ts';
import type { TokenwardFunction } from './function.ts';

export interface ControlApiProps {
  readonly settings: Settings;
  readonly logsKey: IKey;
  readonly issue: TokenwardFunction;
  readonly revoke: TokenwardFunction;
}

/** What an access log line holds: who and what, never a header or a body. */
const ACCESS_LOG: AccessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTimeEpoch',
    ip: '$context.identity.sourceIp',
    caller: '$context.identity.userArn',
    method: '$context.httpMethod',
    path: '$context.resourcePath',
    status: '$context.status',
    authorizerStatus: '$context.authorizer.status',
    authorizerError: '$context.authorizer.error',
    latencyMs: '$context.responseLatency',
  }),
);

/**
 * The control plane's two verbs, `POST /tokens` and `POST /revocations`, for callers whom IAM has authenticated:
 * who calls is read from the signature, never from the body. The functions parse bodies themselves, so the gateway
 * validates none and can echo none.
 */
export class ControlApi extends Construct {
  readonly api: RestApi;

  constructor(scope: Construct, id: string, { settings, logsKey, issue, revoke }: ControlApiProps) {
    super(scope, id);
    const restApiName = nameOf(settings, 'control');
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      logGroupName: `/aws/apigateway/${restApiName}`,
      encryptionKey: logsKey,
      retention: settings.logRetentionDays,
      removalPolicy: settings.removalPolicy,
    });
    this.api = new RestApi(this, 'Api', {
      restApiName,
      description: 'Issues and revokes tokens; IAM only',
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: settings.gatewayAccountRole,
      cloudWatchRoleRemovalPolicy: settings.removalPolicy,
      defaultMethodOptions: { authorizationType: AuthorizationType.IAM },
      deployOptions: {
        stageName: 'v1',
        throttlingRateLimit: 20,
        throttlingBurstLimit: 40,
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        metricsEnabled: true,
        accessLogDestination: new LogGroupLogDestination(accessLogs),
        accessLogFormat: ACCESS_LOG,
      },
    });
    this.route('tokens', issue);
    this.route('revocations', revoke);
  }

  private route(path: string, { fn }: TokenwardFunction): void {
    this.api.root.addResource(path).addMethod('POST', new LambdaIntegration(fn, { allowTestInvoke: false }));
  }
}
