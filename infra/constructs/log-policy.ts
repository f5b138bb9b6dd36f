import { AccountPrincipal, AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { roleArnOf, type Settings } from '../settings.ts';

/**
 * Append, and nothing else (AU-9, AU-9(4)). S3 evaluates these whoever asks, the account's administrators included;
 * only who changes the policy itself gets past it, which is an alarm, and past Object Lock nobody does.
 */
export function logStatements(bucket: Bucket, settings: Settings): readonly PolicyStatement[] {
  const sealer = roleArnOf(settings, 'seal');
  const auditor = roleArnOf(settings, 'auditor');
  const objects = bucket.arnForObjects('*');
  const notSealer = { ArnNotEquals: { 'aws:PrincipalArn': sealer } };
  const deny = (
    sid: string,
    actions: readonly string[],
    conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
    resources: readonly string[] = [objects],
  ): PolicyStatement =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: [...actions],
      resources: [...resources],
      conditions,
    });
  const allow = (
    sid: string,
    arn: string,
    actions: readonly string[],
    resources: readonly string[],
  ): PolicyStatement =>
    new PolicyStatement({
      sid,
      effect: Effect.ALLOW,
      principals: [new AccountPrincipal(settings.account)],
      actions: [...actions],
      resources: [...resources],
      conditions: { ArnEquals: { 'aws:PrincipalArn': arn } },
    });
  return [
    allow('Append', sealer, ['s3:PutObject', 's3:PutObjectRetention'], appendable(bucket)),
    allow('ReadObjects', auditor, ['s3:GetObject', 's3:GetObjectRetention'], [objects]),
    allow('ListObjects', auditor, ['s3:ListBucket'], [bucket.bucketArn]),
    deny('DenyOtherAppenders', ['s3:PutObject', 's3:PutObjectRetention', 's3:ReplicateObject'], notSealer),
    deny(
      'DenyRemoval',
      [
        's3:BypassGovernanceRetention',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:PutLifecycleConfiguration',
        's3:PutObjectLegalHold',
      ],
      {},
      [bucket.bucketArn, objects],
    ),
    deny('DenyUnlocked', ['s3:PutObject'], { StringNotEquals: { 's3:object-lock-mode': 'COMPLIANCE' } }),
    // A day less than asked for: how a part of a day counts is not written anywhere.
    deny('DenyShortLock', ['s3:PutObject', 's3:PutObjectRetention'], {
      NumericLessThan: { 's3:object-lock-remaining-retention-days': String(settings.logLockDays - 1) },
    }),
    deny('DenyOverwriting', ['s3:PutObject'], {
      Null: { 's3:if-none-match': 'true' },
      Bool: { 's3:ObjectCreationOperation': 'true' },
    }),
    deny(
      'DenySealerToRead',
      ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket', 's3:ListBucketVersions'],
      { ArnEquals: { 'aws:PrincipalArn': sealer } },
      [bucket.bucketArn, objects],
    ),
  ];
}

/** The only names that the sealer writes. */
export const appendable = (bucket: Pick<Bucket, 'arnForObjects'>): readonly string[] => [
  bucket.arnForObjects('segments/*'),
  bucket.arnForObjects('checkpoints/*'),
];
