import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { deploy, propertiesOf } from './deployment.ts';

const sandbox = deploy('sandbox');

describe('a sandbox', () => {
  it('leaves nothing behind but the log, which nobody can delete', () => {
    for (const { DeletionPolicy, UpdateReplacePolicy, logicalId, Type } of sandbox.resources) {
      if (Type === 'AWS::S3::Bucket') continue;
      expect([logicalId, DeletionPolicy ?? 'Delete', UpdateReplacePolicy ?? 'Delete']).toEqual([
        logicalId,
        'Delete',
        'Delete',
      ]);
    }
    const [table] = propertiesOf(sandbox, 'AWS::DynamoDB::Table');
    expect(table?.DeletionProtectionEnabled).toBe(false);
    for (const stack of Object.values(sandbox.stacks)) expect(stack.terminationProtection).toBe(false);
    for (const key of propertiesOf(sandbox, 'AWS::KMS::Key')) expect(key.PendingWindowInDays).toBe(7);
  });

  it('sweeps every minute and has the sample, which production has not', () => {
    sandbox.templates.functions?.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 minute)',
    });
    expect(Object.keys(sandbox.stacks)).toContain('sample');
    expect(Object.keys(deploy('production').stacks)).not.toContain('sample');
  });

  it('guards the sample by authorize, with no cache between', () => {
    sandbox.templates.sample?.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'REQUEST',
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: 'method.request.header.Authorization',
    });
    sandbox.templates.sample?.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'GET',
      AuthorizationType: 'CUSTOM',
      AuthorizerId: Match.anyValue(),
    });
  });
});

it('gives the outputs that its users read', () => {
  const outputs = Object.values(sandbox.templates).flatMap((template) =>
    Object.keys(template?.toJSON().Outputs ?? {}),
  );
  for (const name of [
    ...[
      'TableName',
      'BusName',
      'RotateFunction',
      'IssueFunction',
      'AuthorizeFunction',
      'RevokeFunction',
      'SweepFunction',
    ],
    ...[
      'RespondFunction',
      'ApiUrl',
      'AlertTopicArn',
      'RespondQueueUrl',
      'UsageQueueUrl',
      'Environment',
      'LogBucket',
      'LogOrigin',
      'SealFunction',
      'SigningKeyArn',
      'FeedMaxAgeMs',
    ],
    ...['ReadTimeoutMs', 'SampleApiUrl'],
  ]) {
    expect(outputs).toContain(name);
  }
});
