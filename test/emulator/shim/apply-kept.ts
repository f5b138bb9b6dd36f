import {
  type PointInTimeRecoverySpecification,
  type SSESpecification,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { PutFunctionConcurrencyCommand, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import {
  type ObjectLockConfiguration,
  PutBucketEncryptionCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import {
  PutResourcePolicyCommand,
  RotateSecretCommand,
  type RotationRulesType,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Emulator } from '../start.ts';
import type { KeptSetting } from './kept-settings.ts';
import { isObject, type Json, type JsonObject } from './template.ts';

/** What applying needs of the emulator. */
export type Target = Pick<Emulator, 'endpoint' | 'region' | 'rootCredentials' | 'direct'>;

/**
 * Does by API what CloudFormation would have done with one kept setting, whose values are resolved.
 *
 * Secrets Manager is called through the proxy, which plays its rotation: there a registered schedule rotates
 * at once unless RotateImmediatelyOnUpdate is false, as on AWS.
 *
 * @throws when the emulator refuses, or a value has not the type that its resource type demands.
 */
export async function applyKept(target: Target, { kind, values }: KeptSetting): Promise<void> {
  const { dynamodb, lambda } = target.direct;
  const config = { endpoint: target.endpoint, region: target.region, credentials: target.rootCredentials };
  switch (kind) {
    case 'secret-policy': {
      await using(new SecretsManagerClient(config), (client) => client.send(secretPolicy(values)));
      return;
    }
    case 'rotation': {
      await using(new SecretsManagerClient(config), (client) => client.send(rotation(values)));
      return;
    }
    case 'table-ttl': {
      const { AttributeName, Enabled } = part(values, 'ttl');
      const TimeToLiveSpecification = { AttributeName: String(AttributeName), Enabled: Enabled !== false };
      const TableName = word(values, 'table');
      await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
      return;
    }
    case 'table-recovery': {
      const given = part(values, 'recovery') as unknown as PointInTimeRecoverySpecification;
      const TableName = word(values, 'table');
      await dynamodb.send(
        new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification: given }),
      );
      return;
    }
    case 'table-encryption': {
      const { SSEEnabled, KMSMasterKeyId, SSEType } = part(values, 'sse');
      const given = { Enabled: SSEEnabled !== false, KMSMasterKeyId, SSEType } as SSESpecification;
      await dynamodb.send(
        new UpdateTableCommand({ TableName: word(values, 'table'), SSESpecification: given }),
      );
      return;
    }
    case 'function-concurrency': {
      const ReservedConcurrentExecutions = Number(values.reserved);
      const FunctionName = word(values, 'function');
      await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
      return;
    }
    case 'function-dead-letters': {
      const DeadLetterConfig = { TargetArn: word(part(values, 'deadLetters'), 'TargetArn') };
      const FunctionName = word(values, 'function');
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, DeadLetterConfig }));
      return;
    }
    case 'bucket-encryption': {
      await using(new S3Client({ ...config, forcePathStyle: true }), (client) =>
        client.send(bucketEncryption(values)),
      );
      return;
    }
    case 'bucket-object-lock': {
      const ObjectLockConfiguration = part(values, 'lock') as unknown as ObjectLockConfiguration;
      const Bucket = word(values, 'bucket');
      await using(new S3Client({ ...config, forcePathStyle: true }), (client) =>
        client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration })),
      );
      return;
    }
  }
}

function secretPolicy(values: JsonObject): PutResourcePolicyCommand {
  return new PutResourcePolicyCommand({
    SecretId: word(values, 'SecretId'),
    ResourcePolicy: JSON.stringify(values.ResourcePolicy),
    BlockPublicPolicy: values.BlockPublicPolicy === true,
  });
}

function rotation(values: JsonObject): RotateSecretCommand {
  return new RotateSecretCommand({
    SecretId: word(values, 'SecretId'),
    RotationLambdaARN: word(values, 'RotationLambdaARN'),
    RotationRules: part(values, 'RotationRules') as RotationRulesType,
    RotateImmediately: values.RotateImmediatelyOnUpdate !== false,
  });
}

function bucketEncryption(values: JsonObject): PutBucketEncryptionCommand {
  const rules = part(values, 'encryption').ServerSideEncryptionConfiguration;
  const Rules = (Array.isArray(rules) ? rules.filter(isObject) : []).map(
    ({ ServerSideEncryptionByDefault, BucketKeyEnabled }) =>
      ({
        ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault,
        BucketKeyEnabled,
      }) as unknown as ServerSideEncryptionRule,
  );
  return new PutBucketEncryptionCommand({
    Bucket: word(values, 'bucket'),
    ServerSideEncryptionConfiguration: { Rules },
  });
}

async function using<Client extends { destroy: () => void }>(
  client: Client,
  work: (client: Client) => Promise<unknown>,
): Promise<void> {
  try {
    await work(client);
  } finally {
    client.destroy();
  }
}

function word(values: JsonObject, key: string): string {
  const value = values[key];
  if (typeof value !== 'string') throw new Error(`${key} is not text`);
  return value;
}

function part(values: JsonObject, key: string): JsonObject {
  const value: Json | undefined = values[key];
  if (!isObject(value)) throw new Error(`${key} is not an object`);
  return value;
}
