import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { USES } from '#core/evidence/crypto-inventory.ts';
import { makeCopy } from './copy.ts';
import { checkCrypto, judgeCrypto, readSources } from './crypto.ts';
import { cryptographyPage, PAGE } from './crypto-page.ts';
import { wordings } from './fips-wording.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const copy = makeCopy();
afterAll(() => copy.remove());

const crypto = (name: string, use: string): string =>
  `import { ${name} } from 'node:crypto';\n\nexport const f = (key: string): unknown => ${use};\n`;

describe('the cryptographic inventory', () => {
  it('names all that this repository uses, and nothing that it does not', () => {
    const sources = readSources(ROOT);
    expect(judgeCrypto(sources, USES)).toEqual([]);
    // Judged by an empty list, a file that uses nothing shows it.
    const using = sources.filter((source) => judgeCrypto([source], []).length > 0);
    const idle = USES.flatMap((use) =>
      [...use.apis, ...use.written]
        .filter((each) => {
          const [apis, written] = [use.apis, use.written].map((all) => all.filter((one) => one !== each));
          const without = { ...use, apis: apis ?? [], written: written ?? [] };
          const others = USES.filter((other) => other !== use);
          return judgeCrypto(using, [...others, without]).length === 0;
        })
        .map((each) => `${use.purpose}: ${each}`),
    );
    // The same digest by two ways of writing it, and verification beside the digests of its own folder.
    expect(idle.filter((each) => !/: sha256$|^their verification/.test(each))).toEqual([]);
  });

  it('is the page that an assessor reads', () => {
    expect(readFileSync(resolve(ROOT, PAGE), 'utf8')).toBe(cryptographyPage());
  });

  it.each([
    ['another digest', 'functions/core/bad.ts', crypto('createHash', "createHash('sha1')"), 'sha1'],
    ['another way to it', 'functions/core/bad.ts', crypto('hash', "hash('md5', key)"), 'md5'],
    [
      'a MAC elsewhere',
      'functions/issue/bad.ts',
      crypto('createHmac', "createHmac('sha256', key)"),
      'createHmac',
    ],
    [
      'another MAC',
      'functions/core/crypto/bad.ts',
      crypto('createHmac', "createHmac('sha512', key)"),
      'sha512',
    ],
    [
      'a cipher',
      'functions/core/bad.ts',
      crypto('createCipheriv', "createCipheriv('aes-128-cbc', key, key)"),
      'aes-128-cbc',
    ],
    [
      'an algorithm chosen at run time',
      'functions/core/bad.ts',
      crypto('createHash', 'createHash(key)'),
      'not written out',
    ],
    [
      'an algorithm behind another name',
      'functions/core/bad.ts',
      crypto('createHash as h', "h('sha1')"),
      'sha1',
    ],
    [
      'all of it at once',
      'functions/issue/bad.ts',
      "import * as c from 'node:crypto';\nexport const f = c.createHash('md5');\n",
      'md5',
    ],
    [
      'random bytes of this process',
      'functions/issue/bad.ts',
      crypto('randomBytes', 'randomBytes(32)'),
      'randomBytes',
    ],
    ['random numbers', 'functions/issue/bad.ts', 'export const f = Math.random();\n', 'Math.random'],
    ['the web’s', 'functions/issue/bad.ts', 'export const f = crypto.subtle;\n', 'crypto.subtle'],
    [
      'a package',
      'functions/issue/bad.ts',
      "import { sign } from 'jsonwebtoken';\nexport const f = sign;\n",
      'jsonwebtoken',
    ],
    [
      'another kind of key',
      'infra/constructs/keys.ts',
      "import { KeySpec } from 'aws-cdk-lib/aws-kms';\nexport const k = KeySpec.RSA_2048;\n",
      'RSA_2048',
    ],
    [
      'another signature',
      'functions/adapters/kms/bad.ts',
      "export const c = { SigningAlgorithm: 'RSASSA_PSS_SHA_256' };\n",
      'RSASSA_PSS_SHA_256',
    ],
  ])('sees %s', async (_, file, text, named) => {
    const found = await copy.with({ [file]: text }, () => checkCrypto(copy.path));
    expect(found.map((each) => `${each.file} ${each.message}`).join('\n')).toContain(named);
    expect(found.map((each) => each.file)).toContain(file);
  });
});

describe('the wording of FIPS', () => {
  it('is what may be said, everywhere', () => {
    expect(wordings(ROOT)).toEqual([]);
  });

  it.each([
    'FIPS-validated Lambda',
    'our hashing is FIPS validated',
    'a FIPS 140-2 module',
    'FIPS 140-3 validated randomness',
    'it runs FIPS compliant',
    'Lambda runs in a validated module',
    'setFips(true)',
    'in FIPS mode',
    'certificate 5314',
    'FIPS 140-3 Security Level 3 hardware',
  ])('sees "%s"', async (text) => {
    const found = await copy.with({ 'docs/bad.md': `Fine.\n${text}\n` }, () => wordings(copy.path));
    expect(found).toContainEqual(expect.objectContaining({ file: 'docs/bad.md', line: 2 }));
  });

  it.each([
    'FIPS-approved algorithms; validated modules for key operations in KMS; hashing in Lambda is not in a validated module.',
    'keys are generated and used in AWS KMS HSMs, FIPS 140-3 Security Level 3 (CMVP 4884)',
    'SDK configured for FIPS endpoints (AWS_USE_FIPS_ENDPOINT=true)',
  ])('lets "%s" be said', async (text) => {
    expect(await copy.with({ 'docs/good.md': `${text}\n` }, () => wordings(copy.path))).toEqual([]);
  });
});
