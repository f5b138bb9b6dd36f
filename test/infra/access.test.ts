import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '#core/functions.ts';
import { EVERY_PRINCIPAL, EVERY_RESOURCE } from '#infra/reasons.ts';
import { roleArnOf } from '#infra/settings.ts';
import { deploy, listOf, ofType, type Resource, type Statement, statementsOf } from './deployment.ts';

const production = deploy('production', { strictFips: true });
const all: readonly { resource: Resource; statement: Statement }[] = production.resources.flatMap(
  (resource) => statementsOf(resource.Properties).map((statement) => ({ resource, statement })),
);
const isOwnDocument = ({ Type }: Resource): boolean =>
  Type === 'AWS::KMS::Key' || Type === 'AWS::SecretsManager::ResourcePolicy';

describe('every policy of the production templates', () => {
  it('allows no action by a wildcard; a denial may be as wide as it likes', () => {
    const allowed = all.filter(({ statement }) => statement.Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(50);
    for (const { statement } of allowed) expect(listOf(statement.Action).join()).not.toContain('*');
  });

  it('names every resource only with a written reason', () => {
    const wild = all.filter(
      ({ resource, statement }) => statement.Resource === '*' && !isOwnDocument(resource),
    );
    expect(wild.map(({ statement }) => statement.Sid)).toEqual([
      'DenyTemporaryCredentials',
      'RandomBytes',
      'RandomBytes',
      'LookUpEvents',
      'ListTrails',
    ]);
    for (const { statement } of wild) expect(EVERY_RESOURCE).toHaveProperty(statement.Sid ?? '');
  });

  it('names every principal only in a denial, or with a written reason and conditions', () => {
    const wild = all.filter(({ statement: { Principal } }) => {
      const aws = (Principal as { AWS?: unknown } | undefined)?.AWS;
      return Principal === '*' || aws === '*';
    });
    expect(wild.length).toBeGreaterThan(5);
    for (const { statement } of wild) {
      if (statement.Effect === 'Deny') continue;
      expect(EVERY_PRINCIPAL).toHaveProperty(statement.Sid ?? '');
      expect(statement.Condition).toHaveProperty(['ArnEquals', 'aws:PrincipalArn']);
    }
  });

  it('is attached to a role, never inline', () => {
    expect(ofType(production, 'AWS::IAM::Policy')).toEqual([]);
    for (const role of ofType(production, 'AWS::IAM::Role'))
      expect(role.Properties).not.toHaveProperty('Policies');
  });

  it('lets a service act for one source only', () => {
    const services = all.filter(({ resource, statement }) => {
      const service = (statement.Principal as { Service?: unknown } | undefined)?.Service;
      return (
        service !== undefined &&
        service !== 'lambda.amazonaws.com' &&
        statement.Effect === 'Allow' &&
        !String(JSON.stringify(service)).includes('apigateway') &&
        resource.Type !== 'AWS::KMS::Key'
      );
    });
    expect(services.length).toBeGreaterThan(3);
    for (const { statement } of services)
      expect(JSON.stringify(statement.Condition)).toContain('aws:SourceArn');
  });
});

it('gives every Lambda permission of a service principal a source account or a source ARN', () => {
  const permissions = ofType(production, 'AWS::Lambda::Permission').map(
    ({ Properties }) => Properties as Record<string, unknown>,
  );
  expect(permissions.map((permission) => permission.Principal).sort()).toEqual([
    'apigateway.amazonaws.com',
    'apigateway.amazonaws.com',
    'secretsmanager.amazonaws.com',
  ]);
  for (const permission of permissions) {
    expect(permission.SourceAccount ?? permission.SourceArn).toBeDefined();
    if (permission.Principal === 'secretsmanager.amazonaws.com')
      expect(permission.SourceAccount).toBe('123456789012');
  }
});

it('gives each function a role of its own, and each role one duty', () => {
  const roles = ofType(production, 'AWS::Lambda::Function').map(({ Properties }) =>
    JSON.stringify((Properties as { Role: unknown }).Role),
  );
  expect(roles).toHaveLength(FUNCTIONS.length);
  expect(new Set(roles).size).toBe(FUNCTIONS.length);
});

/** The actions that each function's own policy allows on anything but logs and its keys. */
function actionsOf(name: string): readonly string[] {
  const policies = ofType(production, 'AWS::IAM::ManagedPolicy').filter(
    ({ Properties }) =>
      (Properties as { ManagedPolicyName: string }).ManagedPolicyName === `tokenward-prod-${name}`,
  );
  expect(policies).toHaveLength(1);
  return statementsOf(policies).flatMap(({ Action }) => listOf(Action));
}

describe('who may do what (S12)', () => {
  it.each<[string, readonly string[]]>([
    ['secretsmanager:PutSecretValue', ['issue', 'rotate']],
    ['secretsmanager:GetSecretValue', ['issue', 'rotate']],
    ['secretsmanager:UpdateSecretVersionStage', ['respond', 'revoke', 'rotate', 'sweep']],
    ['secretsmanager:RotateSecret', ['respond', 'revoke', 'sweep']],
    ['secretsmanager:PutResourcePolicy', ['respond']],
    ['kms:GenerateDataKeyWithoutPlaintext', ['issue']],
    ['kms:GenerateRandom', ['issue', 'rotate']],
    ['kms:GenerateMac', ['authorize', 'issue', 'rotate']],
    ['dynamodb:PutItem', ['issue', 'reconcile', 'respond', 'revoke', 'rotate', 'seal', 'sweep']],
    ['dynamodb:UpdateItem', ['issue', 'respond', 'revoke', 'rotate', 'sweep']],
    ['kms:Sign', ['report', 'seal']],
    ['iam:AttachUserPolicy', ['respond', 'sweep']],
    ['iam:DetachUserPolicy', ['respond', 'revoke', 'sweep']],
    ['iam:UpdateAccessKey', ['respond', 'revoke', 'sweep']],
    ['iam:CreateAccessKey', []],
    ['iam:DeleteAccessKey', []],
    ['iam:PutUserPolicy', []],
    ['s3:PutObject', ['report', 'seal']],
    ['s3:GetObject', ['report']],
    ['s3:DeleteObject', []],
    ['sqs:ReceiveMessage', ['respond']],
  ])('%s: %j', (action, names) => {
    expect(FUNCTIONS.filter((name) => actionsOf(name).includes(action)).sort()).toEqual(names);
  });

  it('lets authorize read versions, feed and peppers, and write nothing', () => {
    const statements = statementsOf(
      ofType(production, 'AWS::IAM::ManagedPolicy').filter(({ logicalId }) =>
        logicalId.startsWith('AuthorizePolicy'),
      ),
    );
    const table = statements.filter(({ Action }) =>
      listOf(Action).some((action) => action.startsWith('dynamodb:')),
    );
    expect(table).toEqual([
      expect.objectContaining({
        Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['KEY#*', 'FEED#*', 'PEPPER#*'] } },
      }),
    ]);
  });

  it('lets reconcile read the trail, keep its own cursors and fill the queue, and nothing else', () => {
    const trail = {
      arn: 'arn:aws:cloudtrail:eu-central-1:999988887777:trail/all',
      bucket: 'org-trail',
      prefix: 'logs',
      organizationId: 'o-abcdefghij',
      kmsKeyArn: 'arn:aws:kms:eu-central-1:999988887777:key/trail',
    };
    const statements = statementsOf(
      ofType(deploy('production', { trail }), 'AWS::IAM::ManagedPolicy').filter(({ logicalId }) =>
        logicalId.startsWith('ReconcilePolicy'),
      ),
    );
    const allowed = statements.flatMap(({ Action, Resource, Condition }) =>
      listOf(Action).map((action) => [
        action,
        Resource,
        Condition?.StringLike ?? Condition?.['ForAllValues:StringLike'],
      ]),
    );
    expect(allowed.filter(([action]) => /^(?:s3|cloudtrail|dynamodb):/.test(String(action)))).toEqual([
      ['dynamodb:GetItem', expect.anything(), { 'dynamodb:LeadingKeys': ['RECONCILE#*'] }],
      ['dynamodb:PutItem', expect.anything(), { 'dynamodb:LeadingKeys': ['RECONCILE#*'] }],
      ['s3:ListBucket', 'arn:aws:s3:::org-trail', { 's3:prefix': 'logs/AWSLogs/*' }],
      ['s3:GetObject', 'arn:aws:s3:::org-trail/logs/AWSLogs/*', undefined],
    ]);
    expect(allowed).toContainEqual(['kms:Decrypt', trail.kmsKeyArn, undefined]);
  });

  it('reaches secrets by name and by tag, and their key through Secrets Manager only', () => {
    const vault = all.filter(
      ({ resource, statement }) =>
        resource.Type === 'AWS::IAM::ManagedPolicy' &&
        listOf(statement.Action)[0]?.startsWith('secretsmanager:'),
    );
    expect(vault).toHaveLength(5);
    for (const { statement } of vault) {
      expect(statement.Resource).toBe(
        'arn:aws:secretsmanager:eu-central-1:123456789012:secret:tokenward/prod/*',
      );
      expect(statement.Condition).toEqual({ StringEquals: { 'aws:ResourceTag/tokenward:env': 'prod' } });
    }
  });

  it('lets events go out under our own name only, every one of them', () => {
    // What forwards the global services' events hands on what AWS said, and may put it on one bus alone.
    const bus = all.filter(
      ({ resource, statement }) =>
        resource.stack !== 'global' && listOf(statement.Action).includes('events:PutEvents'),
    );
    expect(bus).toHaveLength(5);
    for (const { statement } of bus) {
      expect(statement.Condition).toEqual({
        'ForAllValues:StringEquals': { 'events:source': 'tokenward' },
        Null: { 'events:source': 'false' },
      });
    }
  });

  it('ends keys of users that carry the tag, by the one policy and no other (F26)', () => {
    const policy = 'arn:aws:iam::123456789012:policy/TokenwardQuarantine-prod';
    const tagged = { 'aws:ResourceTag/tokenward:respond': 'prod' };
    const changing = all.filter(
      ({ resource, statement }) =>
        resource.Type === 'AWS::IAM::ManagedPolicy' &&
        listOf(statement.Action).some((action) => /^iam:(?!Get|List)/.test(action)),
    );
    expect(changing).toHaveLength(6);
    for (const { statement } of changing) {
      expect(statement.Resource).toBe('arn:aws:iam::123456789012:user/*');
      expect(statement.Condition?.StringEquals).toEqual(tagged);
      const onPolicies = listOf(statement.Action).some((action) => action.endsWith('UserPolicy'));
      expect(statement.Condition?.ArnEquals).toEqual(onPolicies ? { 'iam:PolicyARN': policy } : undefined);
    }
  });

  it('puts on a quarantine that denies temporary credentials, and allows nothing', () => {
    const [policy] = ofType(production, 'AWS::IAM::ManagedPolicy').filter(
      ({ Properties }) => Properties.ManagedPolicyName === 'TokenwardQuarantine-prod',
    );
    expect(policy?.stack).toBe('state');
    expect(statementsOf(policy)).toEqual([
      {
        Sid: 'DenyTemporaryCredentials',
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { Null: { 'aws:TokenIssueTime': 'false' } },
      },
    ]);
  });

  it('lets respond tell Security Hub where the deployment says so, as the account’s own product', () => {
    const importing = (deployment: typeof production): readonly unknown[] =>
      deployment.resources
        .flatMap(({ Properties }) => statementsOf(Properties))
        .filter(({ Action }) => listOf(Action).includes('securityhub:BatchImportFindings'))
        .map(({ Resource }) => Resource);
    expect(importing(production)).toEqual([]);
    const on = deploy('production', { securityHub: true });
    expect(importing(on)).toEqual([
      'arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default',
    ]);
    const told = ofType(on, 'AWS::Lambda::Function').filter(({ Properties }) =>
      JSON.stringify(Properties.Environment).includes('https://securityhub.eu-central-1.amazonaws.com'),
    );
    expect(told.map(({ Properties }) => Properties.FunctionName)).toEqual(['tokenward-prod-respond']);
  });

  it('resolves the unique ids of the declared principals and of no other', () => {
    const directory = all.filter(({ statement }) => listOf(statement.Action).includes('iam:GetRole'));
    expect(directory.map(({ statement }) => statement.Resource)).toEqual([
      'arn:aws:iam::123456789012:role/orders-service',
    ]);
  });
});

