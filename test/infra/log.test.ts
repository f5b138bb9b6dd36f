import { describe, expect, it } from 'vitest';
import { type Deployment, deploy, listOf, ofType, type Statement, statementsOf } from './deployment.ts';

const production = deploy('production');
const elsewhere = deploy('production', { logAccount: '999988887777', witnessBucket: 'the-witness' });
const SEALER = 'arn:aws:iam::123456789012:role/tokenward-prod-seal';

const policyOf = (deployment: Deployment): readonly Statement[] =>
  statementsOf(ofType(deployment, 'AWS::S3::BucketPolicy'));
const denials = (deployment: Deployment): Readonly<Record<string, Statement>> =>
  Object.fromEntries(
    policyOf(deployment)
      .filter(({ Effect }) => Effect === 'Deny')
      .map((statement) => [statement.Sid ?? JSON.stringify(statement.Condition), statement]),
  );
const bucketOf = (deployment: Deployment) => ofType(deployment, 'AWS::S3::Bucket')[0];
const sealing = (deployment: Deployment): readonly Statement[] =>
  statementsOf(
    ofType(deployment, 'AWS::IAM::ManagedPolicy').filter(
      ({ Properties }) => Properties.ManagedPolicyName === 'tokenward-prod-seal',
    ),
  );

describe('the bucket of the sealed log', () => {
  it('locks what is in it in compliance mode, keeps every version, and stays when its stack goes', () => {
    expect(bucketOf(production)).toMatchObject({
      stack: 'log',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketName: 'tokenward-prod-log-123456789012-eu-central-1',
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 400 } } },
        VersioningConfiguration: { Status: 'Enabled' },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              ServerSideEncryptionByDefault: {
                SSEAlgorithm: 'aws:kms',
                KMSMasterKeyID: { 'Fn::GetAtt': ['ArchiveKey', 'Arn'] },
              },
            },
          ],
        },
      },
    });
  });

  it('is for a day in a sandbox, under a name that can be made again', () => {
    const bucket = bucketOf(deploy('sandbox'));
    expect(bucket?.DeletionPolicy).toBe('Retain');
    expect(bucket?.Properties).not.toHaveProperty('BucketName');
    expect(bucket?.Properties).toMatchObject({
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Days: 1 } } },
    });
  });

  it('refuses all but append, whoever asks', () => {
    const deny = denials(production);
    expect(deny.DenyOtherAppenders).toMatchObject({
      Action: ['s3:PutObject', 's3:PutObjectRetention', 's3:ReplicateObject'],
      Principal: { AWS: '*' },
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': SEALER } },
    });
    expect(deny.DenyRemoval?.Action).toEqual([
      's3:BypassGovernanceRetention',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:PutLifecycleConfiguration',
      's3:PutObjectLegalHold',
    ]);
    expect(deny.DenyRemoval).not.toHaveProperty('Condition');
    expect(deny.DenyUnlocked?.Condition).toEqual({
      StringNotEquals: { 's3:object-lock-mode': 'COMPLIANCE' },
    });
    expect(deny.DenyShortLock?.Condition).toEqual({
      NumericLessThan: { 's3:object-lock-remaining-retention-days': '399' },
    });
    expect(deny.DenyOverwriting?.Condition).toEqual({
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    });
    expect(Object.keys(deny).filter((sid) => sid.includes('aws:SecureTransport'))).toHaveLength(1);
  });

  it('does not let the sealer read what it has written', () => {
    expect(denials(production).DenySealerToRead).toMatchObject({
      Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket', 's3:ListBucketVersions'],
      Condition: { ArnEquals: { 'aws:PrincipalArn': SEALER } },
    });
  });

  it('lets the sealer append and the auditor read, of our account and no other', () => {
    for (const deployment of [production, elsewhere]) {
      const allowed = policyOf(deployment).filter(({ Effect }) => Effect === 'Allow');
      expect(allowed.map(({ Sid, Action, Condition }) => [Sid, Action, Condition?.ArnEquals])).toEqual([
        ['Append', ['s3:PutObject', 's3:PutObjectRetention'], { 'aws:PrincipalArn': SEALER }],
        [
          'ReadObjects',
          ['s3:GetObject', 's3:GetObjectRetention'],
          { 'aws:PrincipalArn': SEALER.replace('seal', 'auditor') },
        ],
        ['ListObjects', 's3:ListBucket', { 'aws:PrincipalArn': SEALER.replace('seal', 'auditor') }],
      ]);
      for (const { Principal } of allowed) expect(JSON.stringify(Principal)).toContain('123456789012:root');
    }
  });
});

