import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact, Reading } from '#core/detection/fact.ts';
import { readEvent, readRecord } from '#events/trail/record.ts';
import { assumed, call, ROLE_ARN, secretRead } from './records.ts';

const USER = 'arn:aws:iam::111122223333:user/ann';
const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf';

function reading(value: unknown): Reading {
  const read = readEvent(value);
  if (!read.ok) throw new Error(`refused: ${read.error.field}`);
  return read.value;
}

const only = (value: unknown): Fact => {
  const { facts } = reading(value);
  expect(facts).toHaveLength(1);
  return facts[0] as Fact;
};

const acts = (value: unknown): readonly unknown[] => reading(value).facts.map(({ act }) => act);

it('reads a call whole', () => {
  expect(reading(secretRead())).toEqual({
    eventId: 'event-1',
    facts: [
      {
        eventId: 'event-1',
        at: Date.UTC(2026, 10, 20, 10),
        account: '111122223333',
        region: 'eu-west-1',
        api: 'secretsmanager:GetSecretValue',
        credential: 'AKIAEXAMPLE000000001',
        kind: 'iam-access-key',
        principal: USER,
        session: '',
        delivery: '',
        network: '203.0.113.7',
        client: 'aws-cli/linux/python',
        refused: false,
        act: { kind: 'read-secret', secret: '111122223333/eu-west-1/orders', versionId: '' },
      },
    ],
    notices: [],
    update: false,
  });
});

const SECRETS_MANAGER = 'secretsmanager.amazonaws.com';

