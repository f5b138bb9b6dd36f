import { describe, expect, it } from 'vitest';
import { ACT_APIS } from '#events/trail/acts.ts';
import { type GuardRule, guardRules } from '#infra/rules.ts';
import { deploy, ofType } from './deployment.ts';
import { matches } from './pattern.ts';

const production = deploy('production');
const rulesOf = (stack: string): readonly Record<string, unknown>[] =>
  ofType(production, 'AWS::Events::Rule')
    .filter((resource) => resource.stack === stack)
    .map(({ Properties }) => Properties);
const rules = rulesOf('guard');
const named = (name: string): Record<string, unknown> => {
  const rule = rules.find(({ Name }) => Name === `tokenward-prod-${name}`);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
};
const sessions = [
  'issue',
  'authorize',
  'rotate',
  'sweep',
  'respond',
  'revoke',
  'seal',
  'reconcile',
  'report',
].map((name) => `arn:aws:sts::123456789012:assumed-role/tokenward-prod-${name}/tokenward-prod-${name}`);
const notOurs = { arn: [{ exists: false }, { 'anything-but': sessions }] };

describe('the rules', () => {
  it('are all there, on the default bus, within what EventBridge takes', () => {
    expect(rules.map(({ Name }) => Name).sort()).toEqual(
      guardRules(production.settings)
        .map(({ name }) => `tokenward-prod-${name}`)
        .sort(),
    );
    for (const rule of rules) {
      expect(rule).not.toHaveProperty('EventBusName');
      expect(JSON.stringify(rule.EventPattern).length).toBeLessThan(4_096);
    }
  });

  it('pin source, kind and account, so that no event put by a tenant can pass', () => {
    for (const { EventPattern } of rules) {
      const { source, account, ...pattern } = EventPattern as {
        source: (string | { prefix: string })[];
        account: string[];
      };
      expect(account).toEqual(['123456789012']);
      expect(pattern).toHaveProperty('detail-type');
      for (const one of source) expect(typeof one === 'string' ? one : one.prefix).toMatch(/^aws\./);
    }
  });

  it('see read-only management events wherever they look for reads', () => {
    expect(
      Object.fromEntries(
        rules.map(({ Name, State }) => [String(Name).replace('tokenward-prod-', ''), State]),
      ),
    ).toEqual({
      'secret-reads': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      'value-decrypts': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      'own-keys-used': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      sessions: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      'own-roles-misused': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      'rotation-failed': 'ENABLED',
      'identity-changes': 'ENABLED',
      'function-changes': 'ENABLED',
      tampering: 'ENABLED',
      'deployment-tampering': 'ENABLED',
      'log-tampering': 'ENABLED',
      'exposed-credentials': 'ENABLED',
      'root-sign-in': 'ENABLED',
      'forwarding-failed': 'ENABLED',
    });
  });

  it('watch reads of our secrets by name and by ARN, and by nobody of ours', () => {
    expect(named('secret-reads').EventPattern).toEqual({
      source: ['aws.secretsmanager'],
      'detail-type': ['AWS API Call via CloudTrail'],
      account: ['123456789012'],
      detail: {
        eventSource: ['secretsmanager.amazonaws.com'],
        $or: [
          {
            eventName: ['GetSecretValue'],
            requestParameters: {
              secretId: [
                { prefix: 'tokenward/prod/' },
                { prefix: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:tokenward/prod/' },
              ],
            },
          },
          { eventName: ['BatchGetSecretValue', 'ListSecrets'] },
        ],
        userIdentity: notOurs,
      },
    });
    const everything = guardRules({ ...production.settings, watchAllSecrets: true });
    expect(everything.find(({ name }) => name === 'secret-reads')?.pattern).toMatchObject({
      detail: { $or: [{ eventName: ['GetSecretValue'] }, { eventName: expect.anything() }] },
    });
  });

  it('watch which version was decrypted', () => {
    expect(named('value-decrypts').EventPattern).toMatchObject({
      source: ['aws.kms'],
      detail: {
        eventName: ['Decrypt'],
        requestParameters: {
          encryptionContext: {
            SecretARN: [
              { prefix: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:tokenward/prod/' },
            ],
          },
        },
        userIdentity: notOurs,
      },
    });
  });

  it('tell a human of our roles in strange hands, and only a human', () => {
    const rule = named('own-roles-misused');
    expect(rule.EventPattern).toMatchObject({
      detail: {
        userIdentity: {
          sessionContext: {
            sessionIssuer: {
              arn: expect.arrayContaining(['arn:aws:iam::123456789012:role/tokenward-prod-rotate']),
            },
          },
        },
        $or: [
          { userIdentity: { arn: [{ 'anything-but': sessions }] } },
          { eventName: [{ 'anything-but': expect.arrayContaining(['GetSecretValue']) }] },
        ],
      },
    });
    expect(JSON.stringify(rule.Targets)).toContain('Alerts');
    expect(JSON.stringify(rule.Targets)).not.toContain('EventsQueue');
  });

  it('hand on to the responder’s queue, keep what they cannot deliver, and raise an alarm for it', () => {
    const alarms = ofType(production, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName);
    for (const { Name, Targets } of rules) {
      const targets = Targets as { DeadLetterConfig: unknown }[];
      expect(targets.length).toBeGreaterThan(0);
      for (const { DeadLetterConfig } of targets)
        expect(JSON.stringify(DeadLetterConfig)).toContain('Undelivered');
      expect(alarms).toContain(`${Name}-undelivered`);
    }
    for (const { name, targets } of guardRules(production.settings)) {
      const deployed = JSON.stringify(named(name).Targets);
      expect([name, deployed.includes('EventsQueue')]).toEqual([name, targets.includes('respond')]);
      expect([name, deployed.includes('AlertsC') || deployed.includes('Alerts')]).toEqual([
        name,
        targets.includes('alert'),
      ]);
    }
  });

  it('tell of every change to how the sealed log is kept: its lock, its policy, its key', () => {
    const { EventPattern, Targets } = named('log-tampering');
    expect(EventPattern).toMatchObject({
      source: ['aws.s3'],
      detail: {
        eventName: expect.arrayContaining([
          'PutBucketObjectLockConfiguration',
          'PutBucketPolicy',
          'DeleteBucketPolicy',
          'PutBucketVersioning',
          'PutBucketLifecycle',
        ]),
        requestParameters: { bucketName: [{ prefix: 'tokenward-prod-log' }] },
      },
    });
    // Nobody is left out of it, our own functions and the deployment least of all.
    expect(JSON.stringify(EventPattern)).not.toContain('userIdentity');
    expect(JSON.stringify(Targets)).toContain('Alerts');
    expect(named('tampering').EventPattern).toMatchObject({
      source: expect.arrayContaining(['aws.kms']),
      detail: {
        eventName: expect.arrayContaining([
          ...['PutKeyPolicy', 'DisableKey', 'ScheduleKeyDeletion', 'CreateGrant', 'DisableKeyRotation'],
          ...['UpdateAlias', 'DeleteAlias', 'StopLogging'],
        ]),
      },
    });
  });

  it('tell of the break-glass role, where there is one: who takes it, and what it changes', () => {
    const arn = 'arn:aws:iam::123456789012:role/break-glass';
    const guarded = deploy('production', { breakGlassRoleArn: arn });
    const rule = ofType(guarded, 'AWS::Events::Rule').find(
      ({ Properties }) => Properties.Name === 'tokenward-prod-break-glass-used',
    );
    expect(rule?.Properties).toMatchObject({
      State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      EventPattern: {
        account: ['123456789012'],
        detail: {
          $or: [
            { eventName: expect.arrayContaining(['AssumeRole']), requestParameters: { roleArn: [arn] } },
            { userIdentity: { sessionContext: { sessionIssuer: { arn: [arn] } } }, readOnly: [false] },
          ],
        },
      },
    });
    expect(JSON.stringify(rule?.Properties.Targets)).toContain('Alerts');
    const topicPolicy = JSON.stringify(ofType(guarded, 'AWS::SNS::TopicPolicy'));
    expect(topicPolicy).toContain('rule/tokenward-prod-break-glass-used');
    expect(rules.map(({ Name }) => Name)).not.toContain('tokenward-prod-break-glass-used');
  });

  it('raise an alarm, beside the message, for whatever goes to a human', () => {
    const guarded = deploy('production', { breakGlassRoleArn: 'arn:aws:iam::123456789012:role/break-glass' });
    const alarms = ofType(guarded, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
    for (const name of ['tampering', 'log-tampering', 'own-roles-misused', 'break-glass-used']) {
      const alarm = alarms.find(({ AlarmName }) => AlarmName === `tokenward-prod-${name}`);
      expect(alarm, name).toMatchObject({
        Namespace: 'AWS/Events',
        MetricName: 'MatchedEvents',
        Dimensions: [{ Name: 'RuleName', Value: `tokenward-prod-${name}` }],
        Threshold: 1,
        EvaluationPeriods: 1,
      });
      expect(alarm?.AlarmActions).toHaveLength(1);
    }
  });

  it('are the only sources that the queue and the topic take events from', () => {
    const policies = JSON.stringify(
      ofType(production, 'AWS::SQS::QueuePolicy').filter(({ logicalId }) =>
        logicalId.startsWith('EventsQueue'),
      ),
    );
    const arn = (name: string): string =>
      `arn:aws:events:eu-central-1:123456789012:rule/tokenward-prod-${name}`;
    for (const { name, targets } of guardRules(production.settings)) {
      expect([name, policies.includes(`${arn(name)}"`)]).toEqual([name, targets.includes('respond')]);
    }
  });
});

const ACCOUNT = '123456789012';
const MALLORY = {
  type: 'IAMUser',
  arn: `arn:aws:iam::${ACCOUNT}:user/mallory`,
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
};
const KEYS = ['arn:aws:kms:eu-central-1:123456789012:key/mac'];
const compiled = guardRules(production.settings, KEYS);

/** A record in the envelope that EventBridge gives it. */
function event(api: string, detail: object = {}): object {
  const [service, eventName] = api.split(':');
  return {
    source: `aws.${service}`,
    'detail-type': 'AWS API Call via CloudTrail',
    account: ACCOUNT,
    detail: { eventSource: `${service}.amazonaws.com`, eventName, userIdentity: MALLORY, ...detail },
  };
}
const heard = (given: object, target?: GuardRule['targets'][number]): readonly string[] =>
  compiled
    .filter(
      ({ pattern, targets }) => matches(pattern, given) && (target === undefined || targets.includes(target)),
    )
    .map(({ name }) => name);

/** What makes each call about something of ours, where the rule asks. */
const ABOUT: Readonly<Record<string, object>> = {
  'secretsmanager:GetSecretValue': { secretId: 'tokenward/prod/orders' },
  'kms:Decrypt': {
    encryptionContext: {
      SecretARN: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:tokenward/prod/a',
    },
  },
  'dynamodb:DeleteTable': { tableName: 'tokenward-prod-registry' },
  'dynamodb:UpdateTable': { tableName: 'tokenward-prod-registry' },
};

describe('what the rules see of a stranger', () => {
  it.each(ACT_APIS)('%s reaches the responder', (api) => {
    const lambda = api.startsWith('lambda:') ? '20150331v2' : '';
    const given = event(`${api}${lambda}`, { requestParameters: ABOUT[api] ?? null });
    expect(heard(given, 'respond')).not.toEqual([]);
  });

  it.each<[string, object, readonly string[]]>([
    ['sts:GetCallerIdentity', {}, ['sessions']],
    ['secretsmanager:ListSecrets', {}, ['secret-reads']],
    ['secretsmanager:GetSecretValue', { requestParameters: { secretId: 'somebody/elses' } }, []],
    ['sts:AssumeRole', { userIdentity: { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' } }, []],
    ['kms:GenerateMac', { resources: [{ ARN: KEYS[0] }] }, ['own-keys-used']],
    ['kms:GenerateMac', { resources: [{ ARN: 'arn:aws:kms:eu-central-1:123456789012:key/another' }] }, []],
    [
      'kms:Decrypt',
      { requestParameters: { encryptionContext: { purpose: 'tokenward-pepper' } } },
      ['own-keys-used'],
    ],
    [
      'sqs:PurgeQueue',
      {
        requestParameters: {
          queueUrl: `https://sqs.eu-central-1.amazonaws.com/${ACCOUNT}/tokenward-prod-events`,
        },
      },
      ['deployment-tampering'],
    ],
    ['sqs:PurgeQueue', { requestParameters: { queueUrl: `https://q/${ACCOUNT}/other` } }, []],
    [
      'lambda:PutFunctionConcurrency20171031',
      { requestParameters: { functionName: 'tokenward-prod-respond' } },
      ['function-changes', 'deployment-tampering'],
    ],
    [
      'lambda:UpdateFunctionCode20150331v2',
      { requestParameters: { functionName: 'x' } },
      ['function-changes'],
    ],
    [
      'sns:Unsubscribe',
      {
        requestParameters: {
          subscriptionArn: `arn:aws:sns:eu-central-1:${ACCOUNT}:tokenward-prod-alerts:1-2`,
        },
      },
      ['deployment-tampering'],
    ],
    ['events:DisableRule', { requestParameters: { name: 'tokenward-prod-sessions' } }, ['tampering']],
  ])('%s %j: %j', (api, detail, names) => {
    expect(heard(event(api, detail))).toEqual(names);
  });

  it('hears of our roles in strange hands or at strange work, and not of our functions at their own', () => {
    const as = (session: string): object => ({
      userIdentity: {
        type: 'AssumedRole',
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/tokenward-prod-rotate/${session}`,
        sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${ACCOUNT}:role/tokenward-prod-rotate` } },
      },
      requestParameters: { secretId: 'tokenward/prod/orders' },
    });
    const read = 'secretsmanager:GetSecretValue';
    expect(heard(event(read, as('tokenward-prod-rotate')))).toEqual([]);
    expect(heard(event(read, as('ann')))).toEqual(['secret-reads', 'own-roles-misused']);
    expect(heard(event('ec2:RunInstances', as('tokenward-prod-rotate')))).toEqual(['own-roles-misused']);
  });

  it('hears of nothing that another account or another source says', () => {
    const stolen = event('iam:CreateAccessKey');
    expect(heard(stolen)).toEqual(['identity-changes']);
    expect(heard({ ...stolen, account: '210987654321' })).toEqual([]);
    expect(heard({ ...stolen, source: 'my.iam' })).toEqual([]);
  });
});

describe('the global services', () => {
  const forwarding = rulesOf('global');
  const forwards = (given: object): boolean =>
    forwarding.some(({ EventPattern }) => matches(EventPattern, given));

  it('are forwarded from where they are logged to the home bus, under a role that can do nothing else', () => {
    expect(production.stacks.global?.region).toBe('us-east-1');
    for (const { Targets } of forwarding) {
      expect(Targets).toEqual([
        expect.objectContaining({
          Arn: 'arn:aws:events:eu-central-1:123456789012:event-bus/default',
          RoleArn: expect.anything(),
          DeadLetterConfig: expect.anything(),
        }),
      ]);
    }
    const policies = ofType(production, 'AWS::IAM::ManagedPolicy').filter(({ stack }) => stack === 'global');
    expect(
      policies.map(({ Properties }) => (Properties.PolicyDocument as { Statement: unknown }).Statement),
    ).toEqual([
      [
        {
          Effect: 'Allow',
          Action: 'events:PutEvents',
          Resource: 'arn:aws:events:eu-central-1:123456789012:event-bus/default',
        },
      ],
    ]);
  });

  it('lose nothing on the way that a rule at home waits for', () => {
    const calls = ACT_APIS.filter((api) => /^(?:iam|sts|organizations|rolesanywhere):/.test(api));
    expect(calls.length).toBeGreaterThan(20);
    for (const api of [...calls, 'sts:GetCallerIdentity'])
      expect([api, forwards(event(api))]).toEqual([api, true]);
    expect(
      forwards({
        source: 'aws.signin',
        'detail-type': 'AWS Console Sign In via CloudTrail',
        account: ACCOUNT,
      }),
    ).toBe(true);
    expect(forwards(event('ec2:RunInstances'))).toBe(false);
  });

  it('see reads, where what they forward is one', () => {
    expect(Object.fromEntries(forwarding.map(({ Name, State }) => [Name, State]))).toEqual({
      'tokenward-prod-forward-identity': 'ENABLED',
      'tokenward-prod-forward-sessions': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      'tokenward-prod-forward-own-roles': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      'tokenward-prod-forward-notices': 'ENABLED',
    });
  });

  it('tell home by their alarm what could not be forwarded', () => {
    const [alarm] = ofType(production, 'AWS::CloudWatch::Alarm').filter(({ stack }) => stack === 'global');
    const changed = {
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      account: ACCOUNT,
      resources: [`arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:${alarm?.Properties.AlarmName}`],
      detail: { state: { value: 'ALARM' } },
    };
    expect(forwards(changed)).toBe(true);
    expect(heard(changed)).toEqual(['forwarding-failed']);
  });

  it('need no forwarding where home is their region', () => {
    const settings = { ...production.settings, region: 'us-east-1' };
    expect(guardRules(settings).map(({ name }) => name)).not.toContain('forwarding-failed');
  });
});

describe('the trail', () => {
  const TRAIL = { arn: `arn:aws:cloudtrail:eu-central-1:${ACCOUNT}:trail/all`, bucket: 'the-trail' };
  const warned = (context: object): boolean =>
    deploy('production', { ...context }).stacks.guard.node.metadata.some(({ data }) =>
      String(data).includes('no trail is declared'),
    );

  it('is missed where none is declared', () => {
    expect(warned({})).toBe(true);
    expect(warned({ trail: JSON.stringify(TRAIL) })).toBe(false);
  });

  it.each([
    [{ ...TRAIL, arn: 'all' }, /"arn"/],
    [{ arn: TRAIL.arn }, /"bucket"/],
    [{ ...TRAIL, prefix: '/logs/' }, /"prefix"/],
    [{ ...TRAIL, organizationId: 'acme' }, /"organizationId"/],
    [{ ...TRAIL, buckets: [] }, /knows no "buckets"/],
  ])('%j is refused', (trail, said) => {
    expect(() => deploy('production', { trail })).toThrow(said);
  });
});

it('drains both queues into respond, one bad message at a time, and never more than two batches at once', () => {
  const mappings = ofType(production, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties);
  expect(mappings).toHaveLength(2);
  for (const mapping of mappings) {
    expect(mapping).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  }
  for (const { Properties } of ofType(production, 'AWS::SQS::Queue').filter(({ logicalId }) =>
    /^(Events|Usage)Queue/.test(logicalId),
  )) {
    expect(Properties).toMatchObject({ RedrivePolicy: { maxReceiveCount: 5 }, VisibilityTimeout: 360 });
  }
});

it('alarms, each with a topic, for everything that could stop in silence', () => {
  const alarms = ofType(production, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
  for (const { AlarmName, AlarmActions } of alarms) {
    if (AlarmName === 'tokenward-prod-global-undelivered-not-empty') expect(AlarmActions).toBeUndefined();
    else expect([AlarmName, AlarmActions]).toEqual([AlarmName, [expect.anything()]]);
  }
  const names = alarms.map(({ AlarmName }) => String(AlarmName).replace('tokenward-prod-', ''));
  for (const name of [
    ...['events-queue-old', 'usage-queue-old', 'sweep-not-running', 'rotation-failed', 'authorize-throttled'],
    ...[
      'issue-errors',
      'authorize-errors',
      'rotate-errors',
      'sweep-errors',
      'respond-errors',
      'revoke-errors',
      'seal-errors',
      'reconcile-errors',
    ],
    ...['reconcile-not-running', 'reconcile-backlog', 'reconcile-ReconcileFailed'],
    ...['seal-not-running', 'seal-late', 'seal-ChainBroken', 'seal-LogForked', 'seal-WitnessFailed'],
  ]) {
    expect(names).toContain(name);
  }
  const of = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `tokenward-prod-${name}`);
  const { heartbeatMinutes } = production.settings;
  expect(of('seal-late')).toMatchObject({
    Namespace: 'Tokenward',
    MetricName: 'SealLagMs',
    Statistic: 'Maximum',
    Threshold: (heartbeatMinutes + 3) * 60_000,
  });
  for (const name of ['ChainBroken', 'LogForked', 'WitnessFailed']) {
    expect(of(`seal-${name}`)).toMatchObject({ MetricName: name, Statistic: 'Sum', Threshold: 1 });
  }
  const sweep = of('sweep-not-running');
  expect(sweep).toMatchObject({
    ComparisonOperator: 'LessThanThreshold',
    Period: 900,
    TreatMissingData: 'breaching',
  });
  expect(ofType(production, 'AWS::CloudWatch::Dashboard')).toHaveLength(1);
});
