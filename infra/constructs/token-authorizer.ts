import {
  AuthorizationType,
  CfnAuthorizer,
  type IAuthorizer,
  type IRestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { CfnAuthorizer as CfnHttpAuthorizer, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

export interface RestTokenAuthorizerProps {
  readonly api: Pick<IRestApi, 'restApiId'>;
  readonly authorize: IFunction;
}

/**
 * Lets the REST API's methods be guarded by `authorize`: type REQUEST, and a cache of 0 seconds, since a cached
 * answer would outlive a revocation (IA-5(13)). Without an Authorization header the gateway answers 401 by itself.
 *
 * @example
 * const guard = new RestTokenAuthorizer(this, 'Guard', { api, authorize });
 * api.root.addResource('orders').addMethod('GET', integration, guard.guarded());
 */
export class RestTokenAuthorizer extends Construct {
  private readonly authorizer: IAuthorizer;

  constructor(scope: Construct, id: string, { api, authorize }: RestTokenAuthorizerProps) {
    super(scope, id);
    const authorizer = new CfnAuthorizer(this, 'Authorizer', {
      restApiId: api.restApiId,
      name: 'tokenward',
      type: 'REQUEST',
      identitySource: 'method.request.header.Authorization',
      authorizerResultTtlInSeconds: 0,
      authorizerUri: invocationUri(this, authorize),
    });
    this.authorizer = { authorizerId: authorizer.ref, authorizationType: AuthorizationType.CUSTOM };
    allowAuthorizer(this, authorize, api.restApiId, authorizer.ref);
  }

  /** Options of a method that takes a token. */
  guarded(): { readonly authorizer: IAuthorizer; readonly authorizationType: AuthorizationType } {
    return { authorizer: this.authorizer, authorizationType: AuthorizationType.CUSTOM };
  }
}

export interface HttpTokenAuthorizerProps {
  readonly api: Pick<IHttpApi, 'apiId'>;
  readonly authorize: IFunction;
}

/**
 * The same for an HTTP API: payload 2.0, simple responses, cache 0. Give `authorizerId` to the routes with
 * authorization type `CUSTOM`.
 */
export class HttpTokenAuthorizer extends Construct {
  readonly authorizerId: string;

  constructor(scope: Construct, id: string, { api, authorize }: HttpTokenAuthorizerProps) {
    super(scope, id);
    const authorizer = new CfnHttpAuthorizer(this, 'Authorizer', {
      apiId: api.apiId,
      name: 'tokenward',
      authorizerType: 'REQUEST',
      authorizerPayloadFormatVersion: '2.0',
      enableSimpleResponses: true,
      identitySource: ['$request.header.Authorization'],
      authorizerResultTtlInSeconds: 0,
      authorizerUri: invocationUri(this, authorize),
    });
    this.authorizerId = authorizer.ref;
    allowAuthorizer(this, authorize, api.apiId, authorizer.ref);
  }
}

function invocationUri(scope: Construct, authorize: IFunction): string {
  const { partition, region } = Stack.of(scope);
  const { functionArn } = authorize;
  return `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
}

/** The gateway may invoke for this one authorizer; made beside it, so that the function's stack need not know it. */
function allowAuthorizer(scope: Construct, authorize: IFunction, apiId: string, authorizerId: string): void {
  new CfnPermission(scope, 'Invoke', {
    action: 'lambda:InvokeFunction',
    functionName: authorize.functionArn,
    principal: 'apigateway.amazonaws.com',
    sourceArn: Stack.of(scope).formatArn({
      service: 'execute-api',
      resource: apiId,
      resourceName: `authorizers/${authorizerId}`,
    }),
  });
}
