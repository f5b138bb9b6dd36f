import { execFile } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { CLEAN, makeCopy } from './copy.ts';

/** Each part of `npm run check` is shown to pass a clean copy and to see the fault that it is there for. */
vi.setConfig({ testTimeout: 60_000 });
const copy = makeCopy();
afterAll(() => copy.remove());

/** Runs the script `check:<part>` of package.json in the copy. */
function check(part: string): Promise<{ passed: boolean; output: string }> {
  const [command = '', ...args] = String(copy.scripts[`check:${part}`]).split(' ');
  const path = [dirname(process.execPath), join(copy.path, 'node_modules/.bin'), process.env.PATH];
  const env = { PATH: path.join(delimiter), HOME: process.env.HOME, NO_COLOR: '1' };
  return new Promise((done) => {
    execFile(command, args, { cwd: copy.path, env }, (error, stdout, stderr) =>
      done({ passed: error === null, output: stdout + stderr }),
    );
  });
}

it.each(['types', 'style', 'promises', 'boundaries', 'crypto', 'unused'])(
  '%s passes the clean copy',
  async (part) => {
    const { passed, output } = await check(part);
    expect(passed, output).toBe(true);
  },
);

const CORE = 'functions/core/bad.ts';
const ISSUE = 'functions/issue/bad.ts';
const HANDLER = 'functions/issue/handler.ts';
const RESULT = 'functions/core/result.ts';

const SHUFFLED =
  "import { run } from './run.ts';\nimport { ok } from '#core/result.ts';\n\nexport const all = [run, ok];";

it.each([
  ['types', 'a wrong type', CORE, "export const n: number = 'text';", 'TS2322'],
  ['types', 'an unchecked index', CORE, 'export const f = (a: string[]): string => a[0];', 'TS2322'],
  ['types', 'an export without its type', CORE, 'export const f = () => [1].map(String);', 'isolatedDecl'],
  ['types', 'an enum', CORE, 'export enum E {\n  A,\n}', 'erasableSyntaxOnly'],
  ['style', 'a format', CORE, 'export const text = "double"', 'format'],
  ['style', 'unsorted imports', ISSUE, SHUFFLED, 'organizeImports'],
  ['style', 'a lint error', CORE, 'export const f = (a: unknown): boolean => a == 1;', 'noDoubleEquals'],
  ['style', 'a lint warning', CORE, 'const spare = 1;\n\nexport {};', 'noUnusedVariables'],
  ['promises', 'a promise that floats', ISSUE, 'const f = async () => 1;\nf();', 'no-floating-promises'],
  ['boundaries', "the CDK's root", 'infra/bad.ts', "import { App } from 'aws-cdk-lib';", 'aws-cdk-lib'],
  [
    'crypto',
    'an algorithm outside the inventory',
    CORE,
    "import { createHash } from 'node:crypto';\n\nexport const f = (): unknown => createHash('md5');",
    'md5',
  ],
  ['crypto', 'what nobody certified', CORE, '// FIPS-validated hashing\nexport {};', 'FIPS wording'],
  ['unused', 'an unused file', ISSUE, 'export const unused = 1;', 'Unused files'],
  ['unused', 'an unused export', RESULT, `${CLEAN[RESULT]}export const spare = 1;`, 'spare'],
  ['unused', 'an undeclared package', HANDLER, `import 'left-out';\n${CLEAN[HANDLER]}`, 'left-out'],
])('%s sees %s', async (part, _fault, file, text, named) => {
  const { passed, output } = await copy.with({ [file]: `${text}\n` }, () => check(part));
  expect(passed).toBe(false);
  expect(output).toContain(file);
  expect(output).toContain(named);
});
