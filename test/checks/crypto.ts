import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoUse, USES } from '../../functions/core/evidence/crypto-inventory.ts';
import { cryptographyPage, PAGE } from './crypto-page.ts';
import { wordings } from './fips-wording.ts';
import { type Import, importsOf } from './imports.ts';
import { children, type Finding, isNode, type Node, parse, type Source } from './parse.ts';

const LIST = 'functions/core/evidence/crypto-inventory.ts';

/** Packages by which cryptography comes in; anything of this look that no use names is a finding. */
const CRYPTOGRAPHIC =
  /^(node:)?(crypto|tls)$|crypto|cipher|bcrypt|scrypt|argon|noble|tweetnacl|sodium|forge|jose|jsonwebtoken|md5|sha\d|hash|signature-v4|uuid|nanoid/;

/** Calls of node:crypto whose first argument names an algorithm. */
const NAMED_FIRST = new Set([
  ...['createCipheriv', 'createDecipheriv', 'createHash', 'createHmac', 'createSign', 'createVerify'],
  ...['generateKey', 'generateKeyPair', 'generateKeyPairSync', 'generateKeySync', 'hash', 'hkdf', 'hkdfSync'],
  ...['sign', 'verify'],
]);

/** Properties whose value names an algorithm of KMS. */
const NAMED_VALUE = new Set([
  ...[
    'KeySpec',
    'KeyUsage',
    'MacAlgorithm',
    'SigningAlgorithm',
    'EncryptionAlgorithm',
    'KeyAgreementAlgorithm',
  ],
  ...['keySpec', 'keyUsage', 'CustomerMasterKeySpec', 'KeyPairSpec', 'WrappingAlgorithm'],
]);

/** `KeySpec.HMAC_256` of the CDK. */
const NAMED_MEMBER = new Set(['KeySpec', 'KeyUsage']);

/**
 * Finds every use of cryptography that the inventory does not name: an import, a call, an algorithm, a key's kind, in the
 * functions, the command line and the infrastructure (SC-13).
 */
export function checkCrypto(root: string, uses: readonly CryptoUse[] = USES): Finding[] {
  return judgeCrypto(readSources(root), uses);
}

/** The files that are judged, read once, so that they can be held to more than one list. */
export function readSources(root: string): readonly Source[] {
  const files = globSync('{functions,infra,cli}/**/*.{ts,mts,js,mjs}', { cwd: root, exclude: [LIST] }).sort();
  return files.map((file) => parse(root, file.replaceAll('\\', '/')));
}

export const judgeCrypto = (sources: readonly Source[], uses: readonly CryptoUse[]): Finding[] =>
  sources.flatMap((source) => judge(source, uses));

function judge(source: Source, uses: readonly CryptoUse[]): Finding[] {
  const here = uses.filter(({ where }) =>
    where.some((place) => (place.endsWith('/') ? source.file.startsWith(place) : source.file === place)),
  );
  const apis = new Set(here.flatMap((use) => use.apis));
  const written = new Set(here.flatMap((use) => use.written));
  const found: Finding[] = [];
  const report = (line: number, what: string): void => {
    found.push({ file: source.file, line, message: `${what} is not in the cryptographic inventory` });
  };
  for (const each of importsOf(source)) {
    for (const api of foreign(each)) if (!apis.has(api)) report(each.line, api);
  }
  const own = namesOfCrypto(source.program);
  const visit = (node: Node): void => {
    for (const [what, known] of named(node, own)) {
      if (!(known === 'api' ? apis : written).has(what)) report(source.lineOf(node.start), what);
    }
    for (const child of children(node)) visit(child);
  };
  visit(source.program);
  return found;
}

/** What an import brings in of cryptography, as the inventory writes it. */
function foreign({ specifier, typeOnly, names }: Import): readonly string[] {
  if (specifier === undefined || typeOnly || specifier.startsWith('.') || specifier.startsWith('#'))
    return [];
  const module = specifier === 'crypto' ? 'node:crypto' : specifier;
  if (module === 'node:zlib' || module === 'zlib') {
    return names === undefined ? [`all of ${module}`] : names.includes('crc32') ? ['node:zlib crc32'] : [];
  }
  if (!CRYPTOGRAPHIC.test(module)) return [];
  return names === undefined ? [`all of ${module}`] : names.map((name) => `${module} ${name}`);
}

type Named = readonly (readonly [string, 'api' | 'written'])[];

/** The file's own names for what it imports of node:crypto, each with its name there. */
function namesOfCrypto(program: Node): ReadonlyMap<string, string> {
  const imports = (program.body as Node[]).filter(
    ({ type, source }) => type === 'ImportDeclaration' && /^(node:)?crypto$/.test(nameOf(source) ?? ''),
  );
  const specifiers = imports.flatMap((each) => each.specifiers as Node[]);
  return new Map(specifiers.map(({ local, imported }) => [nameOf(local) ?? '', nameOf(imported) ?? '*']));
}

/** The algorithms and the globals that a node names. */
function named(node: Node, own: ReadonlyMap<string, string>): Named {
  if (node.type === 'CallExpression' && isNode(node.callee)) {
    const { callee } = node;
    const ofAll = callee.type === 'MemberExpression' && own.get(nameOf(callee.object) ?? '') === '*';
    const name = ofAll ? nameOf(callee.property) : own.get(nameOf(callee) ?? '');
    return NAMED_FIRST.has(name ?? '') ? first((node.arguments as Node[])[0]) : [];
  }
  if (node.type === 'Property' && NAMED_VALUE.has(nameOf(node.key) ?? '')) return first(node.value as Node);
  if (node.type === 'MemberExpression') {
    const [object, property] = [nameOf(node.object), nameOf(node.property)];
    if (object === 'Math' && property === 'random') return [['Math.random', 'api']];
    if (NAMED_MEMBER.has(object ?? '') && property !== undefined) return [[property, 'written']];
    if (object === 'globalThis' && property === 'crypto') return [['globalThis.crypto', 'api']];
    if (object === 'crypto' && /^(subtle|getRandomValues|randomUUID|getFips|setFips)$/.test(property ?? ''))
      return [[`crypto.${property}`, 'api']];
  }
  return [];
}

/** A literal by its text. What is computed elsewhere cannot be judged, unless a member of the CDK's lists says it. */
function first(node: Node | undefined): Named {
  if (!isNode(node)) return [['an algorithm that is not written out', 'written']];
  if (node.type === 'Literal' && typeof node.value === 'string') return [[node.value, 'written']];
  const member = node.type === 'MemberExpression' && NAMED_MEMBER.has(nameOf(node.object) ?? '');
  return member || node.type === 'TSTypeReference'
    ? []
    : [['an algorithm that is not written out', 'written']];
}

const nameOf = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return String(node.name);
  return node.type === 'Literal' ? String(node.value) : undefined;
};

if (import.meta.main) {
  const root = process.cwd();
  const page = cryptographyPage();
  if (process.argv.includes('--write')) writeFileSync(join(root, PAGE), page);
  const findings = [...checkCrypto(root), ...wordings(root)];
  for (const { file, line, message } of findings) console.error(`${file}:${line} ${message}`);
  const current = readFileSync(join(root, PAGE), 'utf8') === page;
  if (!current) console.error(`${PAGE} is not what the inventory says: npm run check:crypto -- --write`);
  if (findings.length > 0 || !current) {
    console.error(`\ncrypto: ${findings.length + Number(!current)} broken`);
    process.exitCode = 1;
  }
}
