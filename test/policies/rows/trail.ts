import { ACCOUNT, REGION } from '../account.ts';
import type { Row } from '../evaluate.ts';
import { NEIGHBOUR, the, through } from '../names.ts';
import type { Who } from '../principals.ts';
import { may, mustNot, nobody, only, REPLAYING } from './row.ts';

/** The trail that the deployment of the tests names, as context. */
export const DECLARED_TRAIL: Readonly<Record<'arn' | 'bucket' | 'kmsKeyArn', string>> = {
  arn: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/organisation`,
  bucket: 'organisation-trail',
  kmsKeyArn: the.key('trail'),
};

const { tls, bucket: throughBucket } = through;
const INVOKE = 'lambda:InvokeFunction';
const trail = `arn:aws:s3:::${DECLARED_TRAIL.bucket}`;
const file = `${trail}/AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/2026/11/24/a.json.gz`;
const digests = `${trail}/digests/a.json.gz`;
const work = 'arn:aws:s3:::work';
const data = the.key('DataKey');
const machine = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:tokenward-prod-replay`;
const execution = `arn:aws:states:${REGION}:${ACCOUNT}:execution:tokenward-prod-replay/Files:0f1e2d3c`;
const hub = `arn:aws:securityhub:${REGION}:${ACCOUNT}:product/${ACCOUNT}/default`;

/** These may, and neither anybody else of ours nor who replays. */
const alone = (
  allowed: readonly Who[],
  action: string,
  resource: string,
  context: Row['context'] = {},
): readonly Row[] => [
  ...only(allowed, action, resource, context, ['foreign-stranger']),
  ...REPLAYING.filter((who) => !allowed.includes(who)).map((who) => mustNot(who, action, resource, context)),
];
const under = (prefix: string): Row['context'] => ({ ...tls, 's3:prefix': prefix });

/** What a declared trail, a replay of it and Security Hub add to a deployment: reading, and places of their own. */
export const TRAIL: readonly Row[] = [
  ...alone(['fn:reconcile', 'fn:replay'], 's3:GetObject', file, tls),
  ...alone([], 's3:GetObject', digests, tls),
  ...alone([], 's3:PutObject', file, tls),
  ...alone([], 's3:DeleteObject', file, tls),
  ...alone(['fn:reconcile', 'role:replay-machine'], 's3:ListBucket', trail, under('AWSLogs/')),
  ...alone([], 's3:ListBucket', trail, under('digests/')),
  ...alone([], 's3:ListBucketVersions', trail, under('AWSLogs/')),
  ...alone([], 's3:ListBucket', NEIGHBOUR.bucket, under('AWSLogs/')),
  ...alone([], 's3:PutBucketPolicy', trail, tls),
  ...alone(['fn:reconcile', 'fn:replay'], 'kms:Decrypt', DECLARED_TRAIL.kmsKeyArn, throughBucket),
  ...alone([], 'kms:Decrypt', DECLARED_TRAIL.kmsKeyArn, through.table),
  ...alone([], 'kms:Encrypt', DECLARED_TRAIL.kmsKeyArn, throughBucket),
  ...alone([], 'cloudtrail:LookupEvents', '*'),
  ...alone([], 'cloudtrail:StopLogging', DECLARED_TRAIL.arn),

  ...alone(['fn:replay'], 's3:GetObject', `${work}/bindings.json`, tls),
  ...alone(['fn:replay'], 's3:GetObject', `${work}/runs/october/verdicts.ndjson`, tls),
  ...alone(['fn:replay'], 's3:PutObject', `${work}/runs/october/verdicts.ndjson`, tls),
  ...alone(
    ['fn:replay', 'role:replay-machine'],
    's3:PutObject',
    `${work}/runs/maps/october/manifest.json`,
    tls,
  ),
  ...alone(['fn:replay'], 's3:GetObject', `${work}/runs/maps/october/manifest.json`, tls),
  ...alone([], 's3:PutObject', `${work}/bindings.json`, tls),
  ...alone([], 's3:DeleteObject', `${work}/runs/october/verdicts.ndjson`, tls),
  ...alone(['fn:replay'], 's3:ListBucket', work, tls),
  ...alone([], 's3:ListBucketVersions', work, tls),
  mustNot('administrator', 's3:GetObject', `${work}/bindings.json`, { 'aws:SecureTransport': 'false' }),
  mustNot('administrator', 's3:GetObject', `${work}/bindings.json`, { ...tls, 's3:TlsVersion': '1.1' }),

  ...REPLAYING.flatMap((who) => [
    may(who, 'kms:Decrypt', data, throughBucket),
    may(who, 'kms:GenerateDataKey', data, throughBucket),
    mustNot(who, 'kms:Decrypt', data, through.table),
    mustNot(who, 'kms:GenerateDataKey', data, through.table),
    mustNot(who, 'kms:Encrypt', data, throughBucket),
    mustNot(who, 'kms:GenerateDataKey', DECLARED_TRAIL.kmsKeyArn, throughBucket),
    mustNot(who, 's3:GetObject', NEIGHBOUR.object, tls),
    mustNot(who, 's3:GetObject', the.object('segments/1'), tls),
    mustNot(who, 's3:PutObject', the.object('segments/1'), tls),
    mustNot(who, 'kms:Decrypt', NEIGHBOUR.key, throughBucket),
    mustNot(who, 'dynamodb:GetItem', the.table, through.leading('TOKEN#orders-service')),
    mustNot(who, 'dynamodb:PutItem', the.table, through.leading('TOKEN#orders-service')),
    mustNot(who, 'secretsmanager:GetSecretValue', the.secret('orders-service'), through.tagged),
    mustNot(who, 'sqs:SendMessage', the.queue('events'), tls),
    mustNot(who, 'sns:Publish', the.topic, tls),
    mustNot(who, 'iam:UpdateAccessKey', `arn:aws:iam::${ACCOUNT}:user/ci`),
    mustNot(who, 'lambda:InvokeFunction', the.fn('revoke')),
  ]),
  may('fn:replay', 'logs:PutLogEvents', the.logs('replay')),
  may('fn:replay', 'logs:CreateLogStream', the.logs('replay')),
  mustNot('fn:replay', 'logs:PutLogEvents', NEIGHBOUR.logs),
  mustNot('fn:replay', 'logs:CreateLogStream', NEIGHBOUR.logs),
  mustNot('fn:replay', 'logs:DeleteLogStream', the.logs('replay')),

  ...alone(['role:replay-machine'], INVOKE, the.fn('replay')),
  mustNot('role:replay-machine', 'lambda:DeleteFunction', the.fn('replay')),
  mustNot('role:replay-machine', INVOKE, NEIGHBOUR.fn),
  ...alone(['role:replay-machine'], 'states:StartExecution', machine),
  mustNot(
    'role:replay-machine',
    'states:StartExecution',
    machine.replace('tokenward-prod-replay', 'payroll'),
  ),
  mustNot('role:replay-machine', 'states:DeleteStateMachine', machine),
  ...['states:DescribeExecution', 'states:StopExecution'].flatMap((action) => [
    ...alone(['role:replay-machine'], action, execution),
    mustNot('role:replay-machine', action, execution.replace('tokenward-prod-replay', 'payroll')),
  ]),
  mustNot('role:replay-machine', 'states:GetExecutionHistory', execution),

  ...alone(['fn:respond'], 'securityhub:BatchImportFindings', hub),
  ...alone([], 'securityhub:BatchImportFindings', hub.replace('default', 'other')),
  ...nobody('securityhub:BatchUpdateFindings', `arn:aws:securityhub:${REGION}:${ACCOUNT}:hub/default`),

  may('service:lambda.amazonaws.com', 'sts:AssumeRole', the.role('tokenward-prod-replay')),
  may('service:states.amazonaws.com', 'sts:AssumeRole', the.role('tokenward-prod-replay-machine')),
  mustNot('service:states.amazonaws.com', 'sts:AssumeRole', the.role('tokenward-prod-replay')),
  mustNot('administrator', 'sts:AssumeRole', the.role('tokenward-prod-replay-machine')),
];
