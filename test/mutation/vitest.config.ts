import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { chosenPart } from './parts.ts';

const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The tests of one part as Stryker runs them, once for each mutant. */
const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: [
      { find: /^fast-check$/, replacement: beside('fast-check.ts') },
      { find: /^\.\/deployed\.ts$/, replacement: beside('deployed.ts') },
    ],
  },
  test: {
    include: [...chosenPart().tests],
    // Half of the time of a mutant. Each run has a worker of its own, so what one leaves behind no other one sees.
    isolate: false,
    testTimeout: 120_000,
  },
});

export default config;
