import type { FunctionName } from './constructs/function.ts';
import { breakGlassRules } from './duty-rules.ts';
import { nameOf, roleArnOf, type Settings, secretsArnOf, secretsPrefixOf } from './settings.ts';

/** One rule on the default bus: what it sees and who hears of it. */
export interface GuardRule {
  /** The rule is `tokenward-<env>-<name>`. */
  readonly name: string;
  readonly description: string;
  /** `respond`: its queue, for a decision. `alert`: the topic, for a human. */
  readonly target: 'respond' | 'alert';
  /** Whether it must also see read-only management events, which EventBridge withholds otherwise. */
  readonly seesReads: boolean;
  readonly pattern: Readonly<Record<string, unknown>>;
}

/** Functions whose own calls must never be taken for an intruder's (S10). */
const OWN: readonly FunctionName[] = ['issue', 'authorize', 'rotate', 'sweep', 'respond', 'revoke', 'seal'];

/** Every management API that a function of ours has a reason to call. */
const OWN_CALLS: readonly string[] = [
  'CancelRotateSecret',
  'CreateLogStream',
  'Decrypt',
  'DescribeKey',
  'DescribeSecret',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GenerateRandom',
  'GetPublicKey',
  'GetResourcePolicy',
  'GetRole',
  'GetSecretValue',
  'GetUser',
  'PutResourcePolicy',
  'PutSecretValue',
  'RotateSecret',
  'Sign',
  'UpdateSecretVersionStage',
];
/** Whatever changes how the sealed log is kept: its lock, its policy, its key, its life. */
const LOG_TAMPERING: readonly string[] = [
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
const TAMPERING: readonly string[] = [
  'CancelRotateSecret',
  'CreateGrant',
  'DeleteAlias',
  'DeleteResourcePolicy',
  'DeleteRule',
  'DeleteTrail',
  'DisableKey',
  'DisableKeyRotation',
  'DisableRule',
  'PutKeyPolicy',
  'PutResourcePolicy',
  'RemoveTargets',
  'ScheduleKeyDeletion',
  'StopLogging',
  'UpdateAlias',
];
const API_CALL = ['AWS API Call via CloudTrail'];
const SERVICE_EVENT = ['AWS Service Event via CloudTrail'];

/**
 * The rules that watch over the tokens. Each pins `source` to the service and `account` to ours: PutEvents refuses
 * `aws.*` sources, so that on the default bus none of these can be forged. Our own functions are left out by their
 * exact role and session name; what those roles do in another session, or do beyond their work, goes to a human.
 */
export function guardRules(settings: Settings): readonly GuardRule[] {
  const { account, partition } = settings;
  const ownRoles = OWN.map((name) => roleArnOf(settings, name));
  const ownSessions = OWN.map((name) => nameOf(settings, name)).map(
    (name) => `arn:${partition}:sts::${account}:assumed-role/${name}/${name}`,
  );
  const notOurs = { arn: [{ exists: false }, { 'anything-but': ownSessions }] };
  const ours = { sessionContext: { sessionIssuer: { arn: ownRoles } } };
  const arn = [{ prefix: secretsArnOf(settings).slice(0, -1) }];
  const nameOrArn = [{ prefix: secretsPrefixOf(settings) }, ...arn];
  const from = (
    source: readonly unknown[],
    detailType: readonly string[],
    detail: object,
  ): GuardRule['pattern'] => ({
    source,
    'detail-type': detailType,
    account: [account],
    detail,
  });
  return [
    {
      name: 'secret-reads',
      description: 'Who reads a secret of ours, or tries to',
      target: 'respond',
      seesReads: true,
      pattern: from(['aws.secretsmanager'], API_CALL, {
        eventSource: ['secretsmanager.amazonaws.com'],
        $or: [
          { eventName: ['GetSecretValue'], requestParameters: { secretId: nameOrArn } },
          { eventName: ['BatchGetSecretValue'] },
        ],
        userIdentity: notOurs,
      }),
    },
    {
      name: 'value-decrypts',
      description: 'Which version was really decrypted, by the encryption context',
      target: 'respond',
      seesReads: true,
      pattern: from(['aws.kms'], API_CALL, {
        eventSource: ['kms.amazonaws.com'],
        eventName: ['Decrypt'],
        requestParameters: { encryptionContext: { SecretARN: arn } },
        userIdentity: notOurs,
      }),
    },
    {
      name: 'rotation-failed',
      description: 'Secrets Manager gave a rotation up',
      target: 'respond',
      seesReads: false,
      pattern: from(['aws.secretsmanager'], SERVICE_EVENT, {
        eventSource: ['secretsmanager.amazonaws.com'],
        eventName: ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
        $or: [{ additionalEventData: { SecretId: arn } }, { serviceEventDetails: { secretId: arn } }],
      }),
    },
    {
      name: 'own-roles-misused',
      description: 'A role of ours in a session or with a call that is not ours',
      target: 'alert',
      seesReads: true,
      pattern: from([{ prefix: 'aws.' }], API_CALL, {
        userIdentity: ours,
        $or: [
          { userIdentity: { arn: [{ 'anything-but': ownSessions }] } },
          { eventName: [{ 'anything-but': OWN_CALLS }] },
        ],
      }),
    },
    {
      name: 'tampering',
      description: 'Somebody touches what watches',
      target: 'alert',
      seesReads: false,
      pattern: from(['aws.cloudtrail', 'aws.events', 'aws.kms', 'aws.secretsmanager'], API_CALL, {
        eventName: TAMPERING,
        userIdentity: notOurs,
      }),
    },
    {
      name: 'log-tampering',
      description: 'Somebody changes how the sealed audit log is kept',
      target: 'alert',
      seesReads: false,
      pattern: from(['aws.s3'], API_CALL, {
        eventSource: ['s3.amazonaws.com'],
        eventName: LOG_TAMPERING,
        requestParameters: { bucketName: [{ prefix: nameOf(settings, 'log') }] },
      }),
    },
    ...breakGlassRules(settings),
  ];
}

/** ARN of a rule of ours on the default bus. */
export function ruleArnOf(settings: Settings, { name }: Pick<GuardRule, 'name'>): string {
  const { partition, region, account } = settings;
  return `arn:${partition}:events:${region}:${account}:rule/${nameOf(settings, name)}`;
}
