import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const SETTINGS = [
  ...['tsconfig.json', 'biome.json', '.oxlintrc.json', 'knip.json', '.gitignore', 'test/checks'],
  // What the checks themselves read.
  ...['functions/core/evidence/crypto-inventory.ts', 'docs/cryptography.md'],
];
const UNUSED_HERE = [
  '@aws-sdk/client-sfn',
  '@cloud-copilot/iam-simulate',
  '@hono/node-server',
  '@stryker-mutator/core',
  '@stryker-mutator/vitest-runner',
  '@vitest/coverage-v8',
  'aws-jwt-verify',
  'fast-check',
  'hono',
  'jose',
  'prefixed-api-key',
  'secretlint',
];

/** A small project without a fault: a file or two of each folder, importing what each may import. */
export const CLEAN = {
  'functions/core/result.ts': 'export const ok = (value: number): number => value;\n',
  'functions/core/time.ts': `import { createHash, timingSafeEqual } from 'node:crypto';

export const iso = (now: number): string => new Date(Math.floor(now)).toISOString();
export const same = (a: Buffer): boolean => timingSafeEqual(a, createHash('sha256').digest());
`,
  'functions/adapters/vault.ts': `import { ok } from '#core/result.ts';

export const vault = (): number => ok(Date.now());
`,
  'functions/issue/run.ts': `import { iso, same } from '../core/time.ts';

export const run = (now: number): string => iso(now) + String(same(Buffer.alloc(32)));
`,
  'functions/issue/handler.ts': `import { vault } from '#adapters/vault.ts';
import { run } from './run.ts';

export const handler = async (): Promise<string> => run(vault());
`,
  'test/issue/handler.test.ts': `import { handler } from '#functions/issue/handler.ts';

await handler();
`,
} as const;

type Files = Readonly<Record<string, string>>;

/** A temporary copy of the clean project under this repository's own settings and scripts. */
export interface Copy {
  readonly path: string;
  readonly scripts: Readonly<Record<string, string>>;
  /** Writes `files`, gives what `look` finds, and leaves the copy clean again. */
  with<T>(files: Files, look: () => T | Promise<T>): Promise<T>;
  remove(): void;
}

/** Makes a copy in the system's temporary folder, so that a setting that stops a check from seeing is seen here. */
export function makeCopy(): Copy {
  const path = mkdtempSync(join(tmpdir(), 'tokenward-checks-'));
  const { name, type, imports, scripts, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  for (const unused of UNUSED_HERE) delete devDependencies[unused];
  const manifest = { name, type, imports, scripts, devDependencies };
  writeFileSync(join(path, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of SETTINGS) {
    cpSync(join(ROOT, file), join(path, file), {
      recursive: true,
      filter: (from) => !from.endsWith('.test.ts'),
    });
  }
  rmSync(join(path, 'test/checks/copy.ts'));
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'));
  const write = (files: Files): void => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), text);
    }
  };
  write(CLEAN);
  return {
    path,
    scripts,
    async with(files, look) {
      write(files);
      try {
        return await look();
      } finally {
        for (const file of Object.keys(files)) rmSync(join(path, file));
        write(CLEAN);
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