describe('the four duties of people (AC-5)', () => {
  const duties = deploy('production', {
    operators: {
      issuer: ['arn:aws:iam::123456789012:role/issuing-desk'],
      responder: ['arn:aws:iam::123456789012:role/incident-desk', 'arn:aws:iam::123456789012:role/on-call'],
      auditor: ['arn:aws:iam::123456789012:role/audit-desk'],
      deployer: ['arn:aws:iam::123456789012:role/pipeline'],
    },
  });

  it('share no action on any resource', () => {
    const owned = ['issuer', 'responder', 'auditor', 'deployer'].map((duty) => {
      const policies = ofType(duties, 'AWS::IAM::ManagedPolicy').filter(
        ({ Properties }) =>
          (Properties as { ManagedPolicyName: string }).ManagedPolicyName === `tokenward-prod-${duty}`,
      );
      return statementsOf(policies).flatMap(({ Action, Resource }) =>
        listOf(Action).map((action) => `${action} ${JSON.stringify(Resource)}`),
      );
    });
    expect(owned.map(({ length }) => length > 0)).toEqual([true, true, true, true]);
    expect(new Set(owned.flat()).size).toBe(owned.flat().length);
    for (const action of owned[2] ?? [])
      expect(action).toMatch(
        /^(dynamodb:(BatchGetItem|GetItem|Query|Scan)|kms:(Decrypt|DescribeKey|GetPublicKey)|s3:(GetObject|ListBucket)|cloudtrail:(DescribeTrails|GetEventSelectors|GetTrail|GetTrailStatus)|cloudformation:DescribeStacks) |^lambda:InvokeFunction .*"Report/,
      );
  });

  it('let a deployer become what the bootstrap made for it, in both accounts, and nothing else', () => {
    const deployer = (deployment: typeof duties): readonly Statement[] =>
      statementsOf(
        ofType(deployment, 'AWS::IAM::ManagedPolicy').filter(
          ({ Properties }) => Properties.ManagedPolicyName === 'tokenward-prod-deployer',
        ),
      );
    const inAccount = (account: string): readonly string[] =>
      ['deploy', 'file-publishing', 'lookup'].map(
        (kind) => `arn:aws:iam::${account}:role/cdk-hnb659fds-${kind}-role-${account}-eu-central-1`,
      );
    expect(deployer(duties)).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: inAccount('123456789012') },
    ]);
    expect(deployer(deploy('production', { logAccount: '999988887777' }))[0]?.Resource).toEqual([
      ...inAccount('123456789012'),
      ...inAccount('999988887777'),
    ]);
  });

  it('can be taken only by the principals that the context names', () => {
    const roles = ofType(duties, 'AWS::IAM::Role').filter(({ Properties }) =>
      /-(issuer|responder|auditor|deployer)$/.test((Properties as { RoleName?: string }).RoleName ?? ''),
    );
    expect(roles).toHaveLength(4);
    expect(JSON.stringify(roles)).toContain('role/on-call');
    expect(JSON.stringify(roles)).not.toContain(':root');
    const unnamed = ofType(production, 'AWS::IAM::Role').map(
      ({ Properties }) => (Properties as { RoleName?: string }).RoleName,
    );
    expect(unnamed).not.toContain('tokenward-prod-responder');
  });
});

