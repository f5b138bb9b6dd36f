import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Import, importsOf } from './imports.ts';
import { type Finding, parse } from './parse.ts';
import { impurities } from './purity.ts';

/** What an import points at: a file of this repository, or a package (Node's own modules among them). */
interface Target {
  readonly path?: string;
  readonly package?: string;
}

interface Rule {
  readonly says: string;
  readonly breaks: (from: string, to: Target, how: Import) => boolean;
}

/** The core's only packages, each with the names it may take; `*` where all of them are pure. */
const CORE_PACKAGES: Readonly<Record<string, readonly string[] | '*'>> = {
  'node:crypto':
    'createHash createHmac createPublicKey createSecretKey hash hkdfSync timingSafeEqual verify X509Certificate'.split(
      ' ',
    ),
  'node:util': ['inspect', 'isDeepStrictEqual', 'types'],
  'node:zlib': ['crc32'],
  canonicalize: '*',
  'ipaddr.js': '*',
  'zod/mini': '*',
};

const within = (path: string | undefined, ...folders: string[]): boolean =>
  path !== undefined && folders.some((folder) => path.startsWith(`${folder}/`));

const isHandler = (path: string | undefined): boolean => /(^|\/)handler\.ts$/.test(path ?? '');

const isPackage = (to: Target, name: string): boolean =>
  to.package === name || to.package?.startsWith(`${name}/`) === true;

/** The arrows of the design, one rule each. */
const RULES: readonly Rule[] = [
  {
    says: 'an import must state its path, so that it can be judged',
    breaks: (from, _to, how) => how.specifier === undefined && within(from, 'functions', 'infra', 'cli'),
  },
  {
    says: 'core imports only core, and of packages only the pure ones listed in test/checks/boundaries.ts',
    breaks: (from, to, how) => within(from, 'functions/core') && !isPure(to, how),
  },
  {
    says: 'adapters, issuers and events import only core and their own folder',
    breaks: (from, to) =>
      ['functions/adapters', 'functions/issuers', 'functions/events'].some(
        (folder) =>
          within(from, folder) && to.path !== undefined && !within(to.path, folder, 'functions/core'),
      ),
  },
  {
    says: 'a run takes its ports as arguments and imports no adapter',
    breaks: (from, to) => /^functions\/[^/]+\/run\.ts$/.test(from) && within(to.path, 'functions/adapters'),
  },
  {
    says: 'nothing imports a handler, except the test that mirrors it',
    breaks: (from, to) => isHandler(to.path) && !mirrors(from, to.path ?? ''),
  },
  {
    says: 'functions know nothing of infra, cli and test, nor of the CDK',
    breaks: (from, to) =>
      within(from, 'functions') &&
      (within(to.path, 'infra', 'cli', 'test') ||
        ['aws-cdk-lib', 'cdk-nag', 'constructs'].some((name) => isPackage(to, name))),
  },
  {
    says: 'infra knows functions only as entry paths and imports of them only core; nothing of cli and test',
    breaks: (from, to) =>
      within(from, 'infra') && to.path !== undefined && !within(to.path, 'infra', 'functions/core'),
  },
  {
    says: 'cli knows nothing of infra and test',
    breaks: (from, to) => within(from, 'cli') && within(to.path, 'infra', 'test'),
  },
  {
    says: 'aws-cdk-lib is imported by submodule (aws-cdk-lib/core, aws-cdk-lib/aws-…), never from its root',
    breaks: (_from, to) => to.package === 'aws-cdk-lib',
  },
  {
    says: 'zod is imported as zod/mini: the root costs 454 kB in a bundle',
    breaks: (_from, to) => isPackage(to, 'zod') && to.package !== 'zod/mini',
  },
  {
    says: 'zod/mini is imported as a namespace (import * as z): its own z brings every language along, 330 kB in a bundle',
    breaks: (_from, to, how) =>
      to.package === 'zod/mini' && !how.typeOnly && how.names?.includes('z') === true,
  },
];

function isPure(to: Target, how: Import): boolean {
  if (to.path !== undefined) return within(to.path, 'functions/core');
  const allowed = CORE_PACKAGES[to.package ?? ''];
  if (allowed === undefined) return false;
  if (allowed === '*' || how.typeOnly) return true;
  return how.names?.every((name) => allowed.includes(name)) ?? false;
}

function mirrors(test: string, handler: string): boolean {
  const folder = posix.dirname(handler);
  return within(test, `test/${folder}`, `test/${folder.replace(/^functions\//, '')}`);
}

/**
 * Judges every TypeScript file under `root` by the import rules, and the files of the core by their purity too.
 * Specifiers are resolved before they are judged: `../x.ts` and `#core/x.ts` mean the same file.
 *
 * @returns the findings, sorted by file and line; none means that the boundaries hold
 */
export function checkBoundaries(root: string): Finding[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const aliases = new Map<string, string>(Object.entries(manifest.imports));
  const files = globSync(['*.ts', '{functions,infra,cli,test,examples}/**/*.{ts,mts,cts,tsx,js,mjs,cjs}'], {
    cwd: root,
    exclude: ['**/node_modules/**', '**/cdk.out/**'],
  });
  return files
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .flatMap((file) => {
      const source = parse(root, file);
      const findings = within(file, 'functions/core') ? impurities(source) : [];
      for (const each of importsOf(source)) {
        const to = each.specifier === undefined ? {} : resolve(file, each.specifier, aliases);
        for (const rule of RULES) {
          if (!rule.breaks(file, to, each)) continue;
          findings.push({ file, line: each.line, message: `${rule.says} (${each.specifier ?? 'computed'})` });
        }
      }
      return findings.sort((a, b) => a.line - b.line);
    });
}

function resolve(from: string, specifier: string, aliases: ReadonlyMap<string, string>): Target {
  if (specifier.startsWith('.')) return { path: posix.join(posix.dirname(from), specifier) };
  for (const [alias, target] of aliases) {
    const prefix = alias.replace(/\*$/, '');
    if (!specifier.startsWith(prefix)) continue;
    return { path: posix.normalize(target.replace('*', specifier.slice(prefix.length))) };
  }
  return { package: specifier };
}

if (import.meta.main) {
  const findings = checkBoundaries(process.cwd());
  for (const { file, line, message } of findings) console.error(`${file}:${line} ${message}`);
  if (findings.length > 0) {
    console.error(`\nboundaries: ${findings.length} broken`);
    process.exitCode = 1;
  }
}
