import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { INSTALL_LIMIT_MS, InstallError, installOnce, lastLines } from './once.ts';

const run = promisify(execFile);
const NAMES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

/** A tool from PyPI. */
export interface PythonTool {
  /** As it stands in messages and in the name of the virtual environment. */
  readonly name: string;
  /** Path of a requirements file that pins everything with hashes. */
  readonly requirements: string;
  /** What else one may do where it cannot be installed: `, or …`. @default - nothing else */
  readonly otherwise?: string;
}

/**
 * Makes sure that a tool is installed in a virtual environment of its own, and returns the path of its Python.
 * Run the tool as `python -m`, never by its scripts, which hold the path that the environment was made at.
 *
 * @throws InstallError when Python 3.10 or its venv module is missing, or a hash does not match.
 */
export async function installPython(tool: PythonTool): Promise<string> {
  const home = await installOnce(tool.name, [tool.requirements], (draft) => fill(tool, draft));
  return join(home, 'bin', 'python');
}

async function fill({ name, requirements, otherwise = '' }: PythonTool, draft: string): Promise<void> {
  const host = await findPython(name, otherwise);
  try {
    await run(host, ['-m', 'venv', draft]);
  } catch (cause) {
    throw new InstallError(
      'Python is here but cannot make a virtual environment. Install its venv module (Debian and Ubuntu: ' +
        `\`apt-get install python3-venv\`)${otherwise}.`,
      { cause },
    );
  }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  const exact = ['--require-hashes', '--only-binary', ':all:', '-r', requirements];
  try {
    await run(join(draft, 'bin', 'python'), [...pip, ...exact], { timeout: INSTALL_LIMIT_MS });
  } catch (cause) {
    throw new InstallError(
      `pip could not install the pinned ${name}: ${lastLines(cause)}\nCheck the network${otherwise}.`,
      { cause },
    );
  }
}

/** The first of `names` that is Python 3.10 or newer. */
export async function findPython(
  tool: string,
  otherwise: string,
  names: readonly string[] = NAMES,
): Promise<string> {
  const probe = 'import sys; print(sys.executable if sys.version_info >= (3, 10) else "")';
  for (const name of names) {
    const found = await run(name, ['-c', probe]).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
    if (found !== '') return found;
  }
  throw new InstallError(
    `${tool} needs Python 3.10 or newer and no \`python3\` on the path is one. Install it${otherwise}.`,
  );
}
