import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installGo } from '../install/go.ts';
import { command } from './command.ts';
import { digestOf, type Finding, type Scanner } from './scanner.ts';

const CONFIG = join(import.meta.dirname, '../../scanners/gitleaks.toml');
const RULE = 'tokenward-token';
/** gitleaks's own way to say that it found something, told apart from its failures, which are 1. */
const FOUND = 42;

interface Reported {
  readonly RuleID: string;
  readonly File: string;
  readonly StartLine: number;
  readonly Secret: string;
}

/** gitleaks, built as test/scanners/gitleaks/go.sum pins it. */
export async function gitleaks(): Promise<Scanner> {
  const binary = await installGo({
    name: 'gitleaks',
    path: 'github.com/zricethezav/gitleaks/v8',
    module: join(import.meta.dirname, 'gitleaks'),
    linkerFlags: '-s -w -X github.com/zricethezav/gitleaks/v8/version.Version=8.30.1',
  });
  return {
    name: 'gitleaks',
    checksum: false,
    lines: true,
    async adopt(project) {
      await copyFile(CONFIG, join(project, '.gitleaks.toml'));
      return ['.gitleaks.toml'];
    },
    async scan(project) {
      const folder = await mkdtemp(join(tmpdir(), 'tokenward-gitleaks-'));
      try {
        const report = join(folder, 'report.json');
        const args = ['dir', '.', '--no-banner', '--exit-code', `${FOUND}`, '--report-path', report];
        const { code } = await command(binary, args, project);
        if (code !== 0 && code !== FOUND) throw new Error(`gitleaks ended with ${code}`);
        const all: readonly Reported[] = JSON.parse(await readFile(report, 'utf8'));
        // It searches what it decoded once more, and then may report a place twice.
        const found = all.filter(({ RuleID }) => RuleID === RULE).map(finding);
        return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    gate: (project) => command(binary, ['git', '--pre-commit', '--redact', '--staged', '--verbose'], project),
  };
}

const finding = ({ File, StartLine, Secret }: Reported): Finding => ({
  path: File,
  line: StartLine,
  digest: digestOf(Secret),
});
