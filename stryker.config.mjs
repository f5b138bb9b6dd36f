import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { chosenPart, DEPLOYED, reportOf } from './test/mutation/parts.ts';

const { name, mutate } = chosenPart();

if (name === 'core/evidence') {
  const file = resolve('reports/mutation/deployed.json');
  mkdirSync(resolve(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify(await import('./test/report/deployed.ts')));
  process.env[DEPLOYED] = file;
}

/** One part of the core, or all of them at once: https://stryker-mutator.io/docs/stryker-js/configuration. */
export default {
  mutate,
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  // `related` would follow every import anew for each mutant; the part's own tests are few enough.
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  // Static mutants (constants, expressions, schemas) are judged too: they are half of what the formats promise.
  coverageAnalysis: 'perTest',
  ignoreStatic: false,
  // Both would need the JavaScript API of TypeScript, which TypeScript 7 does not have.
  checkers: [],
  tsconfigFile: 'none',
  disableTypeChecks: false,
  ignorePatterns: ['*', '!package.json', '!functions/**', '!test/**', 'test/emulator'],
  concurrency: 2,
  // An endless loop is noticed by its count of rounds, mostly; a busy machine alone is to make no mutant time out.
  timeoutMS: 30_000,
  reporters: ['json'],
  jsonReporter: { fileName: reportOf(name) },
  logLevel: 'warn',
  warnings: { slow: false },
};
