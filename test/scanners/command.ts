import { execFile } from 'node:child_process';

const LIMIT_MS = 120_000;

/** How a command ended. What it printed may hold a token: never print it. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end, whatever its exit code.
 *
 * @throws when it cannot be started or takes longer than two minutes; the message holds nothing that it printed
 */
export function command(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  const settings = { cwd, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(file, args, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(new Error(`${file} did not run to its end: ${code ?? error?.signal}`));
    });
  });
}
