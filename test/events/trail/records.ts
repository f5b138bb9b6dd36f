/** A GetSecretValue by an IAM user, as a trail's log file has it; written for this project. */
export const secretRead = (part: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  eventVersion: '1.11',
  userIdentity: {
    type: 'IAMUser',
    principalId: 'AIDAEXAMPLE',
    arn: 'arn:aws:iam::111122223333:user/ann',
    accountId: '111122223333',
    accessKeyId: 'AKIAEXAMPLE000000001',
    userName: 'ann',
  },
  eventTime: '2026-11-20T10:00:00Z',
  eventSource: 'secretsmanager.amazonaws.com',
  eventName: 'GetSecretValue',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '203.0.113.7',
  userAgent: 'aws-cli/2.17.32 md/awscrt#0.21.2 ua/2.0 os/linux#6.1 lang/python#3.11.9',
  requestParameters: { secretId: 'orders' },
  responseElements: null,
  requestID: 'request-1',
  eventID: 'event-1',
  readOnly: true,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
  ...part,
});

/** A call of another service by the same user. */
export const call = (
  source: string,
  eventName: string,
  requestParameters: unknown,
  responseElements: unknown = null,
): Record<string, unknown> =>
  secretRead({ eventSource: `${source}.amazonaws.com`, eventName, requestParameters, responseElements });

export const ROLE_ARN = 'arn:aws:iam::111122223333:role/service/orders';

/** An assumed role's identity. */
export const assumed = (
  session: string,
  part: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLE:${session}`,
  arn: `arn:aws:sts::111122223333:assumed-role/orders/${session}`,
  accountId: '111122223333',
  accessKeyId: 'ASIAEXAMPLE000000001',
  sessionContext: {
    sessionIssuer: { type: 'Role', arn: ROLE_ARN, accountId: '111122223333', userName: 'orders' },
    attributes: { creationDate: '2026-11-20T09:00:00Z', mfaAuthenticated: 'false' },
  },
  ...part,
});
