import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle, FUNCTIONS_OUT, MAPS_OUT } from '#infra/bundle.ts';

let root: string;

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tokenward-bundle-'));
  write('package.json', JSON.stringify({ type: 'module', imports: { '#core/*': './functions/core/*' } }));
  write('functions/core/answer.ts', 'export const answer: number = 42;\n');
  write(
    'functions/one/handler.ts',
    "import { answer } from '#core/answer.ts';\nexport const handler = () => answer;\n",
  );
  write('functions/two/handler.ts', 'export const handler = (): number => 2;\n');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

it('makes one runnable file for each handler and keeps the source maps apart', async () => {
  const bundles = await bundle(root);
  expect(bundles.map(({ name }) => name)).toEqual(['one', 'two']);
  expect(files(FUNCTIONS_OUT)).toEqual([`${FUNCTIONS_OUT}/one/index.mjs`, `${FUNCTIONS_OUT}/two/index.mjs`]);
  expect(files(MAPS_OUT)).toEqual([`${MAPS_OUT}/one/index.mjs.map`, `${MAPS_OUT}/two/index.mjs.map`]);
  const { handler } = await import(pathToFileURL(join(root, FUNCTIONS_OUT, 'one/index.mjs')).href);
  expect(handler()).toBe(42);
  for (const { name, bytes } of bundles) {
    expect(bytes).toBe(statSync(join(root, FUNCTIONS_OUT, name, 'index.mjs')).size);
  }
});

it('gives the same bytes in another place, none of which name the place', async () => {
  await bundle(root);
  const first = files('dist').map((file) => readFileSync(join(root, file), 'utf8'));
  const elsewhere = `${root}-elsewhere`;
  renameSync(root, elsewhere);
  root = elsewhere;
  rmSync(join(root, 'dist'), { recursive: true });
  await bundle(root);
  const second = files('dist').map((file) => readFileSync(join(root, file), 'utf8'));
  expect(second).toEqual(first);
  expect(first.join('')).not.toContain(tmpdir());
});

it('leaves an unchanged file alone, rewrites a changed one and removes that of a function that is gone', async () => {
  await bundle(root);
  const [one, two] = ['one', 'two'].map((name) => join(root, FUNCTIONS_OUT, name, 'index.mjs')) as [
    string,
    string,
  ];
  const written = statSync(one).mtimeMs;
  rmSync(join(root, 'functions/two'), { recursive: true });
  await bundle(root);
  expect(statSync(one).mtimeMs).toBe(written);
  expect(() => statSync(two)).toThrow('ENOENT');
  write('functions/core/answer.ts', 'export const answer: number = 43;\n');
  await bundle(root);
  expect(readFileSync(one, 'utf8')).toContain('43');
});

/** What a bundled handler answers in a process of its own, and which of Node's modules that process loaded. */
function answerOf(name: string): { answer: unknown; loaded: readonly string[] } {
  const file = pathToFileURL(join(root, FUNCTIONS_OUT, name, 'index.mjs')).href;
  const code = `const { handler } = await import('${file}');
    console.log(JSON.stringify({ answer: await handler(), loaded: process.moduleLoadList }));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }),
  );
}

it("has Node's own modules without what their exports would load when they are read", async () => {
  write(
    'functions/one/handler.ts',
    `import * as path from 'path';
     import os, { EOL } from 'node:os';
     import { request } from 'node:http';
     export const handler = async () => {
       const { readFile } = await import('node:fs/promises');
       return [typeof request, path.sep, typeof os.hostname, EOL, typeof readFile];
     };`,
  );
  await bundle(root);
  const { answer, loaded } = answerOf('one');
  expect(answer).toEqual(['function', '/', 'function', '\n', 'function']);
  expect(loaded).toContain('NativeModule http');
  expect(loaded.filter((module) => module.includes('undici'))).toEqual([]);
});

it('looks for credentials in the environment and nowhere else', async () => {
  const provider = 'node_modules/@aws-sdk/credential-provider';
  write(
    `${provider}-node/index.js`,
    "export const defaultProvider = () => 'a profile, a role, an address';\n",
  );
  write(`${provider}-env/index.js`, "export const fromEnv = () => 'the environment';\n");
  write(
    'functions/one/handler.ts',
    `import { defaultProvider } from '@aws-sdk/credential-provider-node';
     export const handler = () => defaultProvider();`,
  );
  await bundle(root);
  expect(answerOf('one').answer).toBe('the environment');
});

it('makes nothing of nothing', async () => {
  rmSync(join(root, 'functions'), { recursive: true });
  expect(await bundle(root)).toEqual([]);
});

it('refuses a bundle that would call require at run time', async () => {
  write('functions/core/legacy.cjs', "module.exports = require('node:os').hostname();\n");
  write(
    'functions/two/handler.ts',
    "import host from '#core/legacy.cjs';\nexport const handler = () => host;\n",
  );
  await expect(bundle(root)).rejects.toThrow("would call require('node:os') at run time");
});

it('refuses a function that does not build', async () => {
  write(
    'functions/two/handler.ts',
    "import { gone } from '#core/gone.ts';\nexport const handler = () => gone;\n",
  );
  await expect(bundle(root)).rejects.toThrow('#core/gone.ts');
});
