import { Template } from 'aws-cdk-lib/assertions';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Stack } from 'aws-cdk-lib/core';
import { expect, it } from 'vitest';
import { HttpTokenAuthorizer, RestTokenAuthorizer } from '#infra/constructs/token-authorizer.ts';
import { newApp } from './deployment.ts';

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:tokenward-prod-authorize';

function templateOf(
  add: (stack: Stack, authorize: ReturnType<typeof LambdaFunction.fromFunctionArn>) => unknown,
): Template {
  const stack = new Stack(newApp(), 'stack', { env: { account: '123456789012', region: 'eu-central-1' } });
  add(stack, LambdaFunction.fromFunctionArn(stack, 'Authorize', ARN));
  return Template.fromStack(stack);
}

it('guards an HTTP API by payload 2.0 with simple responses and no cache', () => {
  const template = templateOf(
    (stack, authorize) => new HttpTokenAuthorizer(stack, 'Guard', { api: { apiId: 'api1' }, authorize }),
  );
  template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
    ApiId: 'api1',
    AuthorizerType: 'REQUEST',
    AuthorizerPayloadFormatVersion: '2.0',
    EnableSimpleResponses: true,
    AuthorizerResultTtlInSeconds: 0,
    IdentitySource: ['$request.header.Authorization'],
  });
});

it.each([
  ['an HTTP API', HttpTokenAuthorizer, { apiId: 'api1' }],
  ['a REST API', RestTokenAuthorizer, { restApiId: 'api1' }],
] as const)('lets %s invoke authorize for its own authorizer only', (_, Guard, api) => {
  const template = templateOf(
    (stack, authorize) => new Guard(stack, 'Guard', { api: api as never, authorize }),
  );
  const [permission] = Object.values(template.findResources('AWS::Lambda::Permission'));
  expect(permission?.Properties).toMatchObject({ FunctionName: ARN, Principal: 'apigateway.amazonaws.com' });
  expect(JSON.stringify(permission?.Properties.SourceArn)).toMatch(
    /execute-api:eu-central-1:123456789012:api1\/authorizers\/.*GuardAuthorizer/,
  );
});
