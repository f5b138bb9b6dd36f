import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { readTemplates } from '#adapters/cloudformation/templates.ts';
import { describeTable } from '#adapters/dynamodb/describe.ts';
import { describeKeys } from '#adapters/kms/describe.ts';
import { createEvidenceStore } from '#adapters/s3/evidence.ts';
import { describeLock } from '#adapters/s3/lock.ts';
import { describeQueues } from '#adapters/sqs/describe.ts';
import { createWire, type WireAnswer } from './wire.ts';

const xml = (text: string, status = 200): WireAnswer => ({ status, text: `<?xml version="1.0"?>${text}` });
const refused = xml('<Error><Code>AccessDenied</Code><Message>no</Message></Error>', 403);

describe('describeKeys', () => {
  it('asks for each, and for the rotation of symmetric ones alone', async () => {
    const key = (KeySpec: string): WireAnswer => ({
      json: { KeyMetadata: { KeyId: 'id', Arn: 'arn:key', KeySpec, Origin: 'AWS_KMS', KeyState: 'Enabled' } },
    });
    const wire = createWire(key('SYMMETRIC_DEFAULT'), { json: { KeyRotationEnabled: true } });
    const client = new KMSClient(wire.config);
    expect(await describeKeys(client, { data: 'arn:key' })).toEqual([
      {
        purpose: 'data',
        arn: 'arn:key',
        spec: 'SYMMETRIC_DEFAULT',
        origin: 'AWS_KMS',
        state: 'Enabled',
        rotation: true,
      },
    ]);
    expect(wire.calls.map(({ operation, body }) => [operation, body.KeyId])).toEqual([
      ['DescribeKey', 'arn:key'],
      ['GetKeyRotationStatus', 'arn:key'],
    ]);
    const mac = createWire(key('HMAC_256'));
    const [facts] = await describeKeys(new KMSClient(mac.config), { mac: 'arn:mac' });
    expect(facts).not.toHaveProperty('rotation');
    expect(mac.calls).toHaveLength(1);
  });

  it('throws where KMS refuses', async () => {
    const wire = createWire({ status: 400, json: { __type: 'AccessDeniedException' } });
    await expect(describeKeys(new KMSClient(wire.config), { a: 'arn:b' })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
  });
});

describe('describeTable', () => {
  const on = (table: object, status: string) =>
    describeTable(
      new DynamoDBClient(
        createWire(
          { json: { Table: table } },
          {
            json: {
              ContinuousBackupsDescription: {
                ContinuousBackupsStatus: 'ENABLED',
                PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
              },
            },
          },
        ).config,
      ),
      'registry',
    );

  it('says key, recovery and protection', async () => {
    const sse = { SSEDescription: { KMSMasterKeyArn: 'arn:key' }, DeletionProtectionEnabled: true };
    expect(await on(sse, 'ENABLED')).toEqual({
      name: 'registry',
      keyArn: 'arn:key',
      pointInTimeRecovery: true,
      deletionProtection: true,
    });
    expect(await on({}, 'DISABLED')).toEqual({
      name: 'registry',
      pointInTimeRecovery: false,
      deletionProtection: false,
    });
  });
});

describe('describeQueues', () => {
  it('says depth, encryption, and which keep failures', async () => {
    const attributes = { ApproximateNumberOfMessages: '3', SqsManagedSseEnabled: 'true' };
    const wire = createWire({ json: { QueueUrl: 'https://sqs/q' } }, { json: { Attributes: attributes } });
    expect(await describeQueues(new SQSClient(wire.config), ['tokenward-dev-events-failed'])).toEqual([
      { name: 'tokenward-dev-events-failed', messages: 3, encrypted: true, deadLetters: true },
    ]);
    const few = { Attributes: { ApproximateNumberOfMessages: '0' } };
    const bare = createWire({ json: { QueueUrl: 'https://sqs/q' } }, { json: few });
    const [queue] = await describeQueues(new SQSClient(bare.config), ['tokenward-dev-events']);
    expect(queue).toMatchObject({ messages: 0, encrypted: false, deadLetters: false });
    const none = createWire({ json: { QueueUrl: 'https://sqs/q' } }, { json: {} });
    await expect(describeQueues(new SQSClient(none.config), ['x'])).rejects.toMatchObject({
      code: 'bad-reply',
    });
    const gone = createWire({ status: 400, json: { __type: 'QueueDoesNotExist' } });
    await expect(describeQueues(new SQSClient(gone.config), ['x'])).rejects.toMatchObject({
      outcome: 'not-applied',
    });
  });
});

describe('describeLock', () => {
  const lock = (rule: string, status: string) => {
    const wire = createWire(
      xml(
        `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`,
      ),
      xml(`<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`),
    );
    return describeLock(new S3Client(wire.config), 'log');
  };

  it('says mode, days and versioning', async () => {
    const rule = (period: string) =>
      `<Rule><DefaultRetention><Mode>COMPLIANCE</Mode>${period}</DefaultRetention></Rule>`;
    expect(await lock(rule('<Days>400</Days>'), 'Enabled')).toEqual({
      bucket: 'log',
      mode: 'COMPLIANCE',
      days: 400,
      versioned: true,
    });
    expect(await lock(rule('<Years>2</Years>'), 'Suspended')).toMatchObject({ days: 730, versioned: false });
    expect(await lock('', '')).toMatchObject({ mode: 'none', days: 0 });
    await expect(describeLock(new S3Client(createWire(refused).config), 'log')).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });
});

describe('readTemplates', () => {
  const answer = (body: string): WireAnswer =>
    xml(
      `<GetTemplateResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><GetTemplateResult><TemplateBody>${body}</TemplateBody></GetTemplateResult></GetTemplateResponse>`,
    );

  it('puts the resources of all stacks into one, each under its stack', async () => {
    const wire = createWire(
      answer('{"Resources":{"A":{"Type":"T"}}}'),
      answer('{"Resources":{"A":{"Type":"U"}}}'),
    );
    expect(await readTemplates(new CloudFormationClient(wire.config), ['one', 'two'])).toEqual({
      resources: { 'one/A': { Type: 'T' }, 'two/A': { Type: 'U' } },
    });
    expect(wire.calls[0]?.body).toMatchObject({ StackName: 'one', TemplateStage: 'Processed' });
  });

  it('throws for a template that is no JSON, and where it is refused', async () => {
    const yaml = createWire(answer('Resources: {}'));
    await expect(readTemplates(new CloudFormationClient(yaml.config), ['one'])).rejects.toMatchObject({
      code: 'bad-reply',
    });
    const no = createWire(refused);
    await expect(readTemplates(new CloudFormationClient(no.config), ['one'])).rejects.toMatchObject({
      outcome: 'not-applied',
    });
  });
});

describe('createEvidenceStore', () => {
  it('writes pages as pages and gives back what is there', async () => {
    const wire = createWire({ text: '' }, { text: '' }, { text: '{"a":1}' });
    const store = createEvidenceStore(new S3Client(wire.config), 'evidence');
    await store.put('bundles/1/index.html', '<p>');
    await store.put('latest.json', '{}');
    expect(wire.calls.map(({ headers }) => headers['content-type'])).toEqual([
      'text/html; charset=utf-8',
      'application/json',
    ]);
    expect(await store.get('latest.json')).toBe('{"a":1}');
  });

  it('knows what is not there from what it may not see', async () => {
    const store = (answer: WireAnswer) =>
      createEvidenceStore(new S3Client(createWire(answer).config), 'evidence');
    expect(await store(xml('<Error><Code>NoSuchKey</Code></Error>', 404)).get('latest.json')).toBeUndefined();
    await expect(store(refused).get('latest.json')).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(store(refused).put('latest.json', '')).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});
