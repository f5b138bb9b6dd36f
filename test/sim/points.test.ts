import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { CALLS, POINTS } from './points.ts';

const root = join(import.meta.dirname, '../..');

/** In every bundle for its neighbours' sake, and never called by this function: `function command`. */
const CARRIED: readonly string[] = [
  ...['issue', 'rotate', 'sweep', 'revoke', 'respond'].flatMap((name) => [
    `${name} BatchGetItemCommand`,
    `${name} GetItemCommand`,
    `${name} PutItemCommand`,
    `${name} QueryCommand`,
    `${name} ScanCommand`,
  ]),
  ...['issue', 'rotate', 'sweep', 'revoke', 'respond'].flatMap((name) => [
    `${name} CancelRotateSecretCommand`,
    `${name} DescribeSecretCommand`,
    `${name} GetSecretValueCommand`,
    `${name} PutSecretValueCommand`,
    `${name} RotateSecretCommand`,
    `${name} UpdateSecretVersionStageCommand`,
  ]),
  ...['issue', 'rotate', 'authorize'].flatMap((name) => [
    `${name} DecryptCommand`,
    `${name} GenerateDataKeyWithoutPlaintextCommand`,
    `${name} GenerateMacCommand`,
    `${name} GenerateRandomCommand`,
  ]),
  ...['AttachUserPolicy', 'GetUser', 'ListAccessKeys', 'ListAttachedUserPolicies'].map(
    (call) => `revoke ${call}Command`,
  ),
  // Only where a release comes in between: see test/races/keys.ts.
  'respond DetachUserPolicyCommand',
];

/** The SDK commands that each function's bundle makes, what nothing in it calls left out as in the deployed one. */
async function commandsInBundles(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  for (const entry of globSync('functions/*/handler.ts', { cwd: root })) {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      write: false,
      logLevel: 'silent',
    });
    const made = outputFiles.flatMap(({ text }) => [...text.matchAll(/\bnew (\w+Command)\d*\b/g)]);
    found.set(basename(dirname(entry)), new Set(made.map(([, command]) => command as string)));
  }
  return found;
}

const bundled = await commandsInBundles();
const commandsOf = (calls: readonly string[]): ReadonlySet<string> =>
  new Set(calls.flatMap((call) => POINTS[call]?.commands ?? []));

describe('the fault points', () => {
  it.each(Object.keys(CALLS))('of %s are the SDK commands in its bundle', (name) => {
    const inBundle = bundled.get(name) ?? new Set();
    const called = commandsOf(CALLS[name] ?? []);
    expect([...called].filter((command) => !inBundle.has(command))).toEqual([]);
    const beyond = [...inBundle].filter((command) => !called.has(command));
    expect(beyond.filter((command) => !CARRIED.includes(`${name} ${command}`))).toEqual([]);
  });

  it('leave out no command of any function that is simulated', () => {
    const inBundles = new Set(Object.keys(CALLS).flatMap((name) => [...(bundled.get(name) ?? [])]));
    expect([...inBundles].sort()).toEqual([...commandsOf(Object.keys(POINTS))].sort());
  });
});
