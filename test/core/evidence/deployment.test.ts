import { describe, expect, it } from 'vitest';
import { type Outcome, observe } from '#core/evidence/check.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import type { DeployedSettings } from '#core/evidence/facts.ts';
import { statementsOf, type Template, type TemplateResource, textOf } from '#core/evidence/template.ts';
import { goodFacts, SETTINGS, seen, TEMPLATE } from '#test/report/facts.ts';

const judged = (id: string, template: Template, settings: DeployedSettings = SETTINGS): Outcome => {
  const one = CHECKS.find((check) => check.id === id);
  if (one === undefined) throw new Error(`${id} is gone`);
  return observe(one, goodFacts({ template: seen(template), settings })).outcome;
};

/** Templates of a few resources, by id. */
const only = (resources: Template['resources']): Template => ({ resources });
const resource = (Type: string, Properties: TemplateResource['Properties'] = {}): TemplateResource => ({
  Type,
  Properties,
});

/** The deployment less what matches, and with other resources. */
const changed = (
  dropped: (resource: TemplateResource, id: string) => boolean,
  added: Template['resources'] = {},
): Template => {
  const kept = Object.entries(TEMPLATE.resources).filter(([id, one]) => !dropped(one, id));
  return only({ ...Object.fromEntries(kept), ...added });
};
const named = (type: string, property: string, name: string) => (one: TemplateResource) =>
  one.Type === type && textOf(one.Properties?.[property]) === `tokenward-prod-${name}`;
const nothing = (): boolean => false;

const allow = (Action: unknown, Resource: unknown, Sid?: string) => ({
  Sid,
  Effect: 'Allow',
  Action,
  Resource,
});
const policy = (name: string, ...statements: readonly object[]): TemplateResource =>
  resource('AWS::IAM::ManagedPolicy', {
    ManagedPolicyName: `tokenward-prod-${name}`,
    PolicyDocument: { Statement: statements },
  });

describe('what is demanded by name is missed by name', () => {
  it.each([
    'seal-not-running',
    'seal-late',
    'seal-ChainBroken',
    'sweep-not-running',
    'rotation-failed',
    'authorize-errors',
    'respond-errors',
    'events-failed-not-empty',
  ])('the alarm %s', (alarm) => {
    expect(
      judged('resources.alarms', changed(named('AWS::CloudWatch::Alarm', 'AlarmName', alarm))),
    ).toMatchObject({ result: 'fails', says: `missing or mute: ${alarm}` });
  });

  it.each(['secret-reads', 'value-decrypts', 'own-roles-misused', 'tampering', 'log-tampering'])(
    'the rule %s, off or gone',
    (rule) => {
      const gone = changed(named('AWS::Events::Rule', 'Name', rule));
      const told = { result: 'fails', says: `off or missing: ${rule}` };
      expect(judged('resources.rules', gone)).toMatchObject(told);
      const off = resource('AWS::Events::Rule', { Name: `tokenward-prod-${rule}`, State: 'DISABLED' });
      expect(judged('resources.rules', only({ ...gone.resources, off }))).toMatchObject(told);
      const on = resource('AWS::Events::Rule', {
        Name: `tokenward-prod-${rule}`,
        State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      });
      expect(judged('resources.rules', only({ ...gone.resources, on })).result).toBe('holds');
    },
  );

  it.each(['sweep', 'seal', 'report'])('the schedule of %s', (schedule) => {
    const gone = changed(named('AWS::Scheduler::Schedule', 'Name', schedule));
    expect(judged('resources.schedules', gone).says).toBe(`not scheduled: ${schedule}`);
  });

  it.each([
    'DenyOtherAppenders',
    'DenyRemoval',
    'DenyUnlocked',
    'DenyShortLock',
    'DenyOverwriting',
    'DenySealerToRead',
  ])('the denial %s on the log’s bucket, or one that allows', (sid) => {
    const with_ = (change: (statement: Record<string, unknown>) => object | undefined): Outcome => {
      const resources = structuredClone(TEMPLATE.resources) as Record<string, TemplateResource>;
      for (const one of Object.values(resources)) {
        const document = one.Properties?.PolicyDocument as
          | { Statement: Record<string, unknown>[] }
          | undefined;
        if (one.Type !== 'AWS::S3::BucketPolicy' || document === undefined) continue;
        document.Statement = document.Statement.flatMap(
          (statement) => (statement.Sid === sid ? (change(statement) ?? []) : statement) as never,
        );
      }
      return judged('resources.log-policy', only(resources));
    };
    expect(with_(() => undefined)).toMatchObject({
      result: 'fails',
      says: expect.stringMatching(new RegExp(`^not denied: tokenward-prod-log/\\w+ lacks ${sid}$`)),
    });
    expect(with_((statement) => ({ ...statement, Effect: 'Allow' })).result).toBe('fails');
  });

  it.each(['issuer', 'responder', 'auditor', 'deployer'])('the duty of the %s', (duty) => {
    const gone = changed(named('AWS::IAM::ManagedPolicy', 'ManagedPolicyName', duty));
    expect(judged('policies.duties', gone)).toEqual({ result: 'fails', says: `no policy for ${duty}` });
  });

  it.each([
    ['FEED_MAX_AGE_MS', { feedMaxAgeMs: 7 }, '7'],
    ['READ_TIMEOUT_MS', { readTimeoutMs: 7 }, '7'],
    ['SWEEP_PERIOD_MS', { sweepPeriodMinutes: 7 }, '420000'],
    ['LOG_LOCK_DAYS', { logLockDays: 7 }, '7'],
    ['HEARTBEAT_MS', { heartbeatMinutes: 7 }, '420000'],
  ] as const)('the parameter %s', (name, part, wanted) => {
    const { result, says } = judged('policies.settings', TEMPLATE, { ...SETTINGS, ...part });
    expect(result).toBe('fails');
    expect(says).toMatch(
      new RegExp(`^deployed otherwise: tokenward-prod-\\S+ ${name} is \\d+, not ${wanted}`),
    );
    const resources = JSON.parse(
      JSON.stringify(TEMPLATE.resources).replaceAll(`"${name}"`, '"OTHER"'),
    ) as never;
    expect(judged('policies.settings', only(resources))).toEqual({
      result: 'fails',
      says: `no function has ${name}`,
    });
  });
});

