import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll } from 'vitest';
import { createSecretVault } from '#adapters/secrets-manager/vault.ts';
import { deployFunction } from '../emulator/inline/deploy.ts';
import { type Emulator, startEmulator } from '../emulator/start.ts';
import { vaultContract } from './vault.ts';

let emulator: Emulator | undefined;
let client: SecretsManagerClient | undefined;

afterAll(async () => {
  client?.destroy();
  await emulator?.stop();
});

vaultContract('the vault adapter on the emulator', async () => {
  const local = await startEmulator({ rotation: { attempts: 2, backoffMs: 20 } });
  emulator = local;
  const secrets = new SecretsManagerClient(local.clientConfig);
  client = secrets;
  const { QueueUrl = '' } = await local.direct.sqs.send(new CreateQueueCommand({ QueueName: 'contract' }));
  const rotator = {
    source: './rotator.ts',
    environment: { QUEUE_URL: QueueUrl },
    invokedBy: 'secretsmanager.amazonaws.com',
  };
  const functions = {
    working: await deployFunction(local, {
      ...rotator,
      name: 'contract-working',
      actions: ['secretsmanager:*', 'sqs:SendMessage'],
    }),
    failing: await deployFunction(local, {
      ...rotator,
      name: 'contract-failing',
      actions: ['sqs:ReceiveMessage'],
    }),
  };
  let made = 0;
  return {
    vault: createSecretVault(secrets),
    secret: async (rotation = 'none') => {
      made++;
      const name = `tokenward/contract/${made}`;
      const { ARN: arn = '' } = await secrets.send(new CreateSecretCommand({ Name: name }));
      if (rotation !== 'none') {
        const rules = { AutomaticallyAfterDays: 30 };
        await local.rotation.register(arn, {
          lambdaArn: functions[rotation],
          rules,
          rotateImmediately: false,
        });
        await local.rotation.settled(arn);
      }
      return { arn, name };
    },
    remove: async (SecretId) => {
      await secrets.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    },
    settled: async (arn) => {
      await local.rotation.settled(arn);
    },
  };
});
