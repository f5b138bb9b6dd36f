import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '#core/functions.ts';
import { ACT_APIS } from '#events/trail/acts.ts';
import { envelopeOf, type Scope } from '#events/trail/envelope.ts';
import { guardRules } from '#infra/rules.ts';
import { deploy } from '../../infra/deployment.ts';
import { matches } from '../../infra/pattern.ts';

const { settings } = deploy('production');
const ACCOUNT = '123456789012';
const SECRET = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:tokenward/prod/orders-AbCdEf`;
const SCOPE: Scope = {
  account: ACCOUNT,
  secretsPrefix: 'tokenward/prod/',
  secretsArnPrefix: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:tokenward/prod/`,
  watchAllSecrets: false,
  ownSessions: FUNCTIONS.map(
    (name) => `arn:aws:sts::${ACCOUNT}:assumed-role/tokenward-prod-${name}/tokenward-prod-${name}`,
  ),
};
const MALLORY = { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/mallory` };
const record = (api: string, part: object = {}): Record<string, unknown> => {
  const [service = '', eventName] = api.split(':');
  return {
    eventID: 'e-1',
    eventName: service === 'lambda' ? `${eventName}20150331v2` : eventName,
    eventSource: `${service}.amazonaws.com`,
    eventTime: '2026-11-24T08:00:00Z',
    awsRegion: 'eu-central-1',
    recipientAccountId: ACCOUNT,
    eventType: 'AwsApiCall',
    userIdentity: MALLORY,
    requestParameters: null,
    ...part,
  };
};

/** Whether a rule of the deployment hands it to the responder, by the envelope that EventBridge makes. */
function handedOn(given: Record<string, unknown>, all: boolean): boolean {
  const service = String(given.eventSource).replace('.amazonaws.com', '');
  const envelope = {
    source: `aws.${service}`,
    'detail-type':
      given.eventType === 'AwsServiceEvent'
        ? 'AWS Service Event via CloudTrail'
        : 'AWS API Call via CloudTrail',
    account: given.recipientAccountId,
    detail: given,
  };
  return guardRules({ ...settings, watchAllSecrets: all })
    .filter(({ targets }) => targets.includes('respond'))
    .some(({ pattern }) => matches(pattern, envelope));
}

const OURS: Readonly<Record<string, object>> = {
  'kms:Decrypt': { requestParameters: { encryptionContext: { SecretARN: SECRET } } },
  'dynamodb:DeleteTable': { requestParameters: { tableName: 'tokenward-prod-registry' } },
  'dynamodb:UpdateTable': { requestParameters: { tableName: 'tokenward-prod-registry' } },
};

const RECORDS: readonly Record<string, unknown>[] = [
  ...ACT_APIS.filter((api) => api !== 'secretsmanager:GetSecretValue').map((api) => record(api, OURS[api])),
  ...['tokenward/prod/orders', SECRET, 'somebody/elses', ''].map((secretId) =>
    record('secretsmanager:GetSecretValue', { requestParameters: { secretId } }),
  ),
  record('secretsmanager:ListSecrets'),
  record('secretsmanager:DescribeSecret'),
  record('kms:Decrypt', {
    requestParameters: { encryptionContext: { SecretARN: 'arn:aws:secretsmanager:x' } },
  }),
  record('kms:Decrypt'),
  record('kms:Encrypt'),
  record('sts:GetCallerIdentity'),
  record('sts:AssumeRole', { userIdentity: { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' } }),
  record('ec2:RunInstances'),
  record('iam:ListUsers'),
  record('iam:CreateAccessKey', { recipientAccountId: '210987654321' }),
  record('iam:CreateAccessKey', { userIdentity: { type: 'AssumedRole', arn: SCOPE.ownSessions[4] } }),
  ...[
    { additionalEventData: { SecretId: SECRET } },
    { serviceEventDetails: { secretId: SECRET } },
    {},
  ].flatMap((part) =>
    ['RotationFailed', 'RotationSucceeded'].map((name) =>
      record(`secretsmanager:${name}`, {
        eventType: 'AwsServiceEvent',
        userIdentity: { accountId: ACCOUNT },
        ...part,
      }),
    ),
  ),
];

describe('what of a trail is the responder’s', () => {
  it.each([false, true])(
    'is what a rule would have handed on, no more and no less (all secrets: %s)',
    (watchAllSecrets) => {
      const scope = { ...SCOPE, watchAllSecrets };
      for (const given of RECORDS) {
        const what = `${given.eventSource} ${given.eventName} ${JSON.stringify(given)}`;
        expect([what, envelopeOf(given, scope) !== undefined]).toEqual([
          what,
          handedOn(given, watchAllSecrets),
        ]);
      }
      expect(RECORDS.filter((given) => handedOn(given, false)).length).toBeGreaterThan(40);
    },
  );

  it('has EventBridge’s own form', () => {
    const given = record('iam:CreateAccessKey');
    expect(JSON.parse(envelopeOf(given, SCOPE) ?? '')).toEqual({
      version: '0',
      id: 'e-1',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.iam',
      account: ACCOUNT,
      time: '2026-11-24T08:00:00Z',
      region: 'eu-central-1',
      resources: [],
      detail: given,
    });
  });

  it.each([
    [null],
    ['text'],
    [[]],
    [{}],
    [{ eventSource: 'iam', eventName: 'CreateAccessKey', recipientAccountId: ACCOUNT }],
    [record('iam:CreateAccessKey', { requestParameters: { x: 'y'.repeat(256 * 1024) } })],
    [record('iam:CreateAccessKey', { recipientAccountId: undefined })],
  ])('is nothing of %#', (given) => {
    expect(envelopeOf(given, SCOPE)).toBeUndefined();
  });

  it('is told by the identity’s account where the record has none of its own', () => {
    const given = record('iam:CreateAccessKey', {
      recipientAccountId: undefined,
      userIdentity: { ...MALLORY, accountId: ACCOUNT },
    });
    expect(envelopeOf(given, SCOPE)).toBeDefined();
  });
});
