import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLE } from '#core/evidence/bundle.ts';
import { installPython } from '#test/install/python.ts';
import { ORDERS } from '#test/loop/system.ts';
import { createReporter } from '#test/report/reporter.ts';

/**
 * Has both OSCAL documents of a report judged by compliance-trestle, of a deployment and of an emulator; and shows
 * that it refuses one that is none. What it does not see, our own referential check does.
 */
const python = await installPython({
  name: 'trestle',
  requirements: join(import.meta.dirname, 'requirements.txt'),
});

function trestle(workspace: string, ...args: readonly string[]): { code: number; said: string } {
  const ran = spawnSync(python, ['-m', 'trestle', ...args], { cwd: workspace, encoding: 'utf8' });
  return { code: ran.status ?? 1, said: `${ran.stdout}${ran.stderr}`.trim() };
}

/** The two documents of a report over a registry in memory. */
async function documentsOf(emulated: boolean): Promise<ReadonlyMap<string, string>> {
  const reporter = await createReporter(emulated);
  await reporter.system.register(ORDERS);
  const files = reporter.bundle(await reporter.run());
  return new Map([BUNDLE.component, BUNDLE.results].map((name) => [name, files.get(name) ?? '']));
}

/** Imports a document into a fresh workspace and validates it; why trestle did not take it, or nothing. */
function refusal(text: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tokenward-trestle-'));
  try {
    // trestle imports nothing that lies within its own workspace.
    const [workspace, path] = [join(folder, 'workspace'), join(folder, 'incoming.json')];
    mkdirSync(workspace);
    writeFileSync(path, text);
    const steps = [['init'], ['import', '-f', path, '-o', 'ours'], ['validate', '-a']];
    for (const step of steps) {
      const { code, said } = trestle(workspace, ...step);
      if (code !== 0) return said.split('\n').at(-1) ?? 'no reason given';
      if (step.includes('-a') && !said.includes('VALID: Model')) return said;
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const BROKEN = [
  ['"uuid":"', '"uuid":"no-uuid-'],
  ['"title":', '"titel":'],
] as const;

let failed = 0;
const expect = (holds: boolean, says: string): void => {
  console.log(`${holds ? '✔' : '✘'} ${says}`);
  if (!holds) failed++;
};

for (const emulated of [false, true]) {
  for (const [name, text] of await documentsOf(emulated)) {
    const where = emulated ? 'emulated' : 'aws';
    const refused = refusal(text);
    expect(refused === undefined, `trestle accepts ${name} (${where}, ${text.length} bytes)${refused ?? ''}`);
    if (emulated) continue;
    for (const [from, to] of BROKEN) {
      const broken = text.replace(from, to);
      const why = broken === text ? undefined : refusal(broken);
      expect(why !== undefined, `trestle refuses ${name} with ${to}: ${why?.trim().slice(0, 120)}`);
    }
  }
}
console.log(failed === 0 ? 'both documents are OSCAL 1.2.1' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
