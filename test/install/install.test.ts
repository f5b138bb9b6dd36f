import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findGo } from './go.ts';
import { InstallError, installOnce } from './once.ts';
import { findPython } from './python.ts';

describe('installOnce', () => {
  let root: string;
  let pins: string;
  let fills: number;

  const fill = async (draft: string): Promise<void> => {
    fills++;
    await mkdir(draft);
    await writeFile(join(draft, 'tool'), 'tool');
  };
  const install = (): Promise<string> => installOnce('tool', [pins], fill, join(root, 'cache'));

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tokenward-install-'));
    pins = join(root, 'pins');
    fills = 0;
    await writeFile(pins, 'one');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('installs once for all who ask at once, and for those who ask later', async () => {
    const homes = await Promise.all([install(), install(), install()]);
    homes.push(await install());
    expect(new Set(homes).size).toBe(1);
    expect(await readFile(join(homes[0] ?? '', 'tool'), 'utf8')).toBe('tool');
    expect(fills).toBe(1);
    expect(await readdir(join(root, 'cache'))).toHaveLength(1);
  });

  it('installs anew when a pin changes', async () => {
    const first = await install();
    await writeFile(pins, 'two');
    expect(await install()).not.toBe(first);
    expect(fills).toBe(2);
  });

  it('leaves nothing of an install that failed', async () => {
    const broken = installOnce(
      'tool',
      [pins],
      async (draft) => {
        await fill(draft);
        throw new InstallError('no network');
      },
      join(root, 'cache'),
    );
    await expect(broken).rejects.toThrow('no network');
    expect(await readdir(join(root, 'cache'))).toEqual([]);
    expect(await readdir(await install())).toEqual(['tool']);
  });

  it('takes over from one that died while it installed', async () => {
    const home = await install();
    await rm(home, { recursive: true });
    await mkdir(`${home}.lock`);
    await utimes(`${home}.lock`, 0, 0);
    expect(await install()).toBe(home);
    expect(fills).toBe(2);
  });
});

describe('what is missing', () => {
  const nothing = join(tmpdir(), 'no-such-command');

  it('is said of Go', async () => {
    await expect(findGo('gitleaks', [nothing])).rejects.toThrow(
      'gitleaks is built with Go, and none is on the path, in GOROOT or in /usr/local/go. ' +
        'Install Go 1.24.11 or newer',
    );
  });

  it('is said of Python, with the other way where there is one', async () => {
    await expect(findPython('ministack', ', or set X', [nothing])).rejects.toThrow(
      'ministack needs Python 3.10 or newer and no `python3` on the path is one. Install it, or set X.',
    );
  });
});
