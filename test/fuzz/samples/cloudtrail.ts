import { ACCOUNT } from '../bench.ts';

/** When everything here happened. */
const TIME = '2026-11-24T08:00:00Z';

interface Call {
  readonly eventName: string;
  readonly eventSource?: string;
  readonly userIdentity: object;
  readonly requestParameters: object | null;
  readonly more?: object;
}

/** A CloudTrail record of an API call in EventBridge's envelope, with every field that such a record has. */
const call = ({
  eventName,
  eventSource = 'secretsmanager.amazonaws.com',
  more = {},
  ...rest
}: Call): object => ({
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'AWS API Call via CloudTrail',
  source: `aws.${eventSource.split('.')[0]}`,
  account: ACCOUNT,
  time: TIME,
  region: 'eu-west-1',
  resources: [],
  detail: {
    eventVersion: '1.11',
    ...rest,
    eventTime: TIME,
    eventSource,
    eventName,
    awsRegion: 'eu-west-1',
    sourceIPAddress: '203.0.113.7',
    userAgent: 'aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux lang/python#3.13.7',
    responseElements: null,
    requestID: 'c4fff253-825a-4828-adac-7f789f6975f3',
    eventID: `b9c3d881-1e77-426c-abd3-${eventName.slice(0, 12)}`,
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: 'secretsmanager.eu-west-1.amazonaws.com',
    },
    ...more,
  },
});

const user = (name: string): object => ({
  type: 'IAMUser',
  principalId: 'AIDA45XCCHPPLELFTIIM',
  arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
  accountId: ACCOUNT,
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  userName: name,
});

const session = (role: string, name: string, more: object = {}): object => ({
  type: 'AssumedRole',
  principalId: `AROALHCCSKSM395EGX3XN:${name}`,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
  accountId: ACCOUNT,
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROALHCCSKSM395EGX3XN',
      arn: `arn:aws:iam::${ACCOUNT}:role/${role}`,
      accountId: ACCOUNT,
      userName: role,
    },
    attributes: { creationDate: '2026-11-24T07:00:00Z', mfaAuthenticated: 'false' },
  },
  ...more,
});

/** Whose calls on our secrets are our own. */
export const OWN_ROLE = 'tokenward-dev-rotate';

/** Records of each shape that the responder tells apart, for secrets by the ids of their tokens. */
export function records(arns: Readonly<Record<string, string>>, versionId: string): readonly object[] {
  const { orders = '', ledger = '', trap = '' } = arns;
  const read = (userIdentity: object, secretId: string, more: object = {}): object =>
    call({ eventName: 'GetSecretValue', userIdentity, requestParameters: { secretId }, more });
  return [
    read(user('mallory'), orders),
    read(session('orders-service', 'i-0a1b2c3d4e5f'), orders, { sourceIPAddress: '10.1.2.3' }),
    read(session('stranger', 'laptop'), 'tokenward/dev/ledger', { vpcEndpointId: 'vpce-0123456789abcdef0' }),
    read(user('mallory'), trap, { errorCode: 'AccessDenied', errorMessage: 'User is not authorized' }),
    read(session(OWN_ROLE, OWN_ROLE), orders),
    read(session(OWN_ROLE, 'somebody'), ledger),
    read(session('orders-service', 'x', { invokedBy: 'cloudformation.amazonaws.com' }), orders, {
      sourceIPAddress: 'cloudformation.amazonaws.com',
    }),
    call({
      eventName: 'BatchGetSecretValue',
      userIdentity: user('mallory'),
      requestParameters: { secretIdList: [orders, 'tokenward/dev/ledger', 'app/other'] },
    }),
    call({
      eventName: 'BatchGetSecretValue',
      userIdentity: user('mallory'),
      requestParameters: { filters: [{ key: 'tag-key', values: ['tokenward'] }] },
    }),
    call({
      eventName: 'Decrypt',
      eventSource: 'kms.amazonaws.com',
      userIdentity: session('stranger', 'laptop', { invokedBy: 'secretsmanager.amazonaws.com' }),
      requestParameters: {
        encryptionContext: { SecretARN: orders, SecretVersionId: versionId },
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      },
    }),
    call({
      eventName: 'DescribeSecret',
      userIdentity: {
        type: 'Root',
        principalId: ACCOUNT,
        arn: `arn:aws:iam::${ACCOUNT}:root`,
        accountId: ACCOUNT,
      },
      requestParameters: { secretId: orders },
    }),
    {
      ...call({
        eventName: 'RotationFailed',
        userIdentity: { accountId: ACCOUNT, invokedBy: 'secretsmanager.amazonaws.com' },
        requestParameters: null,
        more: { eventType: 'AwsServiceEvent', additionalEventData: { SecretId: ledger } },
      }),
      'detail-type': 'AWS Service Event via CloudTrail',
    },
  ];
}
