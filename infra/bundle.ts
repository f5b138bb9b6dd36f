import { globSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { FUNCTION_PLUGINS } from './bundle-plugins.ts';

/** Where each function's deployed file lies: `<FUNCTIONS_OUT>/<name>/index.mjs` and nothing beside it. */
export const FUNCTIONS_OUT = 'dist/functions';

/** Where its source map lies: `<MAPS_OUT>/<name>/index.mjs.map`, kept for reading traces and never deployed. */
export const MAPS_OUT = 'dist/maps';

export interface Bundle {
  /** The function's folder under `functions/`. */
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** How a function becomes one file. */
export const BUNDLING: {
  readonly bundle: true;
  readonly minify: true;
  readonly format: 'esm';
  readonly platform: 'node';
  readonly target: 'node24';
  readonly mainFields: string[];
  readonly charset: 'utf8';
  readonly legalComments: 'none';
} = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  charset: 'utf8',
  legalComments: 'none',
};

/**
 * Bundles every `functions/<name>/handler.ts` by one esbuild call, the SDK included, and removes what an earlier
 * run left for a function that is gone. The same source gives the same bytes, so an unchanged function keeps its
 * asset hash; files that would not change are not written, so that a reader of an earlier run is not disturbed.
 *
 * @param root the repository's root
 * @throws where a function does not build, or would call `require` at run time, which an ES module has not
 */
export async function bundle(root: string): Promise<readonly Bundle[]> {
  const entries = globSync('functions/*/handler.ts', { cwd: root }).sort();
  const names = entries.map((entry) => basename(dirname(entry)));
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry, index) => ({ in: entry, out: `${names[index]}/index` })),
    outdir: FUNCTIONS_OUT,
    outExtension: { '.js': '.mjs' },
    ...BUNDLING,
    plugins: FUNCTION_PLUGINS,
    sourcemap: 'external',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  for (const [file, { imports }] of Object.entries(metafile.outputs)) {
    const required = imports.find(({ kind }) => kind === 'require-call');
    if (required !== undefined) throw new Error(`${file} would call require('${required.path}') at run time`);
  }

  await Promise.all([FUNCTIONS_OUT, MAPS_OUT].map((out) => removeAllBut(names, join(root, out))));
  const bundles: Bundle[] = [];
  for (const { path, contents } of outputFiles) {
    const name = basename(dirname(path));
    const isMap = path.endsWith('.map');
    await writeIfChanged(join(root, isMap ? MAPS_OUT : FUNCTIONS_OUT, name, basename(path)), contents);
    if (!isMap) bundles.push({ name, bytes: contents.length, gzipBytes: gzipSync(contents).length });
  }
  return bundles;
}

async function removeAllBut(names: readonly string[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true });
  }
}

async function writeIfChanged(path: string, contents: Uint8Array): Promise<void> {
  const existing = await readFile(path).catch(() => undefined);
  if (existing?.equals(contents) === true) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}

if (import.meta.main) {
  const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(0).padStart(8);
  const bundles = await bundle(resolve(import.meta.dirname, '..'));
  console.error(`${'function'.padEnd(12)}${'kB'.padStart(8)}${'gzip kB'.padStart(8)}`);
  for (const { name, bytes, gzipBytes } of bundles) {
    console.error(`${name.padEnd(12)}${kilobytes(bytes)}${kilobytes(gzipBytes)}`);
  }
}
