import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { FunctionName } from '#core/functions.ts';
import { nameOf, roleArnOf, type Settings, secretsArnOf } from '../settings.ts';
import { throughService } from './function.ts';

/** What an administrator of the account may be allowed by IAM; the list has no wildcard, so that it can be read. */
const ADMINISTRATION: readonly string[] = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:CreateGrant',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];
export const SIGNATURE_USE: readonly string[] = ['kms:GetPublicKey', 'kms:Sign', 'kms:Verify'];
export const CIPHER_USE: readonly string[] = [
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

export interface KeysProps {
  readonly settings: Settings;
  /** ARN of the topic that alarms publish to; the data key encrypts it. */
  readonly alertTopicArn: string;
  /** ARNs of every role and user bound to read a secret, of any account. */
  readonly readers: readonly string[];
}

/**
 * The customer keys, one for each purpose, so that a right on one is none on another (SC-12, IA-5(6)): `data` for
 * the table and the alert topic, `secrets` for the vault, `pepper` to wrap HMAC keys, `mac` for strictFips, `logs`,
 * and `signing` for the audit log's checkpoints, which only the sealer signs with (AU-10).
 * Nobody but the break-glass role can disable or delete one in production.
 */
export class Keys extends Construct {
  readonly data: Key;
  readonly secrets: Key;
  readonly pepper: Key;
  readonly mac: Key;
  readonly logs: Key;
  readonly signing: Key;

  constructor(scope: Construct, id: string, props: KeysProps) {
    super(scope, id);
    const { settings } = props;
    const make = (
      part: string,
      description: string,
      use: readonly string[],
      more: PolicyStatement[] = [],
    ): Key =>
      new Key(this, part, {
        alias: nameOf(settings, part.toLowerCase()),
        description: `Tokenward ${settings.env}: ${description}`,
        policy: policyOf(settings, use, more),
        removalPolicy: settings.removalPolicy,
        pendingWindow: Duration.days(settings.stage === 'production' ? 30 : 7),
        ...(KINDS[part] ?? { enableKeyRotation: true }),
      });
    this.data = make('Data', 'the registry and the alert topic', CIPHER_USE, [
      alarmsToTopic(props.alertTopicArn),
    ]);
    this.secrets = make(
      'Secrets',
      'the vaulted values',
      CIPHER_USE,
      readersThroughVault(settings, props.readers),
    );
    this.pepper = make('Pepper', 'wraps the HMAC keys', [
      'kms:Decrypt',
      'kms:GenerateDataKeyWithoutPlaintext',
    ]);
    this.mac = make('Mac', 'computes MACs under strictFips', ['kms:GenerateMac', 'kms:VerifyMac']);
    this.logs = make('Logs', 'the log groups', CIPHER_USE, [logService(settings)]);
    this.signing = make('Signing', 'signs the checkpoints of the audit log', SIGNATURE_USE, [
      signerAlone(settings, 'seal'),
    ]);
  }
}

/** Keys that are not symmetric ciphers; KMS rotates none of them. */
const KINDS: Readonly<Record<string, { keySpec: KeySpec; keyUsage: KeyUsage }>> = {
  Mac: { keySpec: KeySpec.HMAC_256, keyUsage: KeyUsage.GENERATE_VERIFY_MAC },
  Signing: { keySpec: KeySpec.ECC_NIST_P256, keyUsage: KeyUsage.SIGN_VERIFY },
};

/** Nobody signs but one function: whoever else could, could show two logs, or two reports. */
export function signerAlone(settings: Settings, signer: FunctionName): PolicyStatement {
  return new PolicyStatement({
    sid: 'DenyOtherSigners',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:Sign'],
    resources: ['*'],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': roleArnOf(settings, signer) } },
  });
}

/** What the account may be allowed of a key by IAM, and what nobody may. */
export function policyOf(
  settings: Settings,
  use: readonly string[],
  more: readonly PolicyStatement[] = [],
): PolicyDocument {
  const statements = [
    new PolicyStatement({
      sid: 'AccountDelegation',
      effect: Effect.ALLOW,
      principals: [new AccountRootPrincipal()],
      actions: [...ADMINISTRATION, ...use],
      resources: ['*'],
    }),
    ...more,
  ];
  if (settings.stage === 'production') statements.push(denyDestruction(settings.breakGlassRoleArn));
  return new PolicyDocument({ statements });
}

/** Only the break-glass role disables or deletes a key, or nobody. */
function denyDestruction(breakGlassRoleArn: string | undefined): PolicyStatement {
  return new PolicyStatement({
    sid: 'DenyKeyDestruction',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['kms:DisableKey', 'kms:ScheduleKeyDeletion'],
    resources: ['*'],
    ...(breakGlassRoleArn === undefined
      ? {}
      : { conditions: { ArnNotEquals: { 'aws:PrincipalArn': breakGlassRoleArn } } }),
  });
}

/** CloudWatch and EventBridge publish to the encrypted topic; SNS names the topic in the encryption context. */
function alarmsToTopic(topicArn: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'AlarmsToTopic',
    effect: Effect.ALLOW,
    principals: [
      new ServicePrincipal('cloudwatch.amazonaws.com'),
      new ServicePrincipal('events.amazonaws.com'),
    ],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
    conditions: { StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': topicArn } },
  });
}

function logService(settings: Settings): PolicyStatement {
  const { partition, region, account } = settings;
  const groups = ['/aws/lambda/', '/aws/apigateway/'].map(
    (kind) => `arn:${partition}:logs:${region}:${account}:log-group:${kind}${nameOf(settings, '*')}`,
  );
  return new PolicyStatement({
    sid: 'LogGroups',
    effect: Effect.ALLOW,
    principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
  });
}

/**
 * Lets the bound readers, also those of other accounts, have a value decrypted by Secrets Manager and by nothing
 * else. A reader of another account needs the right in its own account too.
 */
function readersThroughVault(settings: Settings, readers: readonly string[]): PolicyStatement[] {
  if (readers.length === 0) return [];
  return [
    new PolicyStatement({
      sid: 'ReadersThroughVault',
      effect: Effect.ALLOW,
      principals: [new AnyPrincipal()],
      actions: ['kms:Decrypt', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: {
        ArnEquals: { 'aws:PrincipalArn': [...readers] },
        ArnLike: { 'kms:EncryptionContext:SecretARN': secretsArnOf(settings) },
        ...throughService('secretsmanager', settings.region),
      },
    }),
  ];
}
