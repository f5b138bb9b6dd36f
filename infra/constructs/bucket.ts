import { BlockPublicAccess, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3';

/** What every bucket of ours is: closed to the public, its owner's alone, TLS only, each version kept (SC-8, AC-3). */
export const CLOSED: Pick<
  BucketProps,
  'blockPublicAccess' | 'objectOwnership' | 'enforceSSL' | 'minimumTLSVersion' | 'versioned'
> = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: true,
};
