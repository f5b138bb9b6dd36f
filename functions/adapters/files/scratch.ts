import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Heaps of bytes in a temporary folder of its own, readable by its owner alone, made when first needed. */
export interface FileScratch {
  readonly append: (name: string, bytes: Uint8Array) => void;
  readonly read: (name: string) => Buffer;
  /** Removes the folder. */
  readonly clear: () => void;
}

export function createFileScratch(): FileScratch {
  let folder: string | undefined;
  const pathOf = (name: string): string => {
    folder ??= mkdtempSync(join(tmpdir(), 'tokenward-'));
    return join(folder, name);
  };
  return {
    append: (name, bytes) => appendFileSync(pathOf(name), bytes, { mode: 0o600 }),
    read: (name) => {
      if (folder === undefined || !existsSync(pathOf(name))) return Buffer.alloc(0);
      return readFileSync(pathOf(name));
    },
    clear: () => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}
