import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { reconcileConfig } from '#adapters/config.ts';
import { FUNCTIONS } from '#core/functions.ts';
import { rotationRules } from '#infra/rotation-rules.ts';
import { type Deployment, deploy, ofType, propertiesOf } from './deployment.ts';

const production = deploy('production');
const RECONCILE = {
  ENVIRONMENT: 'prod',
  TABLE_NAME: 'tokenward-prod-registry',
  BUS_NAME: 'tokenward-prod-bus',
  EVENTS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/tokenward-prod-events',
};

describe('what must last', () => {
  it('is restorable, protected, encrypted and retained', () => {
    production.templates.state?.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: {
          SSEEnabled: true,
          SSEType: 'KMS',
          KMSMasterKeyId: { 'Fn::GetAtt': ['DataKey', 'Arn'] },
        },
        TimeToLiveSpecification: { AttributeName: 'ttlSeconds', Enabled: true },
      },
    });
    for (const type of ['AWS::KMS::Key', 'AWS::SecretsManager::Secret', 'AWS::Logs::LogGroup']) {
      const kept = ofType(production, type);
      expect(kept.length).toBeGreaterThan(0);
      for (const { DeletionPolicy } of kept) expect(DeletionPolicy).toBe('Retain');
    }
  });

  it('keeps its logical ids, whatever the constructs are called', () => {
    const pinned = ofType(production, 'AWS::KMS::Key').map(({ logicalId }) => logicalId);
    expect(pinned.sort()).toEqual([
      'ArchiveKey',
      'DataKey',
      'EvidenceKey',
      'LogsKey',
      'MacKey',
      'PepperKey',
      'SecretsKey',
      'SigningKey',
    ]);
    expect(ofType(production, 'AWS::S3::Bucket').map(({ logicalId }) => logicalId)).toEqual([
      'Log',
      'Evidence',
    ]);
    expect(ofType(production, 'AWS::DynamoDB::Table').map(({ logicalId }) => logicalId)).toEqual([
      'Registry',
    ]);
  });

  it('rotates every key that KMS can rotate, and keeps those for MACs and signatures apart', () => {
    const keys = Object.fromEntries(
      ofType(production, 'AWS::KMS::Key').map(({ logicalId, Properties }) => [logicalId, Properties]),
    );
    expect(keys.MacKey).toMatchObject({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    expect(keys.SigningKey).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    for (const name of ['ArchiveKey', 'DataKey', 'LogsKey', 'PepperKey', 'SecretsKey']) {
      expect(keys[name]).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
    }
  });

  it('has the indexes that the registry asks', () => {
    const [table] = propertiesOf(production, 'AWS::DynamoDB::Table');
    const indexes = table?.GlobalSecondaryIndexes as {
      IndexName: string;
      KeySchema: { AttributeName: string }[];
    }[];
    expect(
      Object.fromEntries(
        indexes.map(({ IndexName, KeySchema }) => [
          IndexName,
          KeySchema.map(({ AttributeName }) => AttributeName),
        ]),
      ),
    ).toEqual({
      expiry: ['due', 'dueAt'],
      principal: ['principalArn', 'tokenId'],
      'audit-token': ['auditToken', 'auditAt'],
      'audit-incident': ['auditIncident', 'auditAt'],
    });
  });

  it('cannot be removed as a stack', () => {
    for (const stack of Object.values(production.stacks)) expect(stack.terminationProtection).toBe(true);
  });
});

it('encrypts and keeps every log', () => {
  for (const group of propertiesOf(production, 'AWS::Logs::LogGroup')) {
    expect(group).toMatchObject({ RetentionInDays: 400, KmsKeyId: expect.anything() });
  }
});

it('encrypts every queue and the topic, and takes nothing without TLS', () => {
  const queues = ofType(production, 'AWS::SQS::Queue');
  const policies = JSON.stringify(ofType(production, 'AWS::SQS::QueuePolicy'));
  for (const { Properties, logicalId } of queues) {
    expect(Properties).toMatchObject({ SqsManagedSseEnabled: true });
    expect(policies).toContain(logicalId);
  }
  expect(policies.match(/aws:SecureTransport/g)).toHaveLength(queues.length);
  production.templates.state?.hasResourceProperties('AWS::SNS::Topic', {
    KmsMasterKeyId: { 'Fn::GetAtt': ['DataKey', 'Arn'] },
  });
});

