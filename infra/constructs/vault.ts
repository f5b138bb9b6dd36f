import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Settings, secretsArnOf } from '../settings.ts';
import { type TokenwardFunction, throughService } from './function.ts';

/** What a function does with the secrets: the verbs of Secrets Manager it calls, and no other. */
export type VaultVerb =
  | 'CancelRotateSecret'
  | 'DescribeSecret'
  | 'GetResourcePolicy'
  | 'GetSecretValue'
  | 'PutResourcePolicy'
  | 'PutSecretValue'
  | 'RotateSecret'
  | 'UpdateSecretVersionStage';

/** The tag that every secret of a deployment carries; IAM checks it beside the name. */
export const ENVIRONMENT_TAG = 'tokenward:env';

export interface VaultProps {
  readonly settings: Settings;
  readonly key: IKey;
}

/**
 * Lets a function do these things to the secrets of this deployment: by name and by tag, so that a secret that
 * merely borrows the name is out of reach. Values need the key too, through Secrets Manager only.
 */
export function bindVault(
  fn: TokenwardFunction,
  verbs: readonly VaultVerb[],
  { settings, key }: VaultProps,
): void {
  fn.bind({
    actions: verbs.map((verb) => `secretsmanager:${verb}`),
    resources: [secretsArnOf(settings)],
    conditions: { StringEquals: { [`aws:ResourceTag/${ENVIRONMENT_TAG}`]: settings.env } },
  });
  const cipher = [
    ...(verbs.includes('GetSecretValue') || verbs.includes('PutSecretValue') ? ['kms:Decrypt'] : []),
    ...(verbs.includes('PutSecretValue') ? ['kms:GenerateDataKey'] : []),
  ];
  if (cipher.length === 0) return;
  fn.bind({
    actions: cipher,
    resources: [key.keyArn],
    conditions: {
      ArnLike: { 'kms:EncryptionContext:SecretARN': secretsArnOf(settings) },
      ...throughService('secretsmanager', settings.region),
    },
  });
}
