/** An algorithm, with what defines it. `approved`: FIPS or NIST approve it for what it is used for here. */
export interface Algorithm {
  readonly standard: string;
  readonly approved: boolean;
}

export type AlgorithmName =
  | 'AES-256-GCM'
  | 'CRC-32'
  | 'ECDSA P-256 with SHA-256'
  | 'HMAC-SHA-256'
  | 'SHA-256'
  | 'random bytes'
  | 'none';

export const ALGORITHMS: Readonly<Record<AlgorithmName, Algorithm>> = {
  'AES-256-GCM': { standard: 'FIPS 197, SP 800-38D', approved: true },
  'CRC-32': { standard: 'ISO 3309; refuses garbage, protects nothing', approved: false },
  'ECDSA P-256 with SHA-256': { standard: 'FIPS 186-5, FIPS 180-4', approved: true },
  'HMAC-SHA-256': { standard: 'FIPS 198-1, FIPS 180-4', approved: true },
  'SHA-256': { standard: 'FIPS 180-4', approved: true },
  'random bytes': { standard: 'of a generator that is not ours to choose; none is claimed', approved: false },
  none: { standard: 'no algorithm: comparisons, jitter', approved: false },
};

/** What computes it. A certificate stands only where AWS states one. */
export interface CryptoModule {
  readonly name: string;
  /** Of FIPS 140-3, with its number at the CMVP. */
  readonly certificate?: string;
  readonly says: string;
}

export type ModuleName = 'kms' | 'aws' | 'node' | 'runtime' | 'sdk';

export const MODULES: Readonly<Record<ModuleName, CryptoModule>> = {
  kms: {
    name: 'AWS KMS HSM',
    certificate: 'FIPS 140-3 Security Level 3, CMVP 4884',
    says: 'keys that never leave KMS are generated and used here; China regions excepted',
  },
  aws: {
    name: 'the AWS service',
    says: 'encryption at rest with a key that KMS holds, and GenerateRandom: which module of the service does the work is for AWS to state',
  },
  node: {
    name: 'OpenSSL of Node 24',
    says: 'as Lambda ships it: approved algorithms, and not a validated module',
  },
  runtime: { name: 'zlib and JavaScript of Node 24', says: 'no cryptography' },
  sdk: {
    name: '@aws-crypto/sha256-js',
    says: 'on the machine of whoever runs the command line: signs requests, and is not a validated module',
  },
};

/** A key, with how it is made, kept and replaced (SC-12). */
export interface CryptoKey {
  readonly name: string;
  readonly purpose: string;
  readonly algorithm: AlgorithmName;
  readonly bits: number;
  readonly module: ModuleName;
  /** Of a key that KMS holds: the logical id of its resource, and what the template must say of it. */
  readonly kms?: {
    readonly logicalId: string;
    readonly keySpec: 'SYMMETRIC_DEFAULT' | 'HMAC_256' | 'ECC_NIST_P256';
    readonly keyUsage: 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'SIGN_VERIFY';
  };
  /** `yearly`: by KMS itself. Others by hand, as docs/runbook.md says. */
  readonly rotation: 'yearly' | 'by hand' | 'with its token';
}