describe('the functions', () => {
  const functions = propertiesOf(production, 'AWS::Lambda::Function');

  it('run on Node 24 on arm64, each with a limit, a time-out and its own log group, without tracing', () => {
    expect(functions).toHaveLength(FUNCTIONS.length);
    for (const fn of functions) {
      expect(fn).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        ReservedConcurrentExecutions: expect.any(Number),
        LoggingConfig: { LogGroup: expect.anything() },
      });
      expect(fn).not.toHaveProperty('TracingConfig');
    }
  });

  it('get the variables that they parse, and FIPS endpoints only where asked', () => {
    const variables = (deployment: Deployment, name: string): string[] => {
      const fn = propertiesOf(deployment, 'AWS::Lambda::Function').find((properties) =>
        String(properties.FunctionName).endsWith(`-${name}`),
      );
      return Object.keys((fn?.Environment as { Variables: object } | undefined)?.Variables ?? {}).sort();
    };
    const common = ['BUS_NAME', 'ENVIRONMENT', 'FEED_COPIES', 'METRICS_NAMESPACE', 'STAGE', 'TABLE_NAME'];
    const verification = [
      'AUDIENCE',
      'FEED_MAX_AGE_MS',
      'PEPPER_KEY_ARN',
      'READ_TIMEOUT_MS',
      'RECORD_CACHE_MAX_MS',
      'ROUTES',
      'STRICT_FIPS',
    ];
    expect(variables(production, 'authorize')).toEqual(
      [...common, ...verification, 'USAGE_QUEUE_URL'].sort(),
    );
    expect(variables(production, 'rotate')).toEqual([...common, ...verification].sort());
    expect(variables(production, 'issue')).toEqual(
      [
        ...common,
        'ALERT_TOPIC_ARN',
        'DEPLOYERS',
        'OFFERS',
        'PEPPER_KEY_ARN',
        'PEPPER_OLDEST',
        'PEPPER_VERSION',
        'SECRETS_PREFIX',
        'STRICT_FIPS',
      ].sort(),
    );
    expect(variables(production, 'sweep')).toEqual(
      [...common, 'ALERT_TOPIC_ARN', 'QUARANTINE_POLICY_ARN', 'SWEEP_PERIOD_MS'].sort(),
    );
    expect(variables(production, 'revoke')).toEqual(
      [
        ...common,
        'ALERT_TOPIC_ARN',
        'AUTHORIZE_FUNCTION',
        'FEED_MAX_AGE_MS',
        'QUARANTINE_POLICY_ARN',
        'READ_TIMEOUT_MS',
      ].sort(),
    );
    expect(variables(production, 'respond')).toEqual(
      [...common, 'ALERT_TOPIC_ARN', 'OWN_ROLES', 'QUARANTINE_POLICY_ARN', 'RESPONSE_POLICY'].sort(),
    );
    expect(variables(production, 'seal')).toEqual(
      [...common, 'HEARTBEAT_MS', 'LOG_BUCKET', 'LOG_LOCK_DAYS', 'LOG_ORIGIN', 'SIGNING_KEY_ARN'].sort(),
    );
    expect(variables(production, 'reconcile')).toEqual(
      [...common, 'EVENTS_QUEUE_URL', 'RECONCILE_PLAN'].sort(),
    );
    const trail = { arn: 'arn:aws:cloudtrail:eu-central-1:123456789012:trail/all', bucket: 'the-trail' };
    const read = deploy('production', { trail });
    expect(variables(read, 'reconcile')).toContain('TRAIL_BUCKET');
    const planned = propertiesOf(read, 'AWS::Lambda::Function').map(
      ({ Environment }) => (Environment as { Variables: Record<string, string> }).Variables.RECONCILE_PLAN,
    );
    expect(
      reconcileConfig({ ...RECONCILE, RECONCILE_PLAN: planned.find((plan) => plan !== undefined) }).plan,
    ).toMatchObject({
      account: '123456789012',
      regions: [
        { region: 'eu-central-1' },
        { region: 'us-east-1', names: expect.arrayContaining(['CreateAccessKey']) },
      ],
    });
    const strict = deploy('production', { strictFips: true, useFipsEndpoint: true });
    const switched = (deployment: Deployment): readonly unknown[] =>
      propertiesOf(deployment, 'AWS::Lambda::Function').map(
        ({ Environment }) =>
          (Environment as { Variables: Record<string, unknown> }).Variables.AWS_USE_FIPS_ENDPOINT,
      );
    expect(switched(strict).length).toBeGreaterThanOrEqual(FUNCTIONS.length);
    expect(new Set(switched(strict))).toEqual(new Set(['true']));
    expect(new Set(switched(production))).toEqual(new Set([undefined]));
    expect(variables(strict, 'authorize')).toContain('MAC_KEY_ARN');
  });

  it('keep what fails for good, wherever they are invoked asynchronously, and call a human', () => {
    const kept = functions.filter((fn) => 'DeadLetterConfig' in fn).map((fn) => fn.FunctionName as string);
    expect(kept.sort()).toEqual(
      ['issue', 'reconcile', 'report', 'revoke', 'seal', 'sweep'].map((name) => `tokenward-prod-${name}`),
    );
    const dead = ofType(production, 'AWS::SQS::Queue').map(
      ({ Properties }) => (Properties as { QueueName: string }).QueueName,
    );
    const alarms = propertiesOf(production, 'AWS::CloudWatch::Alarm').map(
      (alarm) => alarm.AlarmName as string,
    );
    const lost = dead.filter((name) => !['tokenward-prod-events', 'tokenward-prod-usage'].includes(name));
    expect(lost).toHaveLength(14);
    for (const name of lost) expect(alarms).toContain(`${name}-not-empty`);
  });
});

