import { createMemorySeal } from '../ports/memory-seal.ts';
import { createWorld } from '../ports/world.ts';
import { sealContract } from './seal.ts';

sealContract('the log in memory', async () => {
  const seal = createMemorySeal(createWorld());
  return {
    ...seal,
    read: async (name) => seal.archive.objects.get(name),
    names: async (prefix) =>
      [...seal.archive.objects.keys()].filter((name) => name.startsWith(prefix)).sort(),
  };
});
