import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { INSTALL_LIMIT_MS, InstallError, installOnce, lastLines } from './once.ts';

const run = promisify(execFile);

/** A command that is built from a Go module. */
export interface GoTool {
  readonly name: string;
  /** Import path of the command. */
  readonly path: string;
  /** Folder of the go.mod and go.sum that pin it, with hashes. */
  readonly module: string;
  readonly linkerFlags: string;
}

/**
 * Makes sure that a command is built as go.sum pins it, and returns its path.
 *
 * @throws InstallError when Go is missing or too old, a module cannot be had, or a hash does not match.
 */
export async function installGo({ name, path, module, linkerFlags }: GoTool): Promise<string> {
  const pins = [join(module, 'go.mod'), join(module, 'go.sum')];
  const home = await installOnce(name, pins, async (draft) => {
    const go = await findGo(name);
    await mkdir(draft);
    const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', linkerFlags];
    try {
      await run(go, ['build', ...flags, '-o', join(draft, name), path], {
        cwd: module,
        // Without cgo it needs no C compiler, and builds sooner.
        env: { ...process.env, GOWORK: 'off', CGO_ENABLED: '0' },
        timeout: INSTALL_LIMIT_MS,
      });
    } catch (cause) {
      throw new InstallError(`Go could not build the pinned ${name}: ${lastLines(cause)}`, { cause });
    }
  });
  return join(home, name);
}

/** Where Go's own installer puts it is looked at too: that folder is often not on the path. */
const places = (): readonly string[] => [
  'go',
  ...(process.env.GOROOT === undefined ? [] : [join(process.env.GOROOT, 'bin', 'go')]),
  '/usr/local/go/bin/go',
];

/** The first of `names` that answers as Go. */
export async function findGo(tool: string, names: readonly string[] = places()): Promise<string> {
  for (const name of names) {
    const found = await run(name, ['version']).then(
      ({ stdout }) => stdout.startsWith('go version '),
      () => false,
    );
    if (found) return name;
  }
  throw new InstallError(
    `${tool} is built with Go, and none is on the path, in GOROOT or in /usr/local/go. ` +
      'Install Go 1.24.11 or newer (https://go.dev/dl/), then run this again.',
  );
}