describe('each managed token', () => {
  const tokens = production.templates.tokens;

  it('is an empty secret under our key, tagged', () => {
    const secrets = propertiesOf(production, 'AWS::SecretsManager::Secret');
    expect(secrets).toHaveLength(3);
    for (const secret of secrets) {
      expect(secret).not.toHaveProperty('SecretString');
      expect(secret).not.toHaveProperty('GenerateSecretString');
      expect(secret).toHaveProperty('KmsKeyId');
      expect((secret.Tags as { Key: string }[]).map(({ Key }) => Key)).toEqual([
        'tokenward:env',
        'tokenward:token',
      ]);
    }
  });

  it('is registered before Secrets Manager learns of its schedule, which never rotates at a deploy', () => {
    const schedules = ofType(production, 'AWS::SecretsManager::RotationSchedule');
    expect(schedules).toHaveLength(3);
    for (const schedule of schedules) {
      expect(schedule.DependsOn?.some((id) => id.includes('Registration'))).toBe(true);
      expect(schedule.Properties).toMatchObject({
        RotateImmediatelyOnUpdate: false,
        RotationLambdaARN: expect.anything(),
      });
      expect(schedule.Properties).not.toHaveProperty('HostedRotationLambda');
    }
    tokens?.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      RotationRules: { Duration: '2h', ScheduleExpression: 'cron(0 /6 * * ? *)' },
    });
    tokens?.hasResourceProperties('Custom::TokenwardToken', {
      declaration: Match.serializedJson(Match.objectLike({ id: 'billing', rotationHours: 6 })),
      secretArn: Match.anyValue(),
      ServiceToken: Match.anyValue(),
    });
  });

  it.each([
    [4, 2, 'cron(0 /4 * * ? *)'],
    [5, 2, 'rate(5 hours)'],
    [12, 3, 'cron(0 /12 * * ? *)'],
    [24, 24, 'cron(0 0 * * ? *)'],
    [36, 3, 'rate(36 hours)'],
    [720, 3, 'rate(30 days)'],
  ])('rotates every %i hours within %i by %s', (rotationHours, rotationWindowHours, scheduleExpression) => {
    expect(rotationRules({ id: 'orders', rotationHours, rotationWindowHours })).toEqual({
      scheduleExpression,
      duration: `${rotationWindowHours}h`,
    });
  });

  it('rotates daily at an hour of its own, so that its window stays within the day', () => {
    const hours = Array.from({ length: 200 }, (_, n) =>
      rotationRules({ id: `token-${n}`, rotationHours: 24, rotationWindowHours: 3 }),
    ).map(({ scheduleExpression }) => Number(/^cron\(0 (\d+) \* \* \? \*\)$/.exec(scheduleExpression)?.[1]));
    expect(Math.max(...hours)).toBe(21);
    expect(new Set(hours).size).toBe(22);
  });
});

it('authenticates every route of the control API by IAM, throttles it and logs who called', () => {
  const methods = propertiesOf(production, 'AWS::ApiGateway::Method');
  expect(methods).toHaveLength(2);
  for (const method of methods)
    expect(method).toMatchObject({ AuthorizationType: 'AWS_IAM', HttpMethod: 'POST' });
  const [stage] = propertiesOf(production, 'AWS::ApiGateway::Stage');
  expect(stage).toMatchObject({
    AccessLogSetting: { DestinationArn: expect.anything(), Format: expect.not.stringContaining('header') },
    MethodSettings: [
      { DataTraceEnabled: false, LoggingLevel: 'ERROR', ThrottlingBurstLimit: 40, ThrottlingRateLimit: 20 },
    ],
  });
});

it('sweeps every five minutes under a role that only EventBridge Scheduler of this account can take', () => {
  production.templates.functions?.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'rate(5 minutes)',
    Target: { DeadLetterConfig: Match.anyValue(), RetryPolicy: { MaximumRetryAttempts: 2 } },
  });
  production.templates.functions?.hasResourceProperties('AWS::IAM::Role', {
    RoleName: 'tokenward-prod-sweep-schedule',
    AssumeRolePolicyDocument: {
      Statement: [{ Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } } }],
    },
  });
});

it('has CloudFormation register every token anew when another pepper, or KMS, makes the MACs', () => {
  const macs = (deployment: Deployment): readonly unknown[] =>
    propertiesOf(deployment, 'Custom::TokenwardToken').map((properties) => properties.macs);
  expect(new Set(macs(production))).toEqual(new Set(['peppers 1 to 1']));
  const second = deploy('production', { pepperVersion: 3, pepperOldest: 2 });
  expect(new Set(macs(second))).toEqual(new Set(['peppers 2 to 3']));
  const issue = propertiesOf(second, 'AWS::Lambda::Function').find(({ FunctionName }) =>
    String(FunctionName).endsWith('-issue'),
  );
  expect(issue?.Environment).toMatchObject({ Variables: { PEPPER_VERSION: '3', PEPPER_OLDEST: '2' } });
  expect(new Set(macs(deploy('production', { strictFips: true })))).toEqual(new Set(['kms']));
});
