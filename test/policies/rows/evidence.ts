import { ACCOUNT, REGION } from '../account.ts';
import type { Row } from '../evaluate.ts';
import { KEYS, NEIGHBOUR, the, through } from '../names.ts';
import { may, mustNot, nobody, only } from './row.ts';

const { leading, tls } = through;
const bucket = `arn:aws:s3:::tokenward-prod-evidence-${ACCOUNT}-${REGION}`;
const page = `${bucket}/bundles/1/index.html`;
const [key, data] = [the.key('EvidenceKey'), the.key('DataKey')];
const ddb = (verb: string): string => `dynamodb:${verb}`;

/** Evidence: one collects and signs, the auditor asks and reads, and neither changes what it is about (AU-6, CA-7). */
export const EVIDENCE: readonly Row[] = [
  ...only(['fn:report'], 's3:PutObject', page, tls, ['foreign-stranger', 'reader']),
  ...only(['fn:report', 'duty:auditor'], 's3:GetObject', page, tls, ['foreign-stranger', 'reader']),
  ...only(['fn:report'], 's3:ListBucket', bucket, tls, ['foreign-stranger']),
  ...nobody('s3:DeleteObject', page, tls, ['foreign-stranger']),
  ...nobody('s3:PutBucketPolicy', bucket, tls, ['foreign-stranger']),
  mustNot('administrator', 's3:GetObject', page, { 'aws:SecureTransport': 'false' }),
  mustNot('administrator', 's3:GetObject', page, { ...tls, 's3:TlsVersion': '1.1' }),

  ...only(['fn:report'], 'kms:Sign', key, {}, ['administrator', 'break-glass', 'foreign-stranger']),
  ...only(['fn:report', 'duty:auditor'], 'kms:GetPublicKey', key),
  ...nobody('kms:Verify', key),
  ...only(['fn:report'], 'kms:GenerateDataKey', data, through.bucket),
  ...only(['fn:report', 'duty:auditor'], 'kms:Decrypt', data, through.bucket),
  ...nobody('kms:Encrypt', data, through.bucket),

  may('fn:report', ddb('GetItem'), the.table, leading('SEAL#log')),
  may('fn:report', ddb('BatchGetItem'), the.table, leading('AUDIT#000', 'AUDIT#001')),
  mustNot('fn:report', ddb('GetItem'), the.table, leading('PEPPER#1')),
  mustNot('fn:report', ddb('BatchGetItem'), the.table, leading('KEY#0123456789abcdef')),
  mustNot('fn:report', ddb('Query'), the.table, leading('TOKEN#orders-service')),
  mustNot('fn:report', ddb('PutItem'), the.table, leading('SEAL#log')),
  mustNot('fn:report', ddb('Query'), the.index('audit-token'), leading('orders-service')),
  mustNot('fn:report', ddb('Query'), the.index('principal'), leading('orders-service')),
  mustNot('fn:report', ddb('Scan'), the.table),
  ...only(['fn:report', 'duty:auditor'], ddb('Scan'), the.index('principal')),
  ...['DescribeTable', 'DescribeContinuousBackups'].flatMap((verb) => [
    ...only(['fn:report'], ddb(verb), the.table),
    ...nobody(ddb(verb), NEIGHBOUR.table),
  ]),
  ...nobody(ddb('Scan'), NEIGHBOUR.table),
  ...nobody(ddb('DeleteTable'), the.table),

  ...KEYS.map((name) => may('fn:report', 'kms:DescribeKey', the.key(name))),
  ...KEYS.flatMap((name) => only(['fn:report'], 'kms:GetKeyRotationStatus', the.key(name))),
  ...nobody('kms:DescribeKey', NEIGHBOUR.key),
  ...nobody('kms:GetKeyRotationStatus', NEIGHBOUR.key),

  ...['s3:GetBucketObjectLockConfiguration', 's3:GetBucketVersioning'].flatMap((action) => [
    ...only(['fn:report'], action, the.bucket, tls),
    ...nobody(action, NEIGHBOUR.bucket, tls),
  ]),
  ...only(['fn:report'], 'sqs:GetQueueUrl', the.queue('events-failed'), tls),
  ...nobody('sqs:GetQueueUrl', NEIGHBOUR.queue, tls),
  ...nobody('sqs:GetQueueAttributes', NEIGHBOUR.queue, tls),
  ...['state', 'functions', 'tokens', 'guard', 'evidence', 'log'].flatMap((name) => [
    ...only(['fn:report'], 'cloudformation:GetTemplate', the.stack(name)),
    ...nobody('cloudformation:DeleteStack', the.stack(name)),
  ]),
  ...nobody('cloudformation:GetTemplate', NEIGHBOUR.stack),
];
