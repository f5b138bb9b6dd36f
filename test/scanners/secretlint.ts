import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';
import { digestOf, type Scanner } from './scanner.ts';

const BIN = fileURLToPath(
  import.meta.resolve('secretlint/package.json').replace('package.json', 'bin/secretlint.js'),
);
const RULE = join(import.meta.dirname, '../../scanners/secretlint');
const FILES = ['.secretlintrc.cjs', 'tokenward.mjs'];

interface Reported {
  readonly filePath: string;
  readonly sourceContent: string;
  readonly messages: readonly {
    readonly ruleId: string;
    readonly range: readonly [number, number];
    readonly loc: { readonly start: { readonly line: number } };
  }[];
}

/** secretlint, from the lockfile. */
export async function secretlint(): Promise<Scanner> {
  const run = (project: string, args: readonly string[]) =>
    command(process.execPath, [BIN, ...args], project);
  return {
    name: 'secretlint',
    checksum: true,
    lines: true,
    async adopt(project) {
      for (const file of FILES) await copyFile(join(RULE, file), join(project, file));
      return FILES;
    },
    async scan(project) {
      const folder = await mkdtemp(join(tmpdir(), 'tokenward-secretlint-'));
      try {
        const report = join(folder, 'report.json');
        const { code } = await run(project, [
          '**/*',
          '--no-gitignore',
          '--format',
          'json',
          '--output',
          report,
        ]);
        if (code !== 0) throw new Error(`secretlint ended with ${code}`);
        const files: readonly Reported[] = JSON.parse(await readFile(report, 'utf8'));
        return files.flatMap(({ filePath, sourceContent, messages }) =>
          messages
            .filter(({ ruleId }) => ruleId.endsWith('tokenward.mjs'))
            .map(({ range, loc }) => ({
              path: relative(project, filePath),
              line: loc.start.line,
              digest: digestOf(sourceContent.slice(...range)),
            })),
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    gate: (project, staged) => run(project, ['--no-glob', ...staged]),
  };
}
