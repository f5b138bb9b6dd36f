import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPython } from '../install/python.ts';
import { command } from './command.ts';
import type { Scanner } from './scanner.ts';

const PLUGIN = join(import.meta.dirname, '../../scanners/detect-secrets/tokenward.py');
const OPTIONS = [
  '--plugin',
  'tokenward.py',
  '--disable-filter',
  'detect_secrets.filters.heuristic.is_indirect_reference',
];

interface Report {
  readonly results: Readonly<
    Record<
      string,
      readonly { readonly type: string; readonly line_number: number; readonly hashed_secret: string }[]
    >
  >;
}

/** detect-secrets, as requirements.txt pins it, with all its own plugins on. */
export async function detectSecrets(): Promise<Scanner> {
  const python = await installPython({
    name: 'detect-secrets',
    requirements: join(import.meta.dirname, 'requirements.txt'),
  });
  const run = (module: string, project: string, args: readonly string[]) =>
    command(python, ['-m', module, ...args], project);
  return {
    name: 'detect-secrets',
    checksum: true,
    lines: false,
    async adopt(project) {
      await copyFile(PLUGIN, join(project, 'tokenward.py'));
      return ['tokenward.py'];
    },
    async scan(project) {
      const args = ['scan', '--all-files', '--no-verify', ...OPTIONS];
      const { code, stdout } = await run('detect_secrets', project, args);
      if (code !== 0) throw new Error(`detect-secrets ended with ${code}`);
      const report: Report = JSON.parse(stdout);
      return Object.entries(report.results).flatMap(([path, found]) =>
        found
          .filter(({ type }) => type === 'Tokenward Token')
          .map(({ line_number, hashed_secret }) => ({ path, line: line_number, digest: hashed_secret })),
      );
    },
    gate: (project, staged) => run('detect_secrets.pre_commit_hook', project, [...OPTIONS, ...staged]),
  };
}