describe('the secrets', () => {
  const policies = ofType(production, 'AWS::SecretsManager::ResourcePolicy');
  const ofToken = (id: string): readonly Statement[] =>
    statementsOf(policies.filter(({ logicalId }) => logicalId.startsWith(id)));

  it('deny everybody but the bound readers and the rotator the value, and everybody without TLS', () => {
    const own = ['issue', 'rotate'].map((name) => roleArnOf(production.settings, name));
    const readers = ['arn:aws:iam::123456789012:role/billing', 'arn:aws:iam::210987654321:role/billing-eu'];
    expect(policies).toHaveLength(3);
    const deny = ofToken('billing').filter(({ Effect }) => Effect === 'Deny');
    expect(deny.map(({ Sid, Action, Condition }) => ({ Sid, Action, Condition }))).toEqual([
      {
        Sid: 'DenyInsecureTransport',
        Action: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'DenyOtherReaders',
        Action: 'secretsmanager:GetSecretValue',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': [...readers, ...own] } },
      },
      {
        Sid: 'DenyOtherWriters',
        Action: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
        Condition: {
          ArnNotEquals: {
            'aws:PrincipalArn': ['issue', 'rotate', 'sweep', 'revoke', 'respond'].map((name) =>
              roleArnOf(production.settings, name),
            ),
          },
        },
      },
    ]);
    for (const { Properties } of policies) expect(Properties).toMatchObject({ BlockPublicPolicy: true });
  });

  it('allow the readers of each account, and nobody a canary', () => {
    const allow = ofToken('billing').filter(({ Effect }) => Effect === 'Allow');
    expect(allow.map(({ Sid }) => Sid)).toEqual(['Readers123456789012', 'Readers210987654321']);
    expect(JSON.stringify(allow[1]?.Principal)).toContain('210987654321:root');
    expect(allow[1]?.Condition).toEqual({
      ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::210987654321:role/billing-eu'] },
    });
    expect(ofToken('honey').filter(({ Effect }) => Effect === 'Allow')).toEqual([]);
  });

  it('let readers, also of another account, decrypt through Secrets Manager only', () => {
    const [statement] = all.filter(({ statement: { Sid } }) => Sid === 'ReadersThroughVault');
    expect(statement?.resource.logicalId).toBe('SecretsKey');
    expect(statement?.statement.Condition).toEqual({
      ArnEquals: {
        'aws:PrincipalArn': [
          'arn:aws:iam::123456789012:role/billing',
          'arn:aws:iam::123456789012:role/orders-service',
          'arn:aws:iam::210987654321:role/billing-eu',
        ],
      },
      ArnLike: {
        'kms:EncryptionContext:SecretARN':
          'arn:aws:secretsmanager:eu-central-1:123456789012:secret:tokenward/prod/*',
      },
      StringEquals: { 'kms:ViaService': 'secretsmanager.eu-central-1.amazonaws.com' },
    });
  });
});

