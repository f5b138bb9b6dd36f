import { createHash } from 'node:crypto';
import type { ReaderBlock } from '#core/ports.ts';
import type { DeclaredToken } from '#core/token/declaration.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createVerifier, type Verifier } from '#functions/authorize/verifier.ts';
import { type IssuePorts, REGISTRAR } from '#functions/issue/ports.ts';
import { registerToken } from '#functions/issue/register.ts';
import { createApiTokenIssuer, readTokenValue } from '#issuers/api-token.ts';
import { ORDERS, TIMING } from '../loop/system.ts';
import { createMemoryPorts, type MemoryPorts } from '../ports/ports.ts';
import { createWorld, type World } from '../ports/world.ts';

export const ACCOUNT = '111122223333';

/** A token of each kind that is treated differently: usual, production-critical, canary. */
const DECLARED: readonly DeclaredToken[] = [
  ORDERS,
  { ...ORDERS, id: 'ledger', criticality: 'production' },
  { ...ORDERS, id: 'trap', canary: true, readers: [] },
];

/** The world that an input meets: three registered tokens, and every port that any function takes. */
export interface Town {
  readonly world: World;
  readonly ports: IssuePorts & MemoryPorts & { readonly readers: ReaderBlock };
  /** Secret ARNs by token id. */
  readonly arns: Readonly<Record<string, string>>;
  /** Every token in the vault, and what else was added. */
  readonly tokens: string[];
  verifier(): Verifier;
}

/** Opens the same world each time. */
export async function openTown(declared: readonly DeclaredToken[] = DECLARED): Promise<Town> {
  const world = createWorld({ seed: 1 });
  const memory = createMemoryPorts(world);
  const tokens: string[] = [];
  const ports: Town['ports'] = {
    ...memory,
    issuer: createApiTokenIssuer('dev', memory),
    readers: { block: (...args) => world.call('readers', 'block', args, async () => true) },
    ensurePepper: () => ensurePepper(memory, REGISTRAR),
    destroyPeppers: async () => {},
  };
  const { put } = memory.vault;
  ports.vault.put = (asked) => {
    const token = readTokenValue(asked.value)?.token.reveal();
    if (token !== undefined && !tokens.includes(token)) tokens.push(token);
    return put(asked);
  };
  const arns: Record<string, string> = {};
  for (const token of declared) {
    memory.directory.create(token.principal);
    const secretArn = memory.vault.createSecret(`tokenward/dev/${token.id}`, async () => {});
    arns[token.id] = secretArn;
    await registerToken({ declaration: JSON.stringify(token), secretArn, requestId: token.id }, ports);
  }
  const verifier = (): Verifier =>
    createVerifier(
      { ...memory, store: memory.registry },
      { ...TIMING, environment: 'dev', recordCacheMaxMs: 60_000, recordCacheMaxEntries: 1_000 },
    );
  const explaining = verifier();
  memory.verifier.answer = (keyId) => explaining.explain(keyId);
  return { world, ports, arns, tokens, verifier };
}

/** A ClientRequestToken, the same for the same name. */
export const requestTokenOf = (name: string): string =>
  createHash('sha256')
    .update(name)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
