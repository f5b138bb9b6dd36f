/**
 * Which management calls the signals of `core/detection` read, by the service that logs them. A test holds both
 * against each other: a call that a signal reads and no rule hands on would be judged in a replay only.
 */

/** Keys, policies and trust: T0-5, T0-6, T0-7, B11. Logged in the partition's global region. */
export const IDENTITY_CALLS: readonly string[] = [
  'AttachGroupPolicy',
  'AttachRolePolicy',
  'AttachUserPolicy',
  'CreateAccessKey',
  'CreateLoginProfile',
  'CreateOpenIDConnectProvider',
  'CreatePolicy',
  'CreatePolicyVersion',
  'CreateSAMLProvider',
  'CreateTrustAnchor',
  'DeactivateMFADevice',
  'DeleteUserPolicy',
  'DetachUserPolicy',
  'LeaveOrganization',
  'PutGroupPolicy',
  'PutRolePolicy',
  'PutUserPolicy',
  'UpdateAccessKey',
  'UpdateAssumeRolePolicy',
  'UpdateLoginProfile',
];

/** What makes temporary credentials (T0-5), and the first question of whoever found a key (B8). */
export const SESSION_CALLS: readonly string[] = [
  'AssumeRole',
  'GetCallerIdentity',
  'GetFederationToken',
  'GetSessionToken',
];

/** Changes of trails, rules, keys and secrets: T0-6, whatever they are called. */
export const TAMPERING: readonly string[] = [
  'CancelRotateSecret',
  'CreateGrant',
  'DeleteAlias',
  'DeleteResourcePolicy',
  'DeleteRule',
  'DeleteTrail',
  'DisableKey',
  'DisableKeyRotation',
  'DisableRule',
  'PutEventSelectors',
  'PutKeyPolicy',
  'PutResourcePolicy',
  'PutRule',
  'RemoveTargets',
  'ScheduleKeyDeletion',
  'StopLogging',
  'UpdateAlias',
  'UpdateSecretVersionStage',
  'UpdateTrail',
];

/** Changes of a function; Lambda puts a date after each name, and sometimes a version. */
export const FUNCTION_CALLS: readonly string[] = [
  'AddPermission',
  'DeleteFunction',
  'PutFunctionConcurrency',
  'UpdateFunctionCode',
  'UpdateFunctionConfiguration',
];

/** Changes of the registry's table, and of what stands between the rules and the responder. */
export const TABLE_CALLS: readonly string[] = ['DeleteTable', 'UpdateTable'];
export const QUEUE_CALLS: readonly string[] = [
  'DeleteQueue',
  'PurgeQueue',
  'RemovePermission',
  'SetQueueAttributes',
];
export const TOPIC_CALLS: readonly string[] = ['DeleteTopic', 'SetTopicAttributes', 'Unsubscribe'];

/** Whatever changes how the sealed log is kept: its lock, its policy, its key, its life. */
export const LOG_TAMPERING: readonly string[] = [
  'DeleteBucket',
  'DeleteBucketEncryption',
  'DeleteBucketLifecycle',
  'DeleteBucketOwnershipControls',
  'DeleteBucketPolicy',
  'DeleteBucketPublicAccessBlock',
  'PutBucketAcl',
  'PutBucketEncryption',
  'PutBucketLifecycle',
  'PutBucketObjectLockConfiguration',
  'PutBucketOwnershipControls',
  'PutBucketPolicy',
  'PutBucketPublicAccessBlock',
  'PutBucketReplication',
  'PutBucketVersioning',
  'PutObjectLockConfiguration',
];

/** Uses of our own keys that nobody but our functions has a reason for. */
export const KEY_USES: readonly string[] = [
  'CreateGrant',
  'Decrypt',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'VerifyMac',
];

/** Every management API that a function of ours has a reason to call. */
export const OWN_CALLS: readonly string[] = [
  'AttachUserPolicy',
  'BatchImportFindings',
  'CancelRotateSecret',
  'CreateLogStream',
  'Decrypt',
  'DescribeContinuousBackups',
  'DescribeKey',
  'DescribeSecret',
  'DetachUserPolicy',
  'DescribeTable',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GenerateRandom',
  'GetBucketObjectLockConfiguration',
  'GetBucketVersioning',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'GetQueueAttributes',
  'GetQueueUrl',
  'GetResourcePolicy',
  'GetRole',
  'GetSecretValue',
  'GetTemplate',
  'GetUser',
  'ListAccessKeys',
  'ListAttachedUserPolicies',
  'LookupEvents',
  'PutResourcePolicy',
  'PutSecretValue',
  'RotateSecret',
  'Sign',
  'UpdateAccessKey',
  'UpdateSecretVersionStage',
];
