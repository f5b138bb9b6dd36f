import { defineConfig, type ViteUserConfig } from 'vitest/config';

const EMULATOR = ['test/emulator/**/*.test.ts', '**/*.emulator.test.ts'];

const SCANNERS = ['test/scanners/**/*.test.ts'];

const config: ViteUserConfig = defineConfig({
  test: {
    env: { CDK_VALIDATION: 'false' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...EMULATOR, ...SCANNERS],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'emulator',
          include: EMULATOR,
          exclude: ['**/node_modules/**'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'scanners',
          include: SCANNERS,
          exclude: ['**/node_modules/**'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['functions/core/**/*.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { statements: 100, branches: 100, functions: 100, lines: 100 },
    },
  },
});

export default config;
