import { join } from 'node:path';
import { installPython } from '../install/python.ts';

/**
 * Makes sure the pinned emulator is installed and returns the path of its Python.
 *
 * @throws InstallError when Python 3.10 or its venv module is missing, or a hash does not match.
 */
export const installEmulator = (): Promise<string> =>
  installPython({
    name: 'ministack',
    requirements: join(import.meta.dirname, 'requirements.txt'),
    otherwise: ', or set EMU_ENDPOINT to an emulator of your own',
  });
