import { describe, expect, it } from 'vitest';
import type { Outcome } from '#core/evidence/check.ts';
import { statementsOf, type TemplateResource } from '#core/evidence/template.ts';
import { SETTINGS, TEMPLATE } from '#test/report/facts.ts';
import { changed, judged, named, only, resource } from '#test/report/templates.ts';

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
