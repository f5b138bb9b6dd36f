import { describe, expect, it } from 'vitest';
import { deploy, ofType, statementsOf } from './deployment.ts';

const trail = {
  arn: 'arn:aws:cloudtrail:eu-central-1:999988887777:trail/organisation',
  bucket: 'the-trail',
  prefix: 'audit',
  organizationId: 'o-0123456789',
  kmsKeyArn: 'arn:aws:kms:eu-central-1:999988887777:key/of-the-trail',
};
const deployment = deploy('production', { trail, replay: 'true' });
const ours = deployment.resources.filter(({ stack }) => stack === 'replay');

describe('the replay of a whole history', () => {
  it('is off unless it is asked for, and has a trail to read', () => {
    expect(deploy('production', { trail }).stacks).not.toHaveProperty('replay');
    expect(() => deploy('production', { replay: 'true' })).toThrow(
      'context "replay": needs the context "trail"',
    );
  });

  it('may read the log files, and write nothing but its own results', () => {
    const statements = statementsOf(
      ours.filter(({ Properties }) => Properties.ManagedPolicyName === 'tokenward-prod-replay'),
    );
    const said = statements.map(({ Action, Resource, Condition }) => ({ Action, Resource, Condition }));
    const read = statements.filter(({ Action }) => Action === 's3:GetObject');
    expect(read.flatMap(({ Resource }) => Resource)).toEqual([
      'arn:aws:s3:::the-trail/audit/AWSLogs/o-0123456789/*',
      { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Work', 'Arn'] }, '/*']] },
    ]);
    expect(said).toContainEqual({
      Action: 'kms:Decrypt',
      Resource: trail.kmsKeyArn,
      Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } },
    });
    const actions = statements.flatMap(({ Action }) => Action);
    expect(new Set(actions)).toEqual(
      new Set([
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        's3:GetObject',
        's3:PutObject',
        's3:ListBucket',
        'kms:Decrypt',
        'kms:GenerateDataKey',
      ]),
    );
    const written = statements.filter(({ Action }) => [Action].flat().includes('s3:PutObject'));
    expect(JSON.stringify(written.map(({ Resource }) => Resource))).toContain('/runs/*');
  });

  it('starts nothing but its own maps, and calls nothing but its function', () => {
    const statements = statementsOf(
      ours.filter(({ Properties }) => Properties.ManagedPolicyName === 'tokenward-prod-replay-machine'),
    );
    expect(statements.map(({ Action }) => Action)).toEqual([
      'lambda:InvokeFunction',
      's3:ListBucket',
      's3:PutObject',
      ['kms:Decrypt', 'kms:GenerateDataKey'],
      'states:StartExecution',
      ['states:DescribeExecution', 'states:StopExecution'],
    ]);
    for (const { Resource } of statements) expect([Resource].flat()).not.toContain('*');
  });

  it('keeps what it found for thirty days, encrypted, and reads in batches', () => {
    const bucket = ofType(deployment, 'AWS::S3::Bucket').find(({ stack }) => stack === 'replay');
    expect(bucket?.Properties).toMatchObject({
      LifecycleConfiguration: { Rules: [{ Prefix: 'runs/', ExpirationInDays: 30, Status: 'Enabled' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
      },
    });
    const machine = JSON.stringify(ofType(deployment, 'AWS::StepFunctions::StateMachine')[0]?.Properties);
    expect(machine).toContain('\\"MaxItemsPerBatch\\":200');
    expect(machine).toContain('\\"Mode\\":\\"DISTRIBUTED\\"');
  });
});
