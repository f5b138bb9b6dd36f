import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { installPython } from '../install/python.ts';
import type { Finding } from './finding.ts';

/** The most that a linter may say, in bytes. */
const OUTPUT_MAX = 64 * 1_024 * 1_024;
const LIMIT_MS = 180_000;

/** Findings of one linter on every `*.template.json` of a folder. */
export type Linter = (folder: string) => Promise<readonly Finding[]>;

interface CfnLintFinding {
  readonly Filename: string;
  readonly Level: string;
  readonly Location: { readonly Path?: readonly (string | number)[] | null };
  readonly Message: string;
  readonly Rule: { readonly Id: string };
}

/** cfn-lint, as its requirements file pins it: what CloudFormation itself would refuse, and more. */
export async function cfnLint(): Promise<Linter> {
  const python = await install('cfn-lint');
  const main = 'import sys; from cfnlint.runner import main; sys.exit(main())';
  return async (folder) => {
    const templates = (await readdir(folder)).filter((name) => name.endsWith('.template.json'));
    const paths = templates.map((name) => join(folder, name));
    const found: readonly CfnLintFinding[] = JSON.parse(
      await output(python, ['-c', main, '--format', 'json', '--template', ...paths]),
    );
    return found.map(({ Filename, Level, Location, Message, Rule }) => ({
      rule: Rule.Id,
      level: Level === 'Error' ? 'error' : 'finding',
      at: `${stackOf(Filename)}/${Location.Path?.[1] ?? ''}`,
      says: Message,
    }));
  };
}

interface CheckovReport {
  readonly summary: { readonly parsing_errors: number; readonly passed: number };
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly file_path: string;
      readonly resource: string;
    }[];
  };
}

/** checkov, as its requirements file pins it, without its network: what is deployed carelessly. */
export async function checkov(): Promise<Linter> {
  const python = await install('checkov');
  const options = [
    '--framework',
    'cloudformation',
    '--skip-download',
    '--output',
    'json',
    '--compact',
    '--quiet',
  ];
  return async (folder) => {
    const { summary, results }: CheckovReport = JSON.parse(
      await output(python, ['-m', 'checkov.main', '--directory', folder, ...options]),
    );
    if (summary.parsing_errors > 0)
      throw new Error(`checkov could not read ${summary.parsing_errors} templates`);
    return results.failed_checks.map(({ check_id, check_name, file_path, resource }) => ({
      rule: check_id,
      level: 'finding',
      at: `${stackOf(file_path)}/${resource.split('.').slice(1).join('.')}`,
      says: check_name,
    }));
  };
}

const install = (name: string): Promise<string> =>
  installPython({ name, requirements: join(import.meta.dirname, `${name}.txt`) });

const stackOf = (file: string): string =>
  basename(file, '.template.json').replace(/^tokenward-[a-z0-9]+-/, '');

/** What a linter says; it ends with something else than 0 whenever it finds anything. */
function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((told, failed) => {
    execFile(command, args, { timeout: LIMIT_MS, maxBuffer: OUTPUT_MAX }, (error, stdout, stderr) => {
      if (stdout.trim() === '')
        failed(new Error(`${command} said nothing: ${stderr.slice(-2_000)}`, { cause: error }));
      else told(stdout);
    });
  });
}
