import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CancelRotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { applyKept } from './shim/apply-kept.ts';
import { cdk } from './shim/cdk.ts';
import { type KeptSetting, OUTPUT_PREFIX, resolve } from './shim/kept-settings.ts';
import { localVariant } from './shim/local-variant.ts';
import { type Dropped, isForOtherStack } from './shim/rewrite-template.ts';
import type { JsonObject } from './shim/template.ts';
import type { Emulator } from './start.ts';

/** What to deploy, and who is told how it goes. */
export interface LocalDeployment {
  /** Directory of the production cloud assembly; it is read, never written. */
  readonly cloudAssemblyDir: string;
  /** Receives plain lines of progress. */
  readonly progress?: (line: string) => void;
}

/** What a deploy left behind. */
export interface LocalStacks {
  /** The outputs of all stacks, without those that only export to another stack. */
  readonly outputs: Record<string, string>;
  readonly seconds: number;
  /** Resources that the emulator refuses; those whose settings were applied by API say so. */
  readonly dropped: readonly Dropped[];
}

type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

const CONCURRENCY = 4;
const silent = (): void => undefined;

/** Settings applied so far, by the emulator they were applied to: what has not changed is not applied again. */
const applied = new WeakMap<Emulator, Map<string, KeptSetting>>();

/**
 * Deploys all stacks of a cloud assembly to the emulator with the cdk CLI, bootstrapping it first if need be,
 * then applies by API what its CloudFormation ignores or refuses. Resolves when the first rotations have ended.
 *
 * A second call with the same assembly changes nothing, as on AWS: no schedule is registered twice.
 *
 * @throws CdkError when a stack fails, with the reasons; the emulator's refusal when a kept setting fails.
 */
export async function deployLocal(
  emulator: Emulator,
  { cloudAssemblyDir, progress = silent }: LocalDeployment,
): Promise<LocalStacks> {
  const startedAt = performance.now();
  return inWorkDir(async (workDir) => {
    const local = await localVariant(cloudAssemblyDir, join(workDir, 'cdk.out'), emulator.endpoint);
    for (const { stackName, logicalId, type, applied } of local.dropped) {
      progress(`${stackName}: ${type} ${logicalId} ${applied ? 'is applied by API' : 'is left out'}`);
    }
    await bootstrap(emulator, workDir, progress);
    progress(`deploying ${local.stackNames.join(', ')}`);
    const outputsFile = join(workDir, 'outputs.json');
    const call = ['deploy', '--all', '--app', local.dir, '--outputs-file', outputsFile];
    const manner = ['--require-approval', 'never', '--concurrency', String(CONCURRENCY)];
    await cdk([...call, ...manner], workDir, emulator.env, (line) => {
      const [, stack] = /^\s*✅\s+(\S+)/u.exec(line) ?? [];
      if (stack !== undefined) progress(`deployed ${stack}`);
    });
    const stacks = JSON.parse(await readFile(outputsFile, 'utf8')) as StackOutputs;
    await applyAll(emulator, local.kept, stacks, progress);
    const outputs = merge(stacks, emulator.endpoint);
    return { outputs, seconds: (performance.now() - startedAt) / 1000, dropped: local.dropped };
  });
}

/**
 * Destroys the assembly's stacks with the cdk CLI, the schedules first, as CloudFormation does by dependency.
 * What the stacks retain stays; so does the bootstrap stack.
 */
export async function destroyLocal(
  emulator: Emulator,
  { cloudAssemblyDir, progress = silent }: LocalDeployment,
): Promise<void> {
  await endRotations(emulator);
  applied.delete(emulator);
  const args = ['destroy', '--all', '--force', '--app', resolvePath(cloudAssemblyDir)];
  await inWorkDir((workDir) =>
    cdk(args, workDir, emulator.env, (line) => {
      const [, stack] = /^\s*✅\s+(\S+): destroyed/u.exec(line) ?? [];
      if (stack !== undefined) progress(`destroyed ${stack}`);
    }),
  );
}

async function inWorkDir<Result>(work: (dir: string) => Promise<Result>): Promise<Result> {
  const dir = await mkdtemp(join(tmpdir(), 'tokenward-deploy-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function bootstrap(
  emulator: Emulator,
  workDir: string,
  progress: (line: string) => void,
): Promise<void> {
  const stack = new DescribeStacksCommand({ StackName: 'CDKToolkit' });
  const found = await emulator.direct.cloudformation.send(stack).catch((error: Error) => {
    if (error.name !== 'ValidationError') throw error;
    return undefined;
  });
  if (found !== undefined) return;
  progress('bootstrapping the account');
  const environment = `aws://${emulator.account}/${emulator.region}`;
  await cdk(['bootstrap', environment], workDir, emulator.env, silent);
}

async function applyAll(
  emulator: Emulator,
  kept: readonly KeptSetting[],
  stacks: StackOutputs,
  progress: (line: string) => void,
): Promise<void> {
  const before = applied.get(emulator) ?? new Map<string, KeptSetting>();
  applied.set(emulator, before);
  // Rotation comes last, when the policies and the limits it works under are in place.
  const ordered = kept.toSorted((a, b) => Number(a.kind === 'rotation') - Number(b.kind === 'rotation'));
  for (const setting of ordered) {
    const { kind, stackName, logicalId } = setting;
    const values = resolve(setting.values, stacks[stackName] ?? {}) as JsonObject;
    const id = `${stackName}/${logicalId} ${kind}`;
    if (JSON.stringify(before.get(id)?.values) === JSON.stringify(values)) continue;
    await applyKept(emulator, { ...setting, values });
    before.set(id, { ...setting, values });
    progress(`applied ${id}`);
    if (kind !== 'rotation') continue;
    const ended = await emulator.rotation.settled(String(values.SecretId));
    progress(
      `first rotation of ${logicalId}: ${ended?.outcome ?? 'none'}${ended?.error ? `, ${ended.error}` : ''}`,
    );
  }
}

async function endRotations(emulator: Emulator): Promise<void> {
  const { endpoint, region, rootCredentials: credentials } = emulator;
  const vault = new SecretsManagerClient({ endpoint, region, credentials });
  try {
    for (const { kind, values } of applied.get(emulator)?.values() ?? []) {
      if (kind !== 'rotation') continue;
      const SecretId = String(values.SecretId);
      await vault.send(new CancelRotateSecretCommand({ SecretId }));
      await emulator.rotation.settled(SecretId);
    }
  } finally {
    vault.destroy();
  }
}

function merge(stacks: StackOutputs, endpoint: string): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const outputs of Object.values(stacks)) {
    for (const [name, value] of Object.entries(outputs)) {
      if (name.startsWith(OUTPUT_PREFIX) || isForOtherStack(name)) continue;
      const here = localUrl(value, endpoint);
      if (merged[name] !== undefined && merged[name] !== here) throw new Error(`two outputs ${name} differ`);
      merged[name] = here;
    }
  }
  return merged;
}

/** The gateway's public address is a name of AWS; here the API answers under a path of the endpoint. */
function localUrl(value: string, endpoint: string): string {
  return value.replace(
    /^https:\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com\//,
    `${endpoint}/_aws/execute-api/$1/`,
  );
}
