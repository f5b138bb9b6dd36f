import { describe, expect, it } from 'vitest';
import type { Outcome } from '#core/evidence/check.ts';
import { SETTINGS, TEMPLATE } from '#test/report/facts.ts';
import { changed, judged, nothing, only, resource } from '#test/report/templates.ts';

describe('one resource', () => {
  const type = {
    bucket: 'AWS::S3::Bucket',
    method: 'AWS::ApiGateway::Method',
    secret: 'AWS::SecretsManager::Secret',
    group: 'AWS::Logs::LogGroup',
    key: 'AWS::KMS::Key',
    alarm: 'AWS::CloudWatch::Alarm',
    lambda: 'AWS::Lambda::Function',
  } as const;
  const denial = (secure: unknown, Effect = 'Deny') => ({
    Statement: { Effect, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': secure } } },
  });

  it.each([
    ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket'],
    ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues'],
    ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'Topics'],
  ])('%s demands TLS by a %s of its own', (kind, by, on) => {
    const of = (document: object, whose = 'Mine'): Outcome =>
      judged(
        'resources.transport',
        only({
          's/Mine': resource(kind),
          's/Policy': resource(by, { [on]: [{ Ref: whose }], PolicyDocument: document }),
        }),
      );
    expect(of(denial('false')).says).toBe(
      '1 buckets, queues and topics, each with a denial of plain transport',
    );
    expect(of(denial(false)).result).toBe('holds');
    expect(of(denial('true')).says).toBe('reachable without TLS: s/Mine');
    expect(of(denial('false', 'Allow')).result).toBe('fails');
    expect(of(denial('false'), 'Other').result).toBe('fails');
  });

  it.each([
    ['resources.logs', { g: resource(type.group, { KmsKeyId: 'k', RetentionInDays: 1 }) }, 'g'],
    ['resources.logs', { g: resource(type.group, { RetentionInDays: SETTINGS.logRetentionDays }) }, 'g'],
    ['resources.secrets', { s: resource(type.secret, { KmsKeyId: { Ref: 'DataKey' } }) }, 's'],
    ['resources.rotation', { 'a/s': resource(type.secret) }, 'a/s'],
    ['policies.callers', { m: resource(type.method, { AuthorizationType: 'NONE' }) }, 'm'],
    ['policies.callers', { m: resource(type.method) }, 'm'],
    ['policies.boundary', { f: resource(type.lambda, { Environment: { A: 'BEGIN PRIVATE KEY' } }) }, 'f'],
    ['policies.boundary', { f: resource(type.lambda, { Environment: { A: 'SecretString' } }) }, 'f'],
    ['resources.keys', { k: resource(type.key, { PendingWindowInDays: 30 }) }, 'k'],
    ['resources.sealer-alone', { 's/SigningKey': resource(type.key) }, 's/SigningKey'],
    [
      'resources.sealer-alone',
      {
        's/SigningKey': resource(type.key, {
          KeyPolicy: [
            { Effect: 'Allow', Action: 'kms:Sign' },
            { Effect: 'Deny', Action: 'kms:Decrypt' },
          ],
        }),
      },
      's/SigningKey',
    ],
  ])('%s fails %j', (id, resources, told) => {
    expect(judged(id, only(resources))).toMatchObject({
      result: 'fails',
      says: expect.stringMatching(new RegExp(`: ${told}$`)),
    });
  });

  it.each([
    ['policies.callers', { m: resource(type.method, { AuthorizationType: 'AWS_IAM' }) }],
    ['policies.callers', { m: resource(type.method, { AuthorizationType: 'CUSTOM' }) }],
    [
      'resources.logs',
      { g: resource(type.group, { KmsKeyId: 'k', RetentionInDays: SETTINGS.logRetentionDays }) },
    ],
    ['resources.secrets', { s: resource(type.secret, { KmsKeyId: { Ref: 'SecretsKey' } }) }],
    [
      'resources.rotation',
      {
        'a/s': resource(type.secret),
        other: resource('AWS::SecretsManager::RotationSchedule', { SecretId: { Ref: 'other' } }),
        one: resource('AWS::SecretsManager::RotationSchedule', { SecretId: { Ref: 's' } }),
      },
    ],
    [
      'resources.sealer-alone',
      {
        's/SigningKey': resource(type.key, { KeyPolicy: [{ Effect: 'Deny', Action: ['a:b', 'kms:Sign'] }] }),
        's/DataKey': resource(type.key),
      },
    ],
    ['policies.boundary', { f: resource(type.lambda, { Environment: { A: `twd_p_${'a'.repeat(16)}_` } }) }],
  ])('%s holds for %j', (id, resources) => {
    expect(judged(id, only(resources)).result).toBe('holds');
  });

  it.each([
    ['resources.transport', 'bucket, queue or topic'],
    ['resources.logs', 'log group'],
    ['resources.secrets', 'secret'],
    ['resources.log-policy', 'bucket under Object Lock'],
    ['resources.sealer-alone', 'signing key'],
    ['resources.keys', 'key'],
    ['resources.rotation', 'secret'],
    ['policies.narrow', 'policy'],
    ['policies.callers', 'route'],
    ['policies.boundary', 'function'],
  ])('%s says what it looked for', (id, what) => {
    expect(judged(id, only({}))).toEqual({ result: 'fails', says: `no ${what} was found` });
  });

  it('a bucket that is not locked is not the log’s, and a log elsewhere is not seen', () => {
    const open = only({ b: resource(type.bucket, { ObjectLockEnabled: false }) });
    expect(judged('resources.log-policy', open).says).toBe('no bucket under Object Lock was found');
    expect(judged('resources.log-policy', open, { ...SETTINGS, logElsewhere: true })).toEqual({
      result: 'unseen',
      says: 'the log is in another account',
    });
    expect(judged('resources.log-policy', TEMPLATE, { ...SETTINGS, logElsewhere: true }).result).toBe(
      'holds',
    );
  });

  it.each([
    ['30 days and a denial', 30, 'Retain', 'DenyKeyDestruction', 'holds'],
    ['29 days', 29, 'Retain', 'DenyKeyDestruction', 'fails'],
    ['an end with its stack', 30, 'Delete', 'DenyKeyDestruction', 'fails'],
    ['no denial', 30, 'Retain', 'Other', 'fails'],
  ])('a key of %s', (_what, PendingWindowInDays, DeletionPolicy, Sid, result) => {
    const statements = [
      { Sid: 'First', Effect: 'Allow', Action: 'a' },
      { Sid, Effect: 'Deny', Action: 'b' },
    ];
    const key = {
      Type: type.key,
      Properties: { PendingWindowInDays, KeyPolicy: statements },
      DeletionPolicy,
    };
    expect(judged('resources.keys', only({ key })).result).toBe(result);
    expect(judged('resources.keys', only({ key }), { ...SETTINGS, stage: 'sandbox' })).toMatchObject({
      result: 'holds',
      says: '1 keys, one a purpose; a sandbox’s may be destroyed',
    });
  });

  it.each([
    ['no action', { AlarmActions: [] }],
    ['actions off', { AlarmActions: ['t'], ActionsEnabled: false }],
  ])('an alarm with %s is mute', (_what, properties) => {
    const more = changed(nothing, { 'x/Alarm': resource(type.alarm, { AlarmName: 'x', ...properties }) });
    expect(judged('resources.alarms', more).says).toBe('missing or mute: x/Alarm');
  });

  it('an authorizer that caches, or functions that name no age of their feed', () => {
    const authorizer = (seconds: unknown) =>
      changed(nothing, {
        'x/A': resource('AWS::ApiGateway::Authorizer', { AuthorizerResultTtlInSeconds: seconds }),
      });
    expect(judged('policies.cache', authorizer(1)).says).toBe('answers are cached: x/A');
    expect(judged('policies.cache', authorizer(undefined)).result).toBe('fails');
    expect(judged('policies.cache', authorizer(0)).says).toMatch(/feed of at most 1000 ms$/);
    expect(judged('policies.cache', only({ f: resource(type.lambda) })).says).toBe(
      'no function says how old its feed may be',
    );
  });

  it('a policy of two roles is shared, one of one role is not', () => {
    const roles = (...Roles: readonly string[]) =>
      changed(nothing, { 'x/P': resource('AWS::IAM::ManagedPolicy', { Roles }) });
    expect(judged('policies.roles', roles('a', 'b')).says).toBe('shared, inline or missing: x/P');
    expect(judged('policies.roles', roles('a')).result).toBe('holds');
  });

  it('a role that carries a policy is named', () => {
    const carrying = changed(nothing, { 'x/R': resource('AWS::IAM::Role', { Policies: [] }) });
    expect(judged('policies.roles', carrying).says).toBe('shared, inline or missing: x/R');
  });

  it('parameters that no function has are all named', () => {
    expect(judged('policies.settings', only({})).says).toBe(
      'no function has FEED_MAX_AGE_MS, READ_TIMEOUT_MS, SWEEP_PERIOD_MS, LOG_LOCK_DAYS, HEARTBEAT_MS',
    );
  });
});