const cipher = (logicalId: string, purpose: string): CryptoKey => ({
  name: logicalId,
  purpose,
  algorithm: 'AES-256-GCM',
  bits: 256,
  module: 'kms',
  kms: { logicalId, keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' },
  rotation: 'yearly',
});

export const KEYS: readonly CryptoKey[] = [
  cipher('DataKey', 'encrypts the registry and the alert topic'),
  cipher('SecretsKey', 'encrypts the vaulted values'),
  cipher('PepperKey', 'wraps the peppers'),
  cipher('LogsKey', 'encrypts the log groups'),
  cipher('ArchiveKey', 'encrypts the sealed log, where our account holds it'),
  {
    name: 'MacKey',
    purpose: 'MACs of tokens and of what they grant, under strictFips',
    algorithm: 'HMAC-SHA-256',
    bits: 256,
    module: 'kms',
    kms: { logicalId: 'MacKey', keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' },
    rotation: 'by hand',
  },
  {
    name: 'SigningKey',
    purpose: 'signs the checkpoints of the audit log',
    algorithm: 'ECDSA P-256 with SHA-256',
    bits: 256,
    module: 'kms',
    kms: { logicalId: 'SigningKey', keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' },
    rotation: 'by hand',
  },
  {
    name: 'EvidenceKey',
    purpose: 'signs bundles of evidence; not the log’s, so that whoever reports cannot sign a second log',
    algorithm: 'ECDSA P-256 with SHA-256',
    bits: 256,
    module: 'kms',
    kms: { logicalId: 'EvidenceKey', keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' },
    rotation: 'by hand',
  },
  {
    name: 'pepper',
    purpose:
      'MACs of tokens and of what they grant; made and wrapped by KMS, unwrapped into the memory of a function',
    algorithm: 'HMAC-SHA-256',
    bits: 256,
    module: 'node',
    rotation: 'by hand',
  },
  {
    name: 'token',
    purpose:
      'what a consumer presents: random bytes of KMS, in the vault and in the memory of functions and consumers',
    algorithm: 'random bytes',
    bits: 256,
    module: 'aws',
    rotation: 'with its token',
  },
];

/** A use of an algorithm in code of ours (SC-13). */
export interface CryptoUse {
  readonly purpose: string;
  readonly algorithm: AlgorithmName;
  readonly module: ModuleName;
  /** Files, and folders, which end with a slash. */
  readonly where: readonly string[];
  /** What such a file may import of a module of cryptography, or call of a global. */
  readonly apis: readonly string[];
  /** The algorithm as the code writes it, in a call or as the value of a property that names one. */
  readonly written: readonly string[];
}

export const USES: readonly CryptoUse[] = [
  {
    purpose: 'digests: the audit chain, the log’s tree, after images, names that must not collide',
    algorithm: 'SHA-256',
    module: 'node',
    where: ['functions/'],
    apis: ['node:crypto createHash', 'node:crypto hash'],
    written: ['sha256'],
  },
  {
    purpose: 'MACs of tokens and of what they grant',
    algorithm: 'HMAC-SHA-256',
    module: 'node',
    where: ['functions/core/crypto/'],
    apis: ['node:crypto createHmac', 'node:crypto createSecretKey'],
    written: ['sha256'],
  },
  {
    purpose: 'comparison in a time that does not depend on the values',
    algorithm: 'none',
    module: 'node',
    where: ['functions/core/'],
    apis: ['node:crypto timingSafeEqual'],
    written: [],
  },
  {
    purpose: 'the same, computed in KMS under strictFips',
    algorithm: 'HMAC-SHA-256',
    module: 'kms',
    where: ['functions/adapters/kms/', 'infra/constructs/keys.ts'],
    apis: [],
    written: ['HMAC_SHA_256', 'HMAC_256', 'GENERATE_VERIFY_MAC'],
  },
  {
    purpose: 'peppers: made and wrapped by KMS',
    algorithm: 'AES-256-GCM',
    module: 'kms',
    where: ['functions/adapters/kms/'],
    apis: [],
    written: ['AES_256'],
  },
  {
    purpose: 'signatures of checkpoints and of evidence',
    algorithm: 'ECDSA P-256 with SHA-256',
    module: 'kms',
    where: ['functions/adapters/kms/', 'infra/constructs/keys.ts', 'infra/stacks/evidence.ts'],
    apis: [],
    written: ['ECDSA_SHA_256', 'ECC_NIST_P256', 'SIGN_VERIFY'],
  },
  {
    purpose: 'their verification, anywhere and without AWS',
    algorithm: 'ECDSA P-256 with SHA-256',
    module: 'node',
    where: ['functions/core/seal/', 'functions/core/evidence/'],
    apis: ['node:crypto createPublicKey', 'node:crypto verify'],
    written: ['sha256'],
  },
  {
    purpose: 'names of requests that AWS must not take twice; no secret',
    algorithm: 'random bytes',
    module: 'node',
    where: ['functions/adapters/', 'functions/authorize/', 'cli/'],
    apis: ['node:crypto randomUUID'],
    written: [],
  },
  {
    purpose: 'requests of the command line, and findings for Security Hub, signed by Signature Version 4',
    algorithm: 'HMAC-SHA-256',
    module: 'sdk',
    where: ['functions/adapters/system/signed-post.ts'],
    apis: ['@aws-crypto/sha256-js Sha256', '@smithy/signature-v4 SignatureV4'],
    written: [],
  },
  {
    purpose: 'the checksum of a token, which refuses garbage before anything is read',
    algorithm: 'CRC-32',
    module: 'runtime',
    where: ['functions/core/token/format.ts'],
    apis: ['node:zlib crc32'],
    written: [],
  },
  {
    purpose: 'jitter, and which shard is written',
    algorithm: 'none',
    module: 'runtime',
    where: ['functions/adapters/system/clock.ts'],
    apis: ['Math.random'],
    written: [],
  },
];
