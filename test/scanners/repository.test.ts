import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCANNERS } from './all.ts';
import { writeFiles } from './cases.ts';
import { command } from './command.ts';
import { seeded } from './random.ts';
import type { Scanner } from './scanner.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PLANTED = 'functions/planted.ts';
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'tokenward-repository-'));
  const listed = await command('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], ROOT);
  expect(listed.code, 'git ls-files').toBe(0);
  for (const file of new Set(listed.stdout.split('\0').filter((name) => name !== ''))) {
    // A file that is deleted and not yet committed is still listed.
    await cp(join(ROOT, file), join(copy, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await writeFiles(copy, [[PLANTED, `// ${seeded('repository').token('prod')}\n`]]);
});

afterAll(() => rm(copy, { recursive: true, force: true }));

describe.each(SCANNERS)('%s', (_, start) => {
  let scanner: Scanner;

  beforeAll(async () => {
    scanner = await start();
  });

  it('finds no token in this repository but the one planted in a copy', async () => {
    await scanner.adopt(copy);
    const found = await scanner.scan(copy);
    expect(found.map(({ path, line }) => `${path}:${line}`)).toEqual([`${PLANTED}:1`]);
  });
});
