import { describe, expect, it } from 'vitest';
import { resolve } from './kept-settings.ts';
import { rewriteTemplate } from './rewrite-template.ts';
import type { Json, Template } from './template.ts';

const ENDPOINT = 'http://127.0.0.1:4';
const rewrite = (Resources: object, Outputs: object = {}): ReturnType<typeof rewriteTemplate> =>
  rewriteTemplate('stack', { Resources, Outputs } as unknown as Template, ENDPOINT);
const archive = { Type: 'AWS::Events::Archive', Properties: {} };
/** A substitution of `Fn::Sub`. */
const sub = (name: string): string => `\${${name}}`;
const secret = { Type: 'AWS::SecretsManager::Secret', Properties: {} };
const holder = (value: Json, more: object = {}): object => ({
  Type: 'AWS::SSM::Parameter',
  Properties: { Type: 'String', Value: value },
  ...more,
});
const valueIn = (template: Template, id: string): unknown => template.Resources[id]?.Properties?.Value;

describe('a refused type', () => {
  it('goes, with the dependencies on it and the outputs of it', () => {
    const resources = {
      Gone: archive,
      Stays: holder('x', { DependsOn: ['Gone', 'Other'] }),
      Other: holder('y'),
    };
    const outputs = { OfGone: { Value: { Ref: 'Gone' } }, OfStays: { Value: { Ref: 'Stays' } } };
    const { template, dropped } = rewrite(resources, outputs);
    expect(Object.keys(template.Resources)).toEqual(['Stays', 'Other']);
    expect(template.Resources.Stays?.DependsOn).toEqual(['Other']);
    expect(Object.keys(template.Outputs ?? {})).toEqual(['OfStays']);
    expect(dropped).toEqual([
      { stackName: 'stack', logicalId: 'Gone', type: 'AWS::Events::Archive', applied: false },
    ]);
  });

  it('leaves a well-formed ARN where it was mentioned, for other stacks too', () => {
    const mention = { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Gone', 'Arn'] }, '/*']] };
    const outputs = { ExportsOutputRefGone: { Value: { Ref: 'Gone' }, Export: { Name: 'n' } } };
    const { template } = rewrite(
      { Gone: archive, A: holder(mention), B: holder({ 'Fn::Sub': `<${sub('Gone.Arn')}>` }) },
      outputs,
    );
    expect(valueIn(template, 'A')).toEqual({ 'Fn::Join': ['', ['arn:aws:dropped:::Gone', '/*']] });
    expect(valueIn(template, 'B')).toEqual({ 'Fn::Sub': '<arn:aws:dropped:::Gone>' });
    expect(template.Outputs?.ExportsOutputRefGone?.Value).toBe('arn:aws:dropped:::Gone');
  });
});

describe('references', () => {
  it("make a secret's Ref its ARN and leave its attributes", () => {
    const { template } = rewrite({
      Secret: secret,
      A: holder({ Ref: 'Secret' }),
      B: holder({ 'Fn::Sub': `${sub('Secret')}-${sub('AWS::Region')}` }),
      C: holder({ 'Fn::GetAtt': ['Secret', 'Id'] }),
    });
    expect(valueIn(template, 'A')).toEqual({ 'Fn::Sub': sub('Secret.Id') });
    expect(valueIn(template, 'B')).toEqual({ 'Fn::Sub': `${sub('Secret.Id')}-${sub('AWS::Region')}` });
    expect(valueIn(template, 'C')).toEqual({ 'Fn::GetAtt': ['Secret', 'Id'] });
  });

  it("make a queue's Ref a URL at the endpoint, but not in the queue's own policy", () => {
    const { template } = rewrite({
      Queue: { Type: 'AWS::SQS::Queue' },
      Policy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Queue' }] } },
      A: holder({ Ref: 'Queue' }),
    });
    const url = `${ENDPOINT}/${sub('AWS::AccountId')}/${sub('Queue.QueueName')}`;
    expect(valueIn(template, 'A')).toEqual({ 'Fn::Sub': url });
    expect(template.Resources.Policy?.Properties?.Queues).toEqual([{ Ref: 'Queue' }]);
  });
});

describe('what is kept', () => {
  const schedule = {
    Type: 'AWS::SecretsManager::RotationSchedule',
    Properties: { SecretId: { Ref: 'Secret' }, RotationRules: { ScheduleExpression: 'rate(4 hours)' } },
  };

  it('is resolved through outputs of the stack', () => {
    const { template, kept, dropped } = rewrite({ Secret: secret, Schedule: schedule });
    expect(template.Outputs).toEqual({ EmulatorKept0: { Value: { 'Fn::Sub': sub('Secret.Id') } } });
    expect(dropped.map(({ applied }) => applied)).toEqual([true]);
    const [setting] = kept;
    expect(setting?.kind).toBe('rotation');
    expect(resolve(setting?.values ?? null, { EmulatorKept0: 'arn:of:it' })).toEqual({
      SecretId: 'arn:of:it',
      RotationRules: { ScheduleExpression: 'rate(4 hours)' },
    });
    expect(() => resolve(setting?.values ?? null, {})).toThrow('no output EmulatorKept0');
  });

  it('must not be conditional', () => {
    const conditional = { ...schedule, Condition: 'Sometimes' };
    expect(() => rewrite({ Secret: secret, Schedule: conditional })).toThrow('stack/Schedule is conditional');
  });
});

describe('a custom resource', () => {
  it('gets a time limit unless it has one', () => {
    const custom = (given: object): object => ({ Type: 'Custom::Thing', Properties: given });
    const { template } = rewrite({ A: custom({ a: 1 }), B: custom({ ServiceTimeout: '5' }) });
    expect(template.Resources.A?.Properties).toEqual({ ServiceTimeout: '30', a: 1 });
    expect(template.Resources.B?.Properties).toEqual({ ServiceTimeout: '5' });
  });
});

describe('actions', () => {
  it.each([
    ['sqs:SendMessage', ['sqs:SendMessage', 'sqs:SendMessageBatch']],
    [
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:DeleteMessageBatch'],
    ],
    ['sns:Publish', 'sns:Publish'],
  ])('%j: the right to a message is the right to many in one call', (Action, expected) => {
    const Statement = [{ Effect: 'Allow', Action, Resource: '*' }];
    const Properties = { PolicyDocument: { Statement } };
    const { template } = rewrite({ Policy: { Type: 'AWS::IAM::ManagedPolicy', Properties } });
    const document = template.Resources.Policy?.Properties?.PolicyDocument;
    expect(document).toEqual({ Statement: [{ ...Statement[0], Action: expected }] });
  });
});

describe('conditions', () => {
  const policy = (Effect: string, Condition: object, Action = 'kms:Decrypt'): object => ({
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      PolicyDocument: { Statement: [{ Effect, Action, Resource: '*', Condition }] },
    },
  });
  const conditionOf = (Effect: string, Condition: object, action?: string): unknown => {
    const { template } = rewrite({ Policy: policy(Effect, Condition, action) });
    const document = template.Resources.Policy?.Properties?.PolicyDocument as { Statement: object[] };
    return (document.Statement[0] as { Condition?: object }).Condition;
  };

  it('lose from an Allow, not from a Deny, the keys that have no value in the emulator', () => {
    const both = { StringEquals: { 'kms:ViaService': 'x', 'aws:SourceAccount': '1' } };
    expect(conditionOf('Allow', both)).toEqual({ StringEquals: { 'aws:SourceAccount': '1' } });
    expect(conditionOf('Deny', both)).toEqual(both);
    expect(conditionOf('Allow', { StringEquals: { 'kms:ViaService': 'x' } })).toBeUndefined();
  });

  it('make a denial of a bucket match nobody where the emulator could only judge it against everybody', () => {
    const nobody = { StringEquals: { 'aws:PrincipalArn': 'arn:aws:dropped:::nobody' } };
    const insecure = { Bool: { 'aws:SecureTransport': 'false' } };
    expect(conditionOf('Deny', { Null: { 's3:if-none-match': 'true' } }, 's3:PutObject')).toEqual(nobody);
    expect(conditionOf('Deny', insecure, 's3:*')).toEqual(nobody);
    expect(conditionOf('Deny', insecure, 'sqs:*')).toEqual(insecure);
    expect(conditionOf('Deny', { StringEquals: { 'aws:SourceAccount': '1' } }, 's3:PutObject')).toEqual({
      StringEquals: { 'aws:SourceAccount': '1' },
    });
  });

  it("name a role's sessions beside the role", () => {
    const role = 'arn:aws:iam::000000000000:role/path/reader';
    expect(conditionOf('Deny', { ArnNotEquals: { 'aws:PrincipalArn': [role] } })).toEqual({
      ArnNotEquals: { 'aws:PrincipalArn': [role, 'arn:aws:sts::000000000000:assumed-role/reader/*'] },
    });
  });
});
