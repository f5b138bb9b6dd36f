import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SCANNERS } from './all.ts';
import { writeFiles } from './cases.ts';
import { command } from './command.ts';
import { seeded } from './random.ts';
import type { Scanner } from './scanner.ts';

const WHO = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
const FILE = 'orders (old)/[client].ts';
let project: string;

const git = async (...args: readonly string[]): Promise<void> => {
  expect((await command('git', [...WHO, ...args], project)).code, `git ${args[0]}`).toBe(0);
};

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'tokenward-gate-'));
  await git('init', '--quiet');
});

afterEach(() => rm(project, { recursive: true, force: true }));

describe.each(SCANNERS)('%s as a pre-commit hook', (_, start) => {
  let scanner: Scanner;

  beforeAll(async () => {
    scanner = await start();
  });

  it('lets a commit pass that adds the rule itself, stops one that adds a token, and prints no secret', async () => {
    const added = await scanner.adopt(project);
    await git('add', '--all');
    expect((await scanner.gate(project, added)).code).toBe(0);
    await git('commit', '--quiet', '--message=rule', '--no-verify');

    const token = seeded('gate').token('prod');
    await writeFiles(project, [[FILE, `const client = connect("${token}");\n`]]);
    await git('add', '--all');
    const { code, stdout, stderr } = await scanner.gate(project, [FILE]);
    expect(code).toBe(1);
    const printed = stdout + stderr;
    expect(printed.includes(token.slice(-20)), 'the report holds the secret').toBe(false);
    expect(printed.toLowerCase()).toContain('tokenward');
  });
});