describe('the keys (SC-12)', () => {
  const destruction = (deployment: typeof production): readonly Statement[] =>
    statementsOf(ofType(deployment, 'AWS::KMS::Key')).filter(({ Sid }) => Sid === 'DenyKeyDestruction');

  it('cannot be disabled or deleted in production, but by the break-glass role where there is one', () => {
    expect(destruction(production)).toHaveLength(8);
    for (const { Action, Condition } of destruction(production)) {
      expect(Action).toEqual(['kms:DisableKey', 'kms:ScheduleKeyDeletion']);
      expect(Condition).toBeUndefined();
    }
    const breakGlassRoleArn = 'arn:aws:iam::123456789012:role/break-glass';
    for (const { Condition } of destruction(deploy('production', { breakGlassRoleArn }))) {
      expect(Condition).toEqual({ ArnNotEquals: { 'aws:PrincipalArn': breakGlassRoleArn } });
    }
    expect(destruction(deploy('sandbox'))).toEqual([]);
  });

  it('serve CloudWatch and EventBridge for the alert topic only', () => {
    const [statement] = statementsOf(ofType(production, 'AWS::KMS::Key')).filter(
      ({ Sid }) => Sid === 'AlarmsToTopic',
    );
    expect(statement?.Condition).toEqual({
      StringEquals: {
        'kms:EncryptionContext:aws:sns:topicArn':
          'arn:aws:sns:eu-central-1:123456789012:tokenward-prod-alerts',
      },
    });
  });
});
