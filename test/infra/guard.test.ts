import { describe, expect, it } from 'vitest';
import { guardRules } from '#infra/rules.ts';
import { deploy, ofType } from './deployment.ts';

const production = deploy('production');
const rules = ofType(production, 'AWS::Events::Rule').map(({ Properties }) => Properties);
const named = (name: string): Record<string, unknown> => {
  const rule = rules.find(({ Name }) => Name === `tokenward-prod-${name}`);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
};
const sessions = ['issue', 'authorize', 'rotate', 'sweep', 'respond', 'revoke', 'seal'].map(
  (name) => `arn:aws:sts::123456789012:assumed-role/tokenward-prod-${name}/tokenward-prod-${name}`,
);
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
      'own-roles-misused': 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      'rotation-failed': 'ENABLED',
      tampering: 'ENABLED',
      'log-tampering': 'ENABLED',
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
          { eventName: ['BatchGetSecretValue'] },
        ],
        userIdentity: notOurs,
      },
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
      const targets = Targets as { Arn: unknown; DeadLetterConfig: unknown }[];
      expect(targets).toHaveLength(1);
      expect(JSON.stringify(targets[0]?.DeadLetterConfig)).toContain('Undelivered');
      expect(alarms).toContain(`${Name}-undelivered`);
    }
    for (const name of ['secret-reads', 'value-decrypts', 'rotation-failed']) {
      expect(JSON.stringify(named(name).Targets)).toContain('EventsQueue');
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
    for (const name of ['secret-reads', 'value-decrypts', 'rotation-failed'])
      expect(policies).toContain(arn(name));
    for (const name of ['own-roles-misused', 'tampering', 'log-tampering'])
      expect(policies).not.toContain(arn(name));
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
  for (const alarm of alarms) expect(alarm.AlarmActions).toHaveLength(1);
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
    ],
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