describe('duties', () => {
  const duties = ['issuer', 'responder', 'auditor', 'deployer'];

  it.each(duties.flatMap((one, nth) => duties.slice(nth + 1).map((other) => [one, other] as const)))(
    'of %s and %s share nothing',
    (one, other) => {
      const all = Object.fromEntries(
        duties.map((name) => [
          name,
          policy(
            name,
            allow([`a:${name}`], 'r'),
            ...([one, other].includes(name) ? [allow('a:X', ['r', 's'])] : []),
          ),
        ]),
      );
      expect(judged('policies.duties', only(all))).toMatchObject({
        result: 'fails',
        says: `in common: ${one} and ${other}: a:X on r, ${one} and ${other}: a:X on s`,
      });
    },
  );

  it('may hold one action on different resources, and share a denial', () => {
    const all = Object.fromEntries(
      duties.map((name) => [
        name,
        policy(name, allow('a:X', name), { Effect: 'Deny', Action: 'a:Y', Resource: 'r' }),
      ]),
    );
    expect(judged('policies.duties', only(all)).says).toBe('4 duties, 4 allowances, none in common');
  });
});

describe('a function is kept from what is another’s', () => {
  const value = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'kms:Sign'];
  const kept: Readonly<Record<string, readonly string[]>> = {
    authorize: [
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'secretsmanager:GetSecretValue',
    ],
    sweep: value,
    respond: value,
    revoke: value,
    seal: ['secretsmanager:GetSecretValue', 'dynamodb:UpdateItem', 's3:GetObject', 's3:DeleteObject'],
    report: ['secretsmanager:GetSecretValue', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 's3:DeleteObject'],
  };
  const bare = Object.fromEntries(Object.keys(kept).map((name) => [name, policy(name)]));

  it.each(
    Object.entries(kept).flatMap(([name, actions]) => actions.map((action) => [name, action] as const)),
  )('%s from %s', (name, action) => {
    const given = { ...bare, [name]: policy(name, allow(['a:b', action], '*')) };
    expect(judged('policies.apart', only(given)).says).toBe(`allowed: ${name} may ${action}`);
  });

  it.each(Object.keys(kept))('%s has a policy to be judged by', (name) => {
    const { [name]: _, ...others } = bare;
    expect(judged('policies.apart', only(others)).says).toBe(`allowed: ${name} has no policy`);
  });

  it('and by nothing else', () => {
    expect(judged('policies.apart', only(bare)).says).toBe('21 actions withheld from 6 functions');
  });
});

describe('an allowance', () => {
  it.each([
    ['names its actions', allow('a:b', 'r'), 'holds'],
    ['has a wildcard among its actions', allow(['a:b', 'a:Get*'], 'r'), 'fails'],
    ['is for every resource', allow('a:b', '*', 'Other'), 'fails'],
    ['is for every resource beside one', allow('a:b', ['r', '*'], 'Other'), 'fails'],
    ['is for every resource of a kind', allow('a:b', 'r/*', 'Other'), 'holds'],
    ['is for random bytes', allow('kms:GenerateRandom', '*', 'RandomBytes'), 'holds'],
    ['lists trails', allow('cloudtrail:DescribeTrails', '*', 'ListTrails'), 'holds'],
    ['looks up events', allow('cloudtrail:LookupEvents', '*', 'LookUpEvents'), 'holds'],
    ['is a denial of everything', { Effect: 'Deny', Action: '*', Resource: '*' }, 'holds'],
  ])('that %s', (_what, statement, result) => {
    expect(judged('policies.narrow', only({ p: policy('x', statement) })).result).toBe(result);
  });
});

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
});

it('statements are found however deep, with all that they say', () => {
  const inner = {
    Sid: 'S',
    Effect: 'Allow',
    Action: 'a:b',
    Resource: [{ Ref: 'R' }, 'r'],
    Principal: '*',
    Condition: { Bool: { c: 'd' } },
  };
  expect(statementsOf({ a: [{ b: inner }, 'text', { Effect: 'Allow' }, { Action: 'a' }], c: null })).toEqual([
    {
      sid: 'S',
      effect: 'Allow',
      actions: ['a:b'],
      resources: ['{"Ref":"R"}', 'r'],
      principal: '*',
      condition: { Bool: { c: 'd' } },
    },
  ]);
});
