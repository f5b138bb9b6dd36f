import { Secret } from '#core/secret.ts';
import { createMemoryVault } from '../ports/memory-vault.ts';
import { createWorld } from '../ports/world.ts';
import { vaultContract } from './vault.ts';

vaultContract('the vault in memory', async () => {
  const vault = createMemoryVault(createWorld());
  let made = 0;
  return {
    vault,
    secret: async (rotation = 'none') => {
      made++;
      const name = `tokenward/contract/${made}`;
      const hook = async (event: {
        Step: string;
        SecretId: string;
        ClientRequestToken: string;
      }): Promise<void> => {
        if (rotation === 'failing') throw new Error('this rotation function always fails');
        const { Step, SecretId: secretId, ClientRequestToken: versionId } = event;
        if (Step === 'createSecret')
          await vault.put({ secretId, versionId, stage: 'AWSPENDING', value: Secret.of('new') });
        if (Step === 'finishSecret') {
          await vault.moveCurrent(secretId, {
            to: versionId,
            from: vault.current(secretId)?.versionId ?? '',
          });
        }
      };
      return { arn: vault.createSecret(name, rotation === 'none' ? undefined : hook), name };
    },
    remove: async (arn) => vault.deleteSecret(arn),
    settled: async () => {
      await vault.settle();
    },
  };
});