describe('who acted', () => {
  const context = (issuer: unknown): object => ({ sessionContext: { sessionIssuer: issuer } });
  it.each<[string, unknown, Partial<Fact>]>([
    [
      'a role’s session',
      assumed('job-7'),
      {
        credential: 'ASIAEXAMPLE000000001',
        kind: 'role-session',
        principal: ROLE_ARN,
        session: 'job-7',
        delivery: '',
      },
    ],
    ['an instance', assumed('i-0abc1234def567890'), { session: 'i-0abc1234def567890', delivery: 'instance' }],
    [
      'an instance by its delivery',
      assumed('x', { sessionContext: { ec2RoleDelivery: '2.0' } }),
      { delivery: 'instance', principal: 'arn:aws:iam::111122223333:role/orders' },
    ],
    [
      'a role’s session of unknown type',
      {
        type: 'Unknown',
        arn: 'arn:aws:sts::111122223333:assumed-role/ops/ann',
        accessKeyId: 'ASIAEXAMPLE000000002',
      },
      { kind: 'role-session', principal: 'arn:aws:iam::111122223333:role/ops', session: 'ann' },
    ],
    [
      'a federated user',
      {
        type: 'FederatedUser',
        arn: 'arn:aws:sts::111122223333:federated-user/bob',
        accessKeyId: 'ASIAEXAMPLE000000003',
        ...context({ type: 'IAMUser', arn: USER }),
      },
      { kind: 'role-session', principal: USER, session: '' },
    ],
    [
      'a user’s temporary key with an empty issuer',
      { type: 'IAMUser', arn: USER, accessKeyId: 'ASIAEXAMPLE000000004', ...context({}) },
      { kind: 'role-session', principal: USER, credential: 'ASIAEXAMPLE000000004' },
    ],
    [
      'the root user at the console',
      { type: 'Root', arn: 'arn:aws:iam::111122223333:root' },
      { kind: 'secret-reader', credential: 'arn:aws:iam::111122223333:root' },
    ],
    [
      'a service on a user’s behalf, with a key for that one call',
      {
        type: 'IAMUser',
        arn: USER,
        accessKeyId: 'ASIAEXAMPLE000000006',
        invokedBy: 'secretsmanager.amazonaws.com',
      },
      { kind: 'secret-reader', credential: USER, principal: USER, network: '', client: '' },
    ],
    [
      'a key alone',
      { type: 'IAMUser', accessKeyId: 'AKIAEXAMPLE000000009' },
      { kind: 'iam-access-key', credential: 'AKIAEXAMPLE000000009', principal: '' },
    ],
  ])('%s', (_what, userIdentity, expected) => {
    expect(only(secretRead({ userIdentity }))).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ['Secrets Manager, which rotates and replicates', { type: 'AWSService', invokedBy: SECRETS_MANAGER }],
    ['Secrets Manager, its type left out', { accountId: '111122223333', invokedBy: SECRETS_MANAGER }],
    ['a service that is not named', { type: 'AWSService' }],
    ['an account that is not named', { type: 'AWSAccount' }],
    ['nobody', null],
    ['an identity of another form', 'ann'],
  ])('%s has no credential', (_what, userIdentity) => {
    expect(reading(secretRead({ userIdentity })).facts).toEqual([]);
  });

  const reader = (name: string): object => ({
    credential: name,
    principal: name,
    kind: 'secret-reader',
    network: '',
    client: '',
    act: { kind: 'read-secret' },
  });
  it.each<[string, unknown, string]>([
    [
      'a service for itself',
      { type: 'AWSService', invokedBy: 'config.amazonaws.com' },
      'config.amazonaws.com',
    ],
    [
      'a service, its type left out',
      { accountId: '111122223333', invokedBy: 'config.amazonaws.com' },
      'config.amazonaws.com',
    ],
    ['AWS itself', { type: 'AWSService', invokedBy: 'AWS Internal' }, 'AWS Internal'],
    [
      'another account without an ARN',
      { type: 'AWSAccount', accountId: '444455556666' },
      'account 444455556666',
    ],
    [
      'a service of another account',
      { type: 'AWSAccount', accountId: '444455556666', invokedBy: 'config.amazonaws.com' },
      'account 444455556666',
    ],
  ])('%s reads a secret by its name', (_what, userIdentity, name) => {
    expect(only(secretRead({ userIdentity }))).toMatchObject(reader(name));
    const batch = {
      eventName: 'BatchGetSecretValue',
      requestParameters: { secretIdList: ['orders', 'bills'] },
      userIdentity,
    };
    expect(reading(secretRead(batch)).facts).toMatchObject([reader(name), reader(name)]);
  });

  it('a service is nobody in all else that it does', () => {
    const userIdentity = { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' };
    for (const eventName of ['DescribeSecret', 'ListSecrets', 'CancelRotateSecret'])
      expect(reading(secretRead({ eventName, userIdentity })).facts).toEqual([]);
  });
});

describe('network and client', () => {
  it.each<[string, Record<string, unknown>, string, string]>([
    [
      'an endpoint before its address',
      { vpcEndpointId: 'vpce-0a1b', sourceIPAddress: '10.0.0.4' },
      'vpce-0a1b',
      'aws-cli/linux/python',
    ],
    ['IPv6', { sourceIPAddress: '2001:db8::7' }, '2001:db8::7', 'aws-cli/linux/python'],
    ['AWS itself', { sourceIPAddress: 'AWS Internal', userAgent: 'AWS Internal' }, '', ''],
    [
      'a service’s name',
      { sourceIPAddress: 'athena.amazonaws.com', userAgent: 'athena.amazonaws.com' },
      '',
      '',
    ],
    ['no address', { sourceIPAddress: null, userAgent: null }, '', ''],
    ['a mask', { sourceIPAddress: 'IP_04B7' }, '', 'aws-cli/linux/python'],
    [
      'a service on somebody’s behalf',
      {
        userIdentity: {
          type: 'IAMUser',
          arn: USER,
          accessKeyId: 'ASIAEXAMPLE000000005',
          invokedBy: 'athena.amazonaws.com',
        },
        vpcEndpointId: 'vpce-0a1b',
      },
      '',
      '',
    ],
  ])('%s', (_what, part, network, client) => {
    expect(only(secretRead(part))).toMatchObject({ network, client });
  });

  it('knows a Lambda function by its client', () => {
    const userAgent = 'aws-sdk-nodejs/3.1 os/linux lang/js md/nodejs#24 exec-env/AWS_Lambda_nodejs24.x';
    expect(only(secretRead({ userIdentity: assumed('orders'), userAgent }))).toMatchObject({
      delivery: 'lambda',
      client: 'aws-sdk-js/lambda/js',
    });
  });
});

it.each(['InvalidClientTokenId', 'SignatureDoesNotMatch', 'ExpiredTokenException'])(
  '%s proves no use',
  (errorCode) => {
    expect(acts(secretRead({ errorCode }))).toEqual([{ kind: 'claimed' }]);
  },
);

it.each([
  ['AccessDenied', true],
  ['AccessDeniedException', true],
  ['Client.UnauthorizedOperation', true],
  ['ResourceNotFoundException', true],
  ['ThrottlingException', false],
  [null, false],
])('%s is a denial: %s', (errorCode, refused) => {
  expect(only(secretRead({ errorCode })).refused).toBe(refused);
});

describe('acts', () => {
  const read = (secret: string, versionId = ''): object => ({ kind: 'read-secret', secret, versionId });
  const credentials = { credentials: { accessKeyId: 'ASIAEXAMPLE00000MINT' } };
  it.each<[string, unknown, readonly unknown[]]>([
    [
      'a full ARN and a version',
      call('secretsmanager', 'GetSecretValue', { secretId: SECRET_ARN, versionId: 'v1' }),
      [read('111122223333/eu-west-1/orders-AbCdEf', 'v1')],
    ],
    ['a read without a secret', call('secretsmanager', 'GetSecretValue', null), [{ kind: 'plain' }]],
    [
      'a batch by names',
      call('secretsmanager', 'BatchGetSecretValue', { secretIdList: ['a', 7, 'b'] }),
      [read('111122223333/eu-west-1/a'), read('111122223333/eu-west-1/b')],
    ],
    [
      'a batch by filters',
      call('secretsmanager', 'BatchGetSecretValue', { filters: [{ key: 'name', values: ['a'] }, 7] }),
      [{ kind: 'read-batch', negated: false }],
    ],
    [
      'a batch by a negated filter',
      call('secretsmanager', 'BatchGetSecretValue', { filters: [{ key: 'name', values: ['!a'] }] }),
      [{ kind: 'read-batch', negated: true }],
    ],
    ['a batch of nothing', call('secretsmanager', 'BatchGetSecretValue', {}), [{ kind: 'plain' }]],
    [
      'a value unwrapped',
      call('kms', 'Decrypt', { encryptionContext: { SecretARN: SECRET_ARN, SecretVersionId: 'v2' } }),
      [{ kind: 'decrypt', secret: '111122223333/eu-west-1/orders-AbCdEf', versionId: 'v2' }],
    ],
    ['another decryption', call('kms', 'Decrypt', { encryptionContext: { x: 'y' } }), [{ kind: 'plain' }]],
    [
      'a key for another user',
      call(
        'iam',
        'CreateAccessKey',
        { userName: 'eve' },
        { accessKey: { accessKeyId: 'AKIANEW', userName: 'eve' } },
      ),
      [{ kind: 'mint', how: 'access-key', minted: 'AKIANEW', target: 'eve' }],
    ],
    [
      'a key for oneself',
      call('iam', 'CreateAccessKey', null, { accessKey: { accessKeyId: 'AKIANEW', userName: 'ann' } }),
      [{ kind: 'mint', how: 'access-key', minted: 'AKIANEW', target: 'ann' }],
    ],
    [
      'a role assumed',
      call('sts', 'AssumeRole', { roleArn: ROLE_ARN }, credentials),
      [{ kind: 'mint', how: 'role', minted: 'ASIAEXAMPLE00000MINT', target: ROLE_ARN }],
    ],
    [
      'a session',
      call('sts', 'GetSessionToken', null, credentials),
      [{ kind: 'mint', how: 'session', minted: 'ASIAEXAMPLE00000MINT', target: '' }],
    ],
    [
      'a federation',
      call('sts', 'GetFederationToken', { name: 'bob' }, credentials),
      [{ kind: 'mint', how: 'federation', minted: 'ASIAEXAMPLE00000MINT', target: 'bob' }],
    ],
    [
      'a trail stopped',
      call('cloudtrail', 'StopLogging', { name: 'all' }),
      [{ kind: 'tamper', plane: 'trail', what: 'stopped a trail', grave: true }],
    ],
    [
      'our rule disabled',
      call('events', 'DisableRule', { name: 'tokenward-prod-reads' }),
      [{ kind: 'tamper', plane: 'rules', what: 'disabled a rule', grave: true }],
    ],
    ['somebody’s rule disabled', call('events', 'DisableRule', { name: 'nightly' }), [{ kind: 'plain' }]],
    [
      'our function stopped',
      call('lambda', 'PutFunctionConcurrency20171031', { functionName: 'tokenward-prod-respond' }),
      [{ kind: 'tamper', plane: 'function', what: 'limited a function', grave: true }],
    ],
    [
      'a function’s code',
      call('lambda', 'UpdateFunctionCode20150331v2', { functionName: 'orders' }),
      [{ kind: 'privilege', what: 'replaced a function’s code' }],
    ],
    [
      'a label moved',
      call('secretsmanager', 'UpdateSecretVersionStage', { secretId: 'orders', versionStage: 'AWSCURRENT' }),
      [
        {
          kind: 'tamper',
          plane: 'rotation',
          what: 'moved a version label',
          grave: false,
          secret: '111122223333/eu-west-1/orders',
        },
      ],
    ],
    ['no label moved', call('secretsmanager', 'UpdateSecretVersionStage', {}), [{ kind: 'plain' }]],
    [
      'the previous version',
      call('secretsmanager', 'GetSecretValue', { secretId: 'orders', versionStage: 'AWSPREVIOUS' }),
      [read('111122223333/eu-west-1/orders', 'AWSPREVIOUS')],
    ],
    [
      'a policy of a secret removed',
      call('secretsmanager', 'DeleteResourcePolicy', { secretId: 'orders' }),
      [
        {
          kind: 'tamper',
          plane: 'secret',
          what: 'removed a secret’s policy',
          grave: false,
          secret: '111122223333/eu-west-1/orders',
        },
      ],
    ],
    [
      'a policy of no secret removed',
      call('secretsmanager', 'DeleteResourcePolicy', null),
      [{ kind: 'tamper', plane: 'secret', what: 'removed a secret’s policy', grave: false }],
    ],
    [
      'an administrator made',
      call('iam', 'AttachUserPolicy', {
        policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
        userName: 'eve',
      }),
      [{ kind: 'privilege', what: 'attached AdministratorAccess' }],
    ],
    [
      'a narrow policy',
      call('iam', 'AttachUserPolicy', {
        policyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
        userName: 'eve',
      }),
      [{ kind: 'plain' }],
    ],
    [
      'our quarantine removed',
      call('iam', 'DetachUserPolicy', { policyArn: 'arn:aws:iam::111122223333:policy/TokenwardQuarantine' }),
      [{ kind: 'tamper', plane: 'quarantine', what: 'removed a quarantine', grave: true }],
    ],
    ['another policy removed', call('iam', 'DetachUserPolicy', { policyArn: 'x' }), [{ kind: 'plain' }]],
    [
      'a policy for everything',
      call('iam', 'PutUserPolicy', {
        policyDocument: '{ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }',
      }),
      [{ kind: 'privilege', what: 'wrote a policy that allows everything' }],
    ],
    ['a policy for little', call('iam', 'PutRolePolicy', { policyDocument: '{}' }), [{ kind: 'plain' }]],
    [
      'a key made active',
      call('iam', 'UpdateAccessKey', { status: 'Active' }),
      [{ kind: 'privilege', what: 'made a key active again' }],
    ],
    ['a key made inactive', call('iam', 'UpdateAccessKey', { status: 'Inactive' }), [{ kind: 'plain' }]],
    ['anything else', call('ec2', 'DescribeInstances', { filters: [] }), [{ kind: 'plain' }]],
  ])('%s', (_what, record, expected) => {
    expect(acts(record)).toEqual(expected);
  });
});

describe('AWS’s mark on an exposed key', () => {
  const POLICY = 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3';
  it.each([
    [
      call('iam', 'AttachUserPolicy', { policyArn: POLICY, userName: 'eve' }),
      'AWSCompromisedKeyQuarantineV3',
    ],
    [
      call('iam', 'PutUserPolicy', {
        policyName: 'AWSExposedCredentialPolicy_DO_NOT_REMOVE',
        userName: 'eve',
      }),
      'AWSExposedCredentialPolicy_DO_NOT_REMOVE',
    ],
  ])('speaks of the user who got it: %#', (record, mark) => {
    const facts = reading(record).facts.filter(({ act }) => act.kind === 'exposed');
    expect(facts).toMatchObject([
      { principal: 'arn:aws:iam::111122223333:user/eve', network: '', act: { kind: 'exposed', mark } },
    ]);
  });

  it('counts when a service put it', () => {
    const record = call('iam', 'AttachUserPolicy', { policyArn: POLICY, userName: 'eve' });
    record.userIdentity = { type: 'AWSService', invokedBy: 'support.amazonaws.com' };
    expect(acts(record)).toEqual([{ kind: 'exposed', mark: 'AWSCompromisedKeyQuarantineV3' }]);
  });

  it.each([
    call('iam', 'AttachUserPolicy', { policyArn: POLICY }),
    { ...call('iam', 'AttachUserPolicy', { policyArn: POLICY, userName: 'eve' }), errorCode: 'AccessDenied' },
  ])('does not count without a user, or refused: %#', (record) => {
    expect(acts(record)).not.toContainEqual(expect.objectContaining({ kind: 'exposed' }));
  });
});

describe('Secrets Manager’s own events', () => {
  const service = (eventName: string, more: object): object =>
    secretRead({
      userIdentity: { accountId: '111122223333', invokedBy: 'secretsmanager.amazonaws.com' },
      eventType: 'AwsServiceEvent',
      eventName,
      requestParameters: null,
      ...more,
    });
  it.each<[string, object]>([
    ['RotationFailed', { additionalEventData: { SecretId: SECRET_ARN } }],
    ['StartSecretVersionDelete', { additionalEventData: { ARN: SECRET_ARN, Name: 'orders' } }],
    ['RotationSucceeded', { additionalEventData: { arn: SECRET_ARN } }],
    ['RotationStarted', { additionalEventData: { aRN: SECRET_ARN } }],
    ['TestRotationFailed', { serviceEventDetails: { secretId: SECRET_ARN } }],
  ])('%s', (name, more) => {
    expect(reading(service(name, more))).toMatchObject({
      facts: [],
      notices: [{ kind: 'rotation', name, secret: '111122223333/eu-west-1/orders-AbCdEf' }],
    });
  });

  it.each<[string, object]>([
    ['RotationFailed', {}],
    ['SharedSnapshotVolumeCreated', { serviceEventDetails: { snapshotId: 'snap-1' } }],
  ])('%s tells of no secret', (name, more) => {
    expect(reading(service(name, more))).toMatchObject({ facts: [], notices: [] });
  });

  const label = {
    'detail-type': 'Secret Label Updated',
    id: 'label-1',
    account: '111122223333',
    region: 'eu-west-1',
    time: '2026-11-20T10:00:00Z',
    resources: [SECRET_ARN],
    detail: { name: 'orders', labelUpdated: 'AWSCURRENT', versionId: 'v2' },
  };
  it('reads a label moved', () => {
    expect(reading(label).notices).toEqual([
      {
        kind: 'label',
        name: 'AWSCURRENT',
        secret: '111122223333/eu-west-1/orders-AbCdEf',
        versionId: 'v2',
        at: Date.UTC(2026, 10, 20, 10),
      },
    ]);
    expect(reading({ ...label, resources: undefined }).notices[0]?.secret).toBe(
      '111122223333/eu-west-1/orders',
    );
  });

  it.each([{ id: 7 }, { time: 'noon' }, { resources: [], detail: null }])('refuses %j', (part) => {
    expect(readEvent({ ...label, ...part })).toMatchObject({ ok: false, error: { field: 'detail' } });
  });
});

describe('envelopes', () => {
  it.each([
    { detail: secretRead() },
    { event: secretRead() },
    { event: { detail: secretRead() }, label: 'x' },
  ])('%#', (body) => {
    expect(reading(body)).toEqual(reading(secretRead()));
  });
});

describe('addenda', () => {
  it('a record sent late is the first one', () => {
    const late = secretRead({ eventID: 'event-2', addendum: { reason: 'DELIVERY_DELAY' } });
    expect(reading(late)).toMatchObject({ eventId: 'event-2', update: false });
  });

  it('a correction has the id of what it corrects', () => {
    const addendum = { reason: 'UPDATED_DATA', updatedFields: 'sourceIPAddress', originalEventID: 'event-1' };
    const corrected = secretRead({ eventID: 'event-2', addendum });
    expect(reading(corrected)).toMatchObject({ eventId: 'event-1', update: true });
  });
});

describe('what cannot be read', () => {
  it.each<[unknown, string, string]>([
    [null, 'record', 'null'],
    [[], 'record', 'array'],
    ['text', 'record', 'string'],
    [secretRead({ eventName: 7 }), 'eventName', 'eventName:number'],
    [secretRead({ eventSource: undefined }), 'eventSource', 'eventSource:undefined'],
    [secretRead({ eventTime: 'yesterday' }), 'eventTime', 'eventTime:string'],
    [secretRead({ eventTime: '2026-11-20T25:00:00Z' }), 'eventTime', 'eventTime:string'],
    [secretRead({ eventTime: '2026-99-20T10:00:00Z' }), 'eventTime', 'eventTime:string'],
    [secretRead({ eventID: 'x'.repeat(129) }), 'eventID', 'eventID:string'],
    [secretRead({ eventID: null }), 'eventID', 'eventID:null'],
  ])('%#', (value, field, shape) => {
    const read = readRecord(value);
    expect(read).toMatchObject({ ok: false, error: { field } });
    expect(JSON.stringify(read)).toContain(shape);
  });

  it('is told by names and types, never by a value or a strange name', () => {
    const read = readRecord({
      eventName: '',
      'odd name!': 's3cr3t',
      requestParameters: { password: 's3cr3t' },
    });
    expect(read).toEqual({
      ok: false,
      error: { field: 'eventName', shape: '{eventName:string,?:string,requestParameters:object}' },
    });
  });

  it('takes no inherited field for its own', () => {
    const inherited = Object.create(secretRead()) as object;
    expect(readRecord(inherited)).toMatchObject({ ok: false });
  });

  it('never throws, whatever comes', () => {
    const named = fc.constantFrom(...Object.keys(secretRead()), 'detail', 'event', 'addendum', 'resources');
    const wild = fc.dictionary(named, fc.anything({ maxDepth: 3, withNullPrototype: true }));
    fc.assert(
      fc.property(fc.oneof(fc.anything(), wild), wild, (value, part) => {
        for (const each of [value, { ...secretRead(), ...part }, { detail: value }, { event: part }]) {
          const read = readEvent(each);
          expect(typeof read.ok).toBe('boolean');
          if (!read.ok) expect(read.error.field).not.toBe('');
        }
      }),
    );
  });
});
