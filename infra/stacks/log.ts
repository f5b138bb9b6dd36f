import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import {
  CfnOutput,
  type CfnResource,
  Duration,
  RemovalPolicy,
  Stack,
  type StackProps,
} from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { CLOSED } from '../constructs/bucket.ts';
import { CIPHER_USE, policyOf } from '../constructs/keys.ts';
import { isElsewhere, LogForward } from '../constructs/log-forward.ts';
import { logStatements } from '../constructs/log-policy.ts';
import { logBucketNameOf, nameOf, type Settings } from '../settings.ts';

export interface LogStackProps extends StackProps {
  readonly settings: Settings;
}

/**
 * The sealed audit log (AU-9): one bucket under Object Lock in compliance mode, to which the sealer may add and from
 * which nobody may take, in an account of its own where `logAccount` names one. It stays when its stack goes, in a
 * sandbox too: nobody can delete what is locked.
 *
 * Encrypted under a key of ours where it is in our account. In another account the key's ARN is not known when our
 * functions are deployed, and S3's own keys encrypt it.
 */
export class LogStack extends Stack {
  readonly bucket: Bucket;
  /** Absent where another account holds the log. */
  readonly key: Key | undefined;

  constructor(scope: Construct, id: string, props: LogStackProps) {
    super(scope, id, props);
    const { settings } = props;
    const bucketName = logBucketNameOf(settings);
    this.key =
      settings.logAccount === undefined
        ? new Key(this, 'Key', {
            alias: nameOf(settings, 'archive'),
            description: `Tokenward ${settings.env}: the sealed audit log`,
            enableKeyRotation: true,
            pendingWindow: Duration.days(settings.stage === 'production' ? 30 : 7),
            policy: policyOf(settings, CIPHER_USE),
            removalPolicy: settings.removalPolicy,
          })
        : undefined;
    this.bucket = new Bucket(this, 'Log', {
      ...(bucketName === undefined ? {} : { bucketName }),
      ...CLOSED,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(settings.logLockDays)),
      ...(this.key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: this.key, bucketKeyEnabled: true }),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of logStatements(this.bucket, settings)) this.bucket.addToResourcePolicy(statement);
    (this.bucket.node.defaultChild as CfnResource).overrideLogicalId('Log');
    if (this.key !== undefined) (this.key.node.defaultChild as CfnResource).overrideLogicalId('ArchiveKey');
    if (isElsewhere(settings)) new LogForward(this, 'Forward', settings);
    new CfnOutput(this, 'LogBucket', { value: this.bucket.bucketName });
  }
}