describe('the sealer', () => {
  it('may do this, on these, and nothing else', () => {
    const may = sealing(production).flatMap(({ Action }) => listOf(Action));
    expect([...new Set(may)].filter((action) => !/^(logs|sqs):/.test(action)).sort()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:GetPublicKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
      'kms:Sign',
      's3:PutObject',
      's3:PutObjectRetention',
    ]);
  });

  it('reads the chains and writes its own item, and nothing else of the registry', () => {
    const table = sealing(production).filter(({ Action }) =>
      listOf(Action).some((each) => each.startsWith('dynamodb:')),
    );
    expect(table.map(({ Action, Condition }) => [Action, Condition])).toEqual([
      [
        ['dynamodb:BatchGetItem', 'dynamodb:Query'],
        { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['AUDIT#*'] } },
      ],
      [
        ['dynamodb:GetItem', 'dynamodb:PutItem'],
        { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['SEAL#log'] } },
      ],
    ]);
  });

  it('adds segments and checkpoints to the bucket, and no other name', () => {
    const [append] = sealing(production).filter(({ Action }) => listOf(Action).includes('s3:PutObject'));
    expect(JSON.stringify(append?.Resource)).toMatch(/\/checkpoints\/\*.*\/segments\/\*/);
  });

  it('alone signs with the signing key, which is for that', () => {
    const statements = statementsOf(
      ofType(production, 'AWS::KMS::Key').filter(({ logicalId }) => logicalId === 'SigningKey'),
    );
    expect(statements.find(({ Sid }) => Sid === 'DenyOtherSigners')).toMatchObject({
      Effect: 'Deny',
      Action: 'kms:Sign',
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': SEALER } },
    });
  });

  it('runs every minute, one at a time, for less than it takes another to take its segment up', () => {
    production.templates.functions?.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'tokenward-prod-seal',
      ScheduleExpression: 'rate(1 minute)',
    });
    production.templates.functions?.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'tokenward-prod-seal',
      ReservedConcurrentExecutions: 1,
      Timeout: 55,
    });
  });
});

describe('a log in an account of its own, with a witness', () => {
  it('is a stack of that account, and its bucket has a name that both know', () => {
    expect(elsewhere.stacks.log.account).toBe('999988887777');
    expect(bucketOf(elsewhere)?.Properties).toMatchObject({
      BucketName: 'tokenward-prod-log-999988887777-eu-central-1',
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
    });
    const [append] = sealing(elsewhere).filter(({ Action }) => listOf(Action).includes('s3:PutObject'));
    expect(JSON.stringify(append?.Resource)).toContain(
      'tokenward-prod-log-999988887777-eu-central-1/segments/*',
    );
  });

  it('lets the sealer tell the witness, and says where it is', () => {
    const told = sealing(elsewhere).filter(
      ({ Resource }) => Resource === 'arn:aws:s3:::the-witness/witness/*',
    );
    expect(told.map(({ Action }) => Action)).toEqual(['s3:PutObject']);
    elsewhere.templates.functions?.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'tokenward-prod-seal',
      Environment: { Variables: { WITNESS_BUCKET: 'the-witness' } },
    });
  });
});

