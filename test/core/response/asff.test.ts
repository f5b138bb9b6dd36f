import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { SIGNAL_IDS } from '#core/detection/catalogue.ts';
import { asffOf, productArn, type Told } from '#core/response/asff.ts';
import { finding, NOW, SECRET_ARN } from '../builders.ts';

const PLACE = { partition: 'aws', account: '111122223333', region: 'eu-west-1', environment: 'prod' };
const LEFT = { rung: 'suspend', outcome: 'done', page: { key: 'k', title: 't', body: 'Seen: it' } } as const;
const told = (part: Partial<Told> = {}): Told => ({
  finding: finding(),
  left: LEFT,
  target: 'orders',
  secretArn: SECRET_ARN,
  at: NOW + 5,
  ...part,
});

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
const TIME = z.iso.datetime();
/** What AWS documents of the attributes that are used: required ones, forms, and the longest texts. */
const ASFF = z.strictObject({
  SchemaVersion: z.literal('2018-10-08'),
  Id: text(512),
  ProductArn: z
    .string()
    .check(z.regex(/^arn:aws[a-z-]*:securityhub:[a-z0-9-]+:\d{12}:product\/\d{12}\/default$/)),
  GeneratorId: text(512),
  AwsAccountId: z.string().check(z.regex(/^\d{12}$/)),
  Types: z
    .array(
      z
        .string()
        .check(
          z.regex(
            /^(?:Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications)(?:\/[^/]+){1,2}$/,
          ),
        ),
    )
    .check(z.minLength(1), z.maxLength(50)),
  CreatedAt: TIME,
  UpdatedAt: TIME,
  Severity: z.strictObject({ Label: z.enum(['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']) }),
  Title: text(256),
  Description: text(1_024),
  Remediation: z.strictObject({ Recommendation: z.strictObject({ Text: text(512) }) }),
  ProductFields: z.record(text(128), z.string().check(z.maxLength(2_048))),
  Resources: z
    .array(
      z.strictObject({
        Type: z.enum(['AwsIamAccessKey', 'AwsIamUser', 'AwsIamRole', 'AwsSecretsManagerSecret', 'Other']),
        Id: text(512),
        Partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']),
        Region: text(16),
      }),
    )
    .check(z.minLength(1), z.maxLength(32)),
  Workflow: z.strictObject({ Status: z.enum(['NEW', 'NOTIFIED', 'RESOLVED', 'SUPPRESSED']) }),
  RecordState: z.enum(['ACTIVE', 'ARCHIVED']),
});

