import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptSetting } from './kept-settings.ts';
import { type Dropped, rewriteTemplate } from './rewrite-template.ts';
import type { Template } from './template.ts';

/** A copy of a cloud assembly that the emulator can deploy. */
export interface LocalVariant {
  /** Directory of the rewritten cloud assembly. */
  readonly dir: string;
  /** Names of its stacks. */
  readonly stackNames: readonly string[];
  /** Resources left out because the emulator refuses their type. */
  readonly dropped: readonly Dropped[];
  /** Settings to apply by API after the deploy. */
  readonly kept: readonly KeptSetting[];
}

interface StackArtifact {
  readonly type: string;
  readonly properties: {
    readonly templateFile: string;
    readonly stackName?: string;
    stackTemplateAssetObjectUrl?: string;
  };
}

interface AssetManifest {
  readonly files: Record<
    string,
    { source: { path: string }; destinations: Record<string, { objectKey: string }> }
  >;
}

/**
 * Copies a cloud assembly to `outDir` (emptied first) and rewrites its templates for the emulator.
 *
 * The production app stays as it is: everything the emulator needs differently is done to the copy. A
 * rewritten template is published under its own digest, as the original was, so a redeploy never meets a
 * stale one. `endpoint` is the emulator's, at which the stacks' queues are to be called.
 *
 * @throws when the assembly holds a nested assembly (a Stage), which this project does not use.
 */
export async function localVariant(
  cloudAssemblyDir: string,
  outDir: string,
  endpoint: string,
): Promise<LocalVariant> {
  await rm(outDir, { recursive: true, force: true });
  await cp(cloudAssemblyDir, outDir, { recursive: true });
  const manifestPath = join(outDir, 'manifest.json');
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as {
    artifacts: Record<string, StackArtifact>;
  };
  const stackNames: string[] = [];
  const dropped: Dropped[] = [];
  const kept: KeptSetting[] = [];
  for (const [id, artifact] of Object.entries(manifest.artifacts)) {
    if (artifact.type === 'cdk:cloud-assembly') throw new Error(`nested assemblies are not supported: ${id}`);
    if (artifact.type !== 'aws:cloudformation:stack') continue;
    const { properties } = artifact;
    const stackName = properties.stackName ?? id;
    const path = join(outDir, properties.templateFile);
    const template = JSON.parse(await readFile(path, 'utf8')) as Template;
    const rewritten = rewriteTemplate(stackName, template, endpoint);
    const text = JSON.stringify(rewritten.template, undefined, 1);
    await writeFile(path, text);
    const digest = createHash('sha256').update(text).digest('hex');
    await renameAsset(join(outDir, `${id}.assets.json`), properties.templateFile, digest);
    const url = properties.stackTemplateAssetObjectUrl;
    if (url !== undefined) properties.stackTemplateAssetObjectUrl = url.replace(/[^/]+$/, `${digest}.json`);
    stackNames.push(stackName);
    dropped.push(...rewritten.dropped);
    kept.push(...rewritten.kept);
  }
  await writeFile(manifestPath, JSON.stringify(manifest));
  return { dir: outDir, stackNames, dropped, kept };
}

async function renameAsset(manifestPath: string, templateFile: string, digest: string): Promise<void> {
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as AssetManifest;
  const files: AssetManifest['files'] = {};
  for (const [key, file] of Object.entries(manifest.files)) {
    if (file.source.path !== templateFile) {
      files[key] = file;
      continue;
    }
    for (const destination of Object.values(file.destinations)) destination.objectKey = `${digest}.json`;
    files[digest] = file;
  }
  await writeFile(manifestPath, JSON.stringify({ ...manifest, files }));
}
