import { createKmsMac } from '#adapters/mac/kms-mac.ts';
import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createMemoryPorts } from '../ports/ports.ts';
import { createWorld } from '../ports/world.ts';
import { directoryContract } from './directory.ts';
import { keyControlContract } from './key-control.ts';
import { keysContract } from './keys.ts';
import { macContract } from './mac.ts';
import { messagesContract } from './messages.ts';

keysContract('KMS in memory', async () => createMemoryPorts(createWorld()).keys);

macContract('the MACs in memory', 99, async () => createMemoryPorts(createWorld()).mac);

macContract('pepper MACs, all in memory', 99, async () => {
  const ports = createMemoryPorts(createWorld());
  await ensurePepper(ports, { kind: 'system', id: 'issue' });
  return createPepperMac({ ...ports, keyModule: ports.keys });
});

macContract('KMS MACs in memory', 1, async () => createKmsMac(createMemoryPorts(createWorld()).keys));

directoryContract('IAM in memory', async () => {
  const { directory } = createMemoryPorts(createWorld());
  return {
    directory,
    account: '111122223333',
    create: async (arn) => {
      directory.create(arn);
    },
    remove: async (arn) => directory.remove(arn),
  };
});

keyControlContract('the keys of IAM users in memory', async () => {
  const { keyControl } = createMemoryPorts(createWorld());
  return {
    control: keyControl,
    account: '111122223333',
    create: async (arn, tags) => keyControl.create(arn, tags, 0),
    mint: async (arn) => keyControl.mint(arn),
    removePolicy: async () => {
      keyControl.policyExists = false;
    },
  };
});

messagesContract('messages in memory', async () => {
  const { bus, pager, usage } = createMemoryPorts(createWorld());
  const since = <T>(list: readonly T[]): (() => Promise<readonly T[]>) => {
    let seen = 0;
    return async () => {
      const fresh = list.slice(seen);
      seen = list.length;
      return fresh;
    };
  };
  const pages = since(pager.pages);
  return {
    bus,
    pager,
    usage,
    busEvents: since(bus.events),
    pages: async () => (await pages()).map((page) => JSON.stringify(page)),
    usages: since(usage.sent),
  };
});