describe('a finding for Security Hub', () => {
  it.each([...SIGNAL_IDS, 'rotation-failed'] as const)('of %s is what ASFF asks for', (signal) => {
    for (const outcome of ['alerted', 'done', 'held', 'observed'] as const) {
      const given = asffOf(told({ finding: finding({ signal }), left: { ...LEFT, outcome } }), PLACE);
      expect(ASFF.safeParse(given).error).toBeUndefined();
      expect(Object.keys(given.ProductFields).length).toBeLessThanOrEqual(50);
    }
  });

  it('says who, what, when, and where to go on', () => {
    const seen = finding({ signal: 'T0-6', posterior: 0.25 });
    expect(asffOf(told({ finding: seen }), PLACE)).toMatchObject({
      Id: 'eu-west-1/111122223333/tokenward-prod/auto:event-1/orders',
      ProductArn: productArn(PLACE),
      GeneratorId: 'tokenward-prod/T0-6',
      Types: ['TTPs/Defense Evasion'],
      CreatedAt: new Date(seen.at).toISOString(),
      UpdatedAt: new Date(NOW + 5).toISOString(),
      Title: 'tampering with the watch on orders',
      Description: 'Seen: it',
      ProductFields: {
        'tokenward/signal': 'T0-6',
        'tokenward/rung': 'suspend',
        'tokenward/outcome': 'done',
        'tokenward/posterior': '0.250000',
        'tokenward/technique': 'T1562.008',
        'tokenward/controls': 'AU-9 SI-7',
      },
      Workflow: { Status: 'NOTIFIED' },
    });
  });

  it.each([
    ['done', 'revoke', false, 'CRITICAL', 'NOTIFIED'],
    ['done', 'suspend', false, 'HIGH', 'NOTIFIED'],
    ['held', 'reissue', false, 'HIGH', 'NEW'],
    ['observed', 'revoke', false, 'MEDIUM', 'NEW'],
    ['alerted', 'alert', false, 'LOW', 'NEW'],
    ['alerted', 'suspend', true, 'LOW', 'NEW'],
    ['alerted', 'suspend', false, 'HIGH', 'NEW'],
  ] as const)('of what is %s, %s (weak: %s): %s', (outcome, rung, weak, Label, Status) => {
    const given = asffOf(told({ finding: finding({ weak }), left: { ...LEFT, outcome, rung } }), PLACE);
    expect(given).toMatchObject({ Severity: { Label }, Workflow: { Status } });
  });

  it.each<[string, Partial<Told['finding']['who']>, string | undefined, readonly string[]]>([
    [
      'a user’s key and a secret',
      { credential: 'AKIAIOSFODNN7EXAMPLE', principal: 'arn:aws:iam::111122223333:user/ci' },
      SECRET_ARN,
      ['AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE', 'arn:aws:iam::111122223333:user/ci', SECRET_ARN],
    ],
    [
      'a session of a role',
      { credential: 'ASIAIOSFODNN7EXAMPLE', principal: 'arn:aws:iam::111122223333:role/ops' },
      undefined,
      ['AWS::IAM::AccessKey:ASIAIOSFODNN7EXAMPLE', 'arn:aws:iam::111122223333:role/ops'],
    ],
    ...['xAKIAIOSFODNN7EXAMPLE', 'AKIAIOSFODNN7EXAMPLE/x'].map(
      (credential): [string, object, undefined, readonly string[]] => [
        `what is no access key: ${credential}`,
        { credential, principal: '' },
        undefined,
        [credential],
      ],
    ),
    [
      'neither',
      { credential: 'secretsmanager.amazonaws.com', principal: '' },
      undefined,
      ['secretsmanager.amazonaws.com'],
    ],
  ])('names its resources: %s', (_what, who, secretArn, ids) => {
    const given = asffOf(told({ finding: finding({ who: { ...finding().who, ...who } }), secretArn }), PLACE);
    expect(given.Resources.map(({ Id }) => Id)).toEqual(ids);
    expect(ASFF.safeParse(given).error).toBeUndefined();
    expect(
      given.Resources.every(({ Region, Partition }) => Region === 'eu-west-1' && Partition === 'aws'),
    ).toBe(true);
  });

  it('is cut where ASFF ends, and obeys nothing that others wrote', () => {
    const long = `\u202e${'x'.repeat(3_000)}`;
    const failed = asffOf(told({ finding: finding({ signal: 'rotation-failed' }) }), PLACE);
    expect(failed.Types).toEqual(['Software and Configuration Checks/AWS Security Best Practices']);
    expect(failed.ProductFields).not.toHaveProperty('tokenward/technique');
    const given = asffOf(
      told({ target: long, left: { ...LEFT, page: { ...LEFT.page, body: long } } }),
      PLACE,
    );
    expect(ASFF.safeParse(given).error).toBeUndefined();
    expect([given.Id.length, given.Title.length, given.Description.length]).toEqual([512, 256, 1_024]);
    expect(given.Title).not.toContain('\u202e');
    expect(given.Id).not.toContain('\u202e');
  });

  it('belongs to the partition that it is in', () => {
    expect(productArn({ ...PLACE, partition: 'aws-us-gov', region: 'us-gov-west-1' })).toBe(
      'arn:aws-us-gov:securityhub:us-gov-west-1:111122223333:product/111122223333/default',
    );
  });
});