it('tells a human of every change to how the log is kept', () => {
  const [rule] = ofType(production, 'AWS::Events::Rule').filter(
    ({ Properties }) => Properties.Name === 'tokenward-prod-log-tampering',
  );
  expect(rule?.Properties.EventPattern).toMatchObject({
    source: ['aws.s3'],
    detail: {
      eventName: expect.arrayContaining([
        'PutBucketObjectLockConfiguration',
        'PutBucketPolicy',
        'DeleteBucketPolicy',
      ]),
      requestParameters: { bucketName: [{ prefix: 'tokenward-prod-log' }] },
    },
  });
});

it('is signed by another key where the deployment asks for one, which nobody else may use either', () => {
  const second = deploy('production', { signingKeyVersion: 2 });
  const keys = ofType(second, 'AWS::KMS::Key');
  expect(keys.map(({ logicalId }) => logicalId)).not.toContain('SigningKey');
  const key = keys.find(({ logicalId }) => logicalId === 'SigningKey2');
  expect(key).toMatchObject({ DeletionPolicy: 'Retain', Properties: { KeySpec: 'ECC_NIST_P256' } });
  expect(statementsOf(key).map(({ Sid }) => Sid)).toContain('DenyOtherSigners');
  const alias = ofType(second, 'AWS::KMS::Alias').find(
    ({ Properties }) => Properties.AliasName === 'alias/tokenward-prod-signing',
  );
  expect(alias?.Properties.TargetKeyId).toEqual({ 'Fn::GetAtt': ['SigningKey2', 'Arn'] });
  expect(JSON.stringify(sealing(second))).toContain('SigningKey2');
  // CloudFormation leaves what is retained: the first key is still there to be looked at.
  const first = ofType(production, 'AWS::KMS::Key').find(({ logicalId }) => logicalId === 'SigningKey');
  expect(first?.DeletionPolicy).toBe('Retain');
});

describe('a log in another account', () => {
  const forward = ofType(elsewhere, 'AWS::Events::Rule').find(
    ({ Properties }) => Properties.Name === 'tokenward-prod-log-forward',
  );

  it('tells the home account of every change to how it is kept', () => {
    const home = ofType(elsewhere, 'AWS::Events::Rule').find(
      ({ Properties }) => Properties.Name === 'tokenward-prod-log-tampering',
    );
    expect(forward?.stack).toBe('log');
    expect(forward?.Properties.EventPattern).toEqual(home?.Properties.EventPattern);
    expect(home?.Properties.EventPattern).toMatchObject({ account: ['999988887777'] });
    expect(JSON.stringify(home?.Properties.Targets)).toContain('Alerts');
    expect(forward?.Properties).toMatchObject({
      Targets: [{ Arn: 'arn:aws:events:eu-central-1:123456789012:event-bus/default' }],
    });
    expect(JSON.stringify(forward?.Properties.Targets)).toContain('DeadLetterConfig');
  });

  it('is believed by the home bus when that one role hands events on, and nobody else there', () => {
    expect(
      ofType(elsewhere, 'AWS::Events::EventBusPolicy').map(({ Properties }) => Properties.Statement),
    ).toEqual([
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::999988887777:root' },
        Action: 'events:PutEvents',
        Resource: 'arn:aws:events:eu-central-1:123456789012:event-bus/default',
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::999988887777:role/tokenward-prod-log-forward' },
        },
      },
    ]);
    expect(ofType(production, 'AWS::Events::EventBusPolicy')).toEqual([]);
  });

  it('is forwarded by a role of EventBridge that can do nothing else', () => {
    const policy = ofType(elsewhere, 'AWS::IAM::ManagedPolicy').find(
      ({ Properties }) => Properties.ManagedPolicyName === 'tokenward-prod-log-forward',
    );
    expect(statementsOf(policy)).toEqual([
      {
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Resource: 'arn:aws:events:eu-central-1:123456789012:event-bus/default',
      },
    ]);
  });
});
