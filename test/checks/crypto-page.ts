import { ALGORITHMS, KEYS, MODULES, USES } from '../../functions/core/evidence/crypto-inventory.ts';

export const PAGE = 'docs/cryptography.md';

const HEAD = `# Cryptographic inventory

Made from \`functions/core/evidence/crypto-inventory.ts\` by \`npm run check:crypto -- --write\`, and held to the code by \`npm run check\`:
an algorithm, an import or a kind of key that is not here fails it (SC-12, SC-13).

FIPS-approved algorithms; validated modules for key operations in KMS; hashing in Lambda is not in a validated module. Peppers
and tokens are generated in KMS and used in Lambda memory, not a validated module, unless \`strictFips\`, which has KMS compute every
MAC: SC-13 is partial by default. \`useFipsEndpoint\` sets \`AWS_USE_FIPS_ENDPOINT=true\` for every function, where a service and a region
have such an endpoint; that is the TLS side of the endpoint only. Where one has none its name leads nowhere and every call fails, so
try it in a sandbox of that region first. CloudFormation's answer to a registration goes to the address that CloudFormation gives.
`;

const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The inventory as a page for an assessor. */
export function cryptographyPage(): string {
  const tables: Readonly<Record<string, string>> = {
    Keys: rows(
      ['key', 'for', 'algorithm', 'bits', 'kind in KMS', 'module', 'replaced'],
      KEYS.map(({ name, purpose, algorithm, bits, kms, module, rotation }) => [
        name,
        purpose,
        algorithm,
        String(bits),
        kms === undefined ? 'none' : `\`${kms.keySpec}\`, \`${kms.keyUsage}\``,
        MODULES[module].name,
        rotation === 'yearly' ? 'yearly, by KMS' : rotation,
      ]),
    ),
    Uses: rows(
      ['use', 'algorithm', 'module', 'where'],
      USES.map(({ purpose, algorithm, module, where }) => [
        purpose,
        algorithm,
        MODULES[module].name,
        where.map((place) => `\`${place}\``).join(', '),
      ]),
    ),
    Algorithms: rows(
      ['algorithm', 'defined by', 'approved'],
      Object.entries(ALGORITHMS).map(([name, { standard, approved }]) => [
        name,
        standard,
        approved ? 'yes' : 'not claimed',
      ]),
    ),
    Modules: rows(
      ['module', 'certificate', 'what may be said'],
      Object.values(MODULES).map(({ name, certificate, says }) => [name, certificate ?? 'none stated', says]),
    ),
  };
  const sections = Object.entries(tables).map(([title, table]) => `## ${title}\n${table}\n`);
  return [HEAD, ...sections, AROUND].join('\n');
}

const AROUND = `## Not ours
TLS to AWS and from your services, request signatures inside the SDK, and encryption at rest are AWS's and Node's: the SDK checks
objects and messages by checksums (CRC-32, MD5), which protect nothing and are no control here. A key that is lost or known to
somebody else: [runbook](runbook.md#a-key-is-lost-or-compromised).
`;
