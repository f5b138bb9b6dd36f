import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
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
import { policyOf, SIGNATURE_USE, signerAlone } from '../constructs/keys.ts';
import { evidenceBucketNameOf, evidenceKeyNameOf, nameOf, type Settings } from '../settings.ts';
import type { StateStack } from './state.ts';

export interface EvidenceStackProps extends StackProps {
  readonly settings: Settings;
  readonly state: StateStack;
}

/**
 * Where evidence of the controls is kept, and the key that signs it. The key is not the log's: whoever reports could
 * otherwise sign a second log. The bucket stays when its stack goes, every version of every bundle in it.
 */
export class EvidenceStack extends Stack {
  readonly bucket: Bucket;
  readonly key: Key;

  constructor(scope: Construct, id: string, props: EvidenceStackProps) {
    super(scope, id, props);
    const { settings, state } = props;
    const production = settings.stage === 'production';
    const bucketName = evidenceBucketNameOf(settings);
    this.key = new Key(this, 'Key', {
      alias: nameOf(settings, 'evidence'),
      description: `Tokenward ${settings.env}: signs the evidence of the controls`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      pendingWindow: Duration.days(production ? 30 : 7),
      policy: policyOf(settings, SIGNATURE_USE, [signerAlone(settings, 'report')]),
      removalPolicy: settings.removalPolicy,
    });
    this.bucket = new Bucket(this, 'Evidence', {
      ...(bucketName === undefined ? {} : { bucketName }),
      ...CLOSED,
      encryption: BucketEncryption.KMS,
      encryptionKey: state.keys.data,
      bucketKeyEnabled: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    (this.bucket.node.defaultChild as CfnResource).overrideLogicalId('Evidence');
    (this.key.node.defaultChild as CfnResource).overrideLogicalId('EvidenceKey');
    new CfnOutput(this, 'EvidenceBucket', { value: this.bucket.bucketName });
    new CfnOutput(this, 'EvidenceKeyArn', { value: this.key.keyArn });
    new CfnOutput(this, 'EvidenceKeyName', { value: evidenceKeyNameOf(settings) });
  }
}
