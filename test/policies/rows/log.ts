import type { Row } from '../evaluate.ts';
import { the, through } from '../names.ts';
import { may, mustNot, nobody, only } from './row.ts';

const segment = the.object('segments/000000001');
const { locked, tls } = through;
const without = (key: string): Row['context'] =>
  Object.fromEntries(Object.entries(locked).filter(([name]) => name !== key));

/** The sealed log: one appends, one reads, nobody takes (AU-9). */
export const LOG: readonly Row[] = [
  ...only(['fn:seal'], 's3:PutObject', segment, locked, [
    'administrator',
    'break-glass',
    'foreign-stranger',
    'reader',
  ]),
  may('fn:seal', 's3:PutObject', the.object('checkpoints/000000001'), locked),
  may('fn:seal', 's3:PutObjectRetention', segment, {
    ...tls,
    's3:object-lock-remaining-retention-days': '400',
  }),
  mustNot('fn:seal', 's3:PutObject', the.object('elsewhere/1'), locked),
  mustNot('fn:seal', 's3:PutObject', 'arn:aws:s3:::somebody-elses-bucket/segments/1', locked),
  mustNot('fn:seal', 's3:PutObject', segment, without('s3:object-lock-mode')),
  mustNot('fn:seal', 's3:PutObject', segment, { ...locked, 's3:object-lock-mode': 'GOVERNANCE' }),
  mustNot('fn:seal', 's3:PutObject', segment, without('s3:if-none-match')),
  mustNot('fn:seal', 's3:PutObject', segment, { ...locked, 's3:object-lock-remaining-retention-days': '30' }),
  mustNot('fn:seal', 's3:PutObjectRetention', segment, {
    ...tls,
    's3:object-lock-remaining-retention-days': '1',
  }),
  mustNot('fn:seal', 's3:PutObject', segment, { ...locked, 'aws:SecureTransport': 'false' }),
  ...only(['duty:auditor'], 's3:GetObject', segment, tls, ['foreign-stranger', 'reader']),
  ...only(['duty:auditor'], 's3:ListBucket', the.bucket, tls, ['foreign-stranger']),
  mustNot('duty:auditor', 's3:GetObject', segment, { 'aws:SecureTransport': 'false' }),
  mustNot('administrator', 's3:GetObject', segment, { 'aws:SecureTransport': 'false' }),
  mustNot('duty:auditor', 's3:GetObject', segment, { ...tls, 's3:TlsVersion': '1.1' }),
  ...['s3:GetObject', 's3:GetObjectVersion'].map((action) =>
    mustNot('overpowered-sealer', action, segment, tls),
  ),
  mustNot('overpowered-sealer', 's3:ListBucket', the.bucket, tls),
  mustNot('overpowered-sealer', 's3:DeleteObjectVersion', segment, tls),
  mustNot('fn:seal', 's3:GetObjectVersion', segment, tls),
  mustNot('fn:seal', 's3:ListBucketVersions', the.bucket, tls),
  ...[
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:BypassGovernanceRetention',
    's3:PutObjectLegalHold',
  ].flatMap((action) => nobody(action, segment, tls, ['administrator', 'break-glass', 'foreign-stranger'])),
  ...nobody('s3:PutLifecycleConfiguration', the.bucket, tls, ['administrator', 'break-glass']),
  ...nobody('s3:PutBucketPolicy', the.bucket, tls, ['foreign-stranger']),
  ...nobody('s3:PutBucketObjectLockConfiguration', the.bucket, tls, ['foreign-stranger']),
  mustNot('administrator', 's3:PutObjectRetention', segment, {
    ...tls,
    's3:object-lock-remaining-retention-days': '400',
  }),
  mustNot('administrator', 's3:ReplicateObject', segment, tls),
];
