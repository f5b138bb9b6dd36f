import { ACCOUNT, REGION } from '../account.ts';
import type { Row } from '../evaluate.ts';
import { NEIGHBOUR, the, through } from '../names.ts';
import { FUNCTIONS, may, mustNot, nobody, only } from './row.ts';

const { leading, tls, locked, source } = through;
const vault = through.vault('orders-service');
const segment = the.object('segments/000000001');
const logGroup = { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:` };
const groupOf = (name: string) => ({
  'kms:EncryptionContext:aws:logs:arn': `${logGroup['kms:EncryptionContext:aws:logs:arn']}${name}`,
});

/** Where each right ends: at somebody else's thing of the same kind, and at the verbs beside those in use. */
export const LIMITS: readonly Row[] = [
  // Somebody else's, with all that would fit the conditions.
  ...['GetItem', 'BatchGetItem', 'PutItem'].flatMap((verb) =>
    ['KEY#0123456789abcdef', 'AUDIT#017', 'SEAL#log'].flatMap((key) =>
      nobody(`dynamodb:${verb}`, NEIGHBOUR.table, leading(key)),
    ),
  ),
  ...nobody('dynamodb:Query', NEIGHBOUR.table, leading('AUDIT#017')),
  ...[vault, through.table, through.bucket, through.topic, through.pepper].flatMap((context) => [
    ...nobody('kms:Decrypt', NEIGHBOUR.key, context),
    ...nobody('kms:GenerateDataKey', NEIGHBOUR.key, context),
  ]),
  ...nobody('kms:GenerateMac', NEIGHBOUR.key),
  ...nobody('kms:Sign', NEIGHBOUR.key),
  ...nobody('kms:GetPublicKey', NEIGHBOUR.key),
  ...nobody('sqs:SendMessage', NEIGHBOUR.queue, tls),
  ...nobody('sqs:ReceiveMessage', NEIGHBOUR.queue, tls),
  ...nobody('sns:Publish', NEIGHBOUR.topic, tls),
  ...nobody('events:PutEvents', NEIGHBOUR.bus, { 'events:source': ['tokenward'] }),
  ...nobody('lambda:InvokeFunction', NEIGHBOUR.fn),
  ...nobody('s3:PutObject', NEIGHBOUR.object, locked),
  ...nobody('s3:GetObject', NEIGHBOUR.object, tls),
  ...nobody('s3:ListBucket', NEIGHBOUR.bucket, tls),
  ...nobody('execute-api:Invoke', NEIGHBOUR.route),
  ...nobody('logs:PutLogEvents', NEIGHBOUR.logs),
  ...nobody('sts:AssumeRole', NEIGHBOUR.role),
  ...nobody('dynamodb:GetItem', NEIGHBOUR.table, leading('RECONCILE#eu-west-1')),
  ...nobody('iam:GetRole', NEIGHBOUR.role),
  ...nobody('cloudformation:DescribeStacks', NEIGHBOUR.stack),

  // Ours, with a verb beside those in use.
  ...nobody('kms:Encrypt', the.key('SecretsKey'), vault),
  ...nobody('kms:CreateGrant', the.key('DataKey'), through.table),
  ...nobody('kms:Encrypt', the.key('DataKey'), through.topic),
  ...nobody('kms:Encrypt', the.key('ArchiveKey'), through.bucket),
  ...nobody('kms:UpdateKeyDescription', the.key('MacKey')),
  ...FUNCTIONS.map((who) => who.slice('fn:'.length)).flatMap((name) => [
    ...nobody('lambda:DeleteFunction', the.fn(name)),
    ...nobody('logs:DeleteLogStream', the.logs(name)),
  ]),
  ...[
    'issue',
    'sweep',
    'revoke',
    'seal',
    'reconcile',
    'report',
    'sweep-schedule',
    'seal-schedule',
    'reconcile-schedule',
    'report-schedule',
  ].flatMap((name) => nobody('sqs:PurgeQueue', the.queue(`${name}-failed`), tls)),
  ...nobody('sqs:DeleteQueue', the.queue('usage'), tls),
  ...nobody('sns:SetTopicAttributes', the.topic, tls),
  ...nobody('cloudtrail:StopLogging', `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/organisation`),
  ...nobody('events:PutEvents', the.bus, { 'events:source': ['tokenward', 'aws.secretsmanager'] }),
  ...nobody('events:PutEvents', the.bus),
  ...nobody('s3:PutObjectTagging', segment, tls),
  ...nobody('s3:PutBucketVersioning', the.bucket, tls),
  ...nobody('execute-api:InvalidateCache', the.route('/tokens')),
  ...nobody('execute-api:InvalidateCache', the.route('/revocations')),
  ...nobody('sts:SetSourceIdentity', the.bootstrap('deploy')),
  ...nobody('iam:DeleteRole', the.role('orders-service')),
  mustNot('fn:issue', 'sns:Publish', the.topic, { 'aws:SecureTransport': 'false' }),
  mustNot('fn:issue', 'kms:Decrypt', the.key('SecretsKey'), {
    ...vault,
    'kms:EncryptionContext:SecretARN': the.strangeSecret,
  }),

  // What the small rights beside the great ones are for.
  ...only(
    ['fn:issue', 'fn:rotate', 'fn:sweep', 'fn:respond', 'fn:revoke', 'fn:seal', 'fn:reconcile'],
    'kms:Encrypt',
    the.key('DataKey'),
    through.table,
  ),
  ...['kms:ReEncryptFrom', 'kms:ReEncryptTo'].flatMap((action) =>
    only(
      ['fn:issue', 'fn:rotate', 'fn:sweep', 'fn:respond', 'fn:revoke', 'fn:seal', 'fn:reconcile'],
      action,
      the.key('DataKey'),
      through.table,
    ),
  ),
  ...only(
    [
      'fn:issue',
      'fn:authorize',
      'fn:rotate',
      'fn:sweep',
      'fn:respond',
      'fn:revoke',
      'fn:seal',
      'fn:reconcile',
      'fn:report',
      'duty:auditor',
    ],
    'kms:DescribeKey',
    the.key('DataKey'),
    through.table,
  ),
  ...only(
    ['fn:issue', 'fn:sweep', 'fn:respond', 'fn:revoke'],
    'kms:Decrypt',
    the.key('DataKey'),
    through.topic,
  ),
  ...only(['fn:respond'], 'sqs:ChangeMessageVisibility', the.queue('events'), tls),
  ...only(['fn:respond', 'fn:report'], 'sqs:GetQueueAttributes', the.queue('usage'), tls),
  ...(['sweep', 'seal', 'reconcile', 'report'] as const).flatMap((name) =>
    only([`schedule:${name}`], 'sqs:SendMessage', the.queue(`${name}-schedule-failed`), tls),
  ),
  ...FUNCTIONS.map((who) => may(who, 'logs:CreateLogStream', the.logs(who.slice('fn:'.length)))),

  // Services that use a key for us, for this and nothing else.
  ...(['cloudwatch', 'events'] as const).flatMap((service) => [
    may(`service:${service}.amazonaws.com`, 'kms:GenerateDataKey', the.key('DataKey'), through.topic),
    mustNot(`service:${service}.amazonaws.com`, 'kms:GenerateDataKey', the.key('DataKey'), {
      'kms:EncryptionContext:aws:sns:topicArn': NEIGHBOUR.topic,
    }),
    mustNot(`service:${service}.amazonaws.com`, 'kms:GenerateDataKey', the.key('SecretsKey'), through.topic),
  ]),
  may(
    `service:logs.${REGION}.amazonaws.com`,
    'kms:Encrypt',
    the.key('LogsKey'),
    groupOf('/aws/lambda/tokenward-prod-issue'),
  ),
  mustNot(
    `service:logs.${REGION}.amazonaws.com`,
    'kms:Encrypt',
    the.key('LogsKey'),
    groupOf('/aws/lambda/payroll'),
  ),
  mustNot(
    'service:cloudwatch.amazonaws.com',
    'sns:Publish',
    the.topic,
    source(`arn:aws:cloudwatch:${REGION}:666666666666:alarm:tokenward-prod-seal-late`),
  ),
];
