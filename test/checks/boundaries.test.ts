import { afterAll, describe, expect, it } from 'vitest';
import { checkBoundaries } from './boundaries.ts';
import { makeCopy } from './copy.ts';

const copy = makeCopy();
afterAll(() => copy.remove());

/** Plants each fault alone and expects a finding in its file that names the rule. */
function sees(rule: string, file: string, faults: readonly string[]): void {
  it.each(faults)(`${file}: %s`, async (fault) => {
    const findings = await copy.with({ [file]: `${fault}\n` }, () => checkBoundaries(copy.path));
    expect(findings.map((finding) => finding.file)).toContain(file);
    expect(findings.map((finding) => finding.message).join('\n')).toContain(rule);
  });
}

const CORE = 'functions/core/bad.ts';

describe('core imports only itself and what is pure', () => {
  sees('core imports only core', CORE, [
    "import '#adapters/vault.ts';",
    "import { vault } from '../adapters/vault.ts';",
    "export * from '../core/../issue/run.ts';",
    "import type { X } from '#adapters/vault.ts';",
    "export type X = import('#adapters/vault.ts').X;",
    "import { KMSClient } from '@aws-sdk/client-kms';",
    "import { readFileSync } from 'node:fs';",
    "import { createHash, randomBytes } from 'node:crypto';",
    "import { randomUUID as id } from 'node:crypto';",
    "import { randomInt } from 'crypto';",
    "import { generateKeySync } from 'node:crypto';",
    "import * as crypto from 'node:crypto';",
    "import c from 'node:crypto';",
    "export * from 'node:crypto';",
    "export { randomInt } from 'node:crypto';",
    "export const c = () => import('node:crypto');",
    'export const c = () => import(`node:fs`);',
    "export const c = require('node:crypto');",
    "import c = require('node:crypto');",
  ]);
});

describe('the core is pure', () => {
  sees('core is pure', CORE, [
    'export const now = Date.now();',
    'export const now = Date?.now();',
    "export const now = Date['now']();",
    'export const { now } = Date;',
    'const Clock = Date; export const now = new Clock();',
    'export const now = new Date();',
    'export const now = new Date;',
    'export const now = Date();',
    'const none: [] = []; export const now = new Date(...none);',
    'export const f = (now = Date.now()): number => now;',
    'export const now = (Date.now as () => number)();',
    'export const at = new Date(Date.now());',
    'export const ports = { Date };',
    'export const now = performance.now();',
    'export const now = new Intl.DateTimeFormat().format();',
    'setTimeout(() => undefined, 1);',
    'export const r = Math.random();',
    'export const { random } = Math;',
    "export const r = Math['random']();",
    'export const id = crypto.randomUUID();',
    'export const e = process.env.STAGE;',
    'export const e = globalThis.process;',
    'export const e = { process };',
    'export const here = import.meta.url;',
    'export class A { at = Date.now(); }',
    'export const f = (fetch: string) => fetch; fetch(f);',
    "export const f = () => fetch('https://example.com');",
    "console.log('x');",
  ]);

  it('and what only looks impure is left alone', async () => {
    const pure = `
      import { inspect } from 'node:util';
      import type { KeyObject } from 'node:crypto';
      import * as z from 'zod/mini';
      export interface Held { readonly process: Date; readonly random: KeyObject }
      export const day = (at: number): Date => new Date(at - (at % 86_400_000));
      export const held = { Date: 1, process: 2, now: Date.UTC(2026, 0), text: inspect(z) };
      export const later = (a: unknown): a is Date => a instanceof Date && Math.max(held.process, 1) > 0;
      export class Random implements Held { process = new Date(0); random!: KeyObject; now(): number { return 1; } }
      // Date.now() and process.env in a comment are no use of them
    `;
    expect(await copy.with({ [CORE]: pure }, () => checkBoundaries(copy.path))).toEqual([]);
  });
});

describe('the arrows between the folders', () => {
  sees('must state its path', 'functions/issue/bad.ts', ['export const f = (p: string) => import(p);']);
  sees('import only core', 'functions/adapters/bad.ts', [
    "import '#functions/issue/run.ts';",
    "import '#issuers/api-token.ts';",
    "import '#infra/app.ts';",
    "import '../../cli/main.ts';",
  ]);
  sees('import only core', 'functions/issuers/bad.ts', [
    "import '#adapters/vault.ts';",
    "import '#cli/main.ts';",
  ]);
  sees('import only core', 'functions/events/bad.ts', ["import '../issue/run.ts';"]);
  sees('a run takes its ports', 'functions/issue/run.ts', ["import '#adapters/vault.ts';"]);
  for (const file of [
    'functions/adapters/bad.ts',
    'functions/revoke/run.ts',
    'infra/bad.ts',
    'cli/bad.ts',
    'test/other/bad.ts',
  ]) {
    sees('nothing imports a handler', file, [
      "import '#functions/issue/handler.ts';",
      "await import('#functions/issue/handler.ts');",
    ]);
  }
  sees('functions know nothing', 'functions/issue/bad.ts', [
    "import '#test/sim/clock.ts';",
    "import '../../infra/app.ts';",
    "import '#cli/main.ts';",
    "import { Stack } from 'aws-cdk-lib/core';",
    "import { Construct } from 'constructs';",
  ]);
  sees('infra knows functions only', 'infra/stacks/bad.ts', [
    "import '#adapters/vault.ts';",
    "import '../../functions/issue/run.ts';",
    "import '#test/sim/clock.ts';",
    "import '#cli/main.ts';",
  ]);
  sees('cli knows nothing', 'cli/bad.ts', ["import '../infra/tokens.ts';", "import '#test/sim/clock.ts';"]);
});

describe('the packages with a costly root', () => {
  for (const file of ['infra/bad.ts', 'test/infra/bad.ts', 'cli/bad.ts']) {
    sees('never from its root', file, [
      "import * as cdk from 'aws-cdk-lib';",
      "import type { App } from 'aws-cdk-lib';",
    ]);
  }
  for (const file of ['functions/events/bad.ts', 'cli/bad.ts', 'test/bad.ts']) {
    sees('zod/mini', file, ["import { z } from 'zod';", "import { z } from 'zod/v4';"]);
    sees('zod/mini is imported as a namespace', file, [
      "import { z } from 'zod/mini';",
      "import { z as schema } from 'zod/mini';",
      "export { z } from 'zod/mini';",
    ]);
  }
});

it('a clean copy has no finding', () => {
  expect(checkBoundaries(copy.path)).toEqual([]);
});

it('a file that does not parse is refused, not passed', async () => {
  await expect(copy.with({ [CORE]: 'export const = ;\n' }, () => checkBoundaries(copy.path))).rejects.toThrow(
    CORE,
  );
});
