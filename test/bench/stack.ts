import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import type { Registry, SecretVault } from '#core/ports.ts';
import type { DeclaredToken, ExchangeOffer } from '#core/token/declaration.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createVerifier } from '#functions/authorize/verifier.ts';
import { exchange } from '#functions/issue/clients.ts';
import { REGISTRAR } from '#functions/issue/ports.ts';
import { registerToken } from '#functions/issue/register.ts';
import { run as revoke } from '#functions/revoke/run.ts';
import type { RevokeResult } from '#functions/revoke/settle.ts';
import { run as rotate } from '#functions/rotate/run.ts';
import { type SweepReport, run as sweep } from '#functions/sweep/run.ts';
import { createApiTokenIssuer } from '#issuers/api-token.ts';
import { ANN } from '../core/builders.ts';
import { ORDERS, TIMING } from '../loop/system.ts';
import { createMemoryPorts, type MemoryPorts } from '../ports/ports.ts';
import type { World } from '../ports/world.ts';

/** The functions over the registry as it is on DynamoDB, with a client that a bench can meter; the rest in memory. */
export interface Stack {
  readonly ports: Omit<MemoryPorts, 'registry' | 'vault'> & {
    readonly registry: Registry;
    readonly vault: SecretVault;
  };
  /** The vault's own side. */
  readonly memoryVault: MemoryPorts['vault'];
  /** A declared token with its first version; gives the secret's ARN. */
  register(part: Partial<DeclaredToken>): Promise<string>;
  /** One scheduled rotation, all four steps. */
  rotate(secretArn: string): Promise<void>;
  /** A token for minutes, for the offer's own principal. */
  exchange(offer: ExchangeOffer): Promise<void>;
  order(body: Readonly<Record<string, unknown>>): Promise<RevokeResult>;
  sweep(remainingMs?: number): Promise<SweepReport>;
}

/** With the first pepper made. */
export async function createStack(
  world: World,
  client: DynamoDBClient,
  paced: (vault: SecretVault) => SecretVault = (vault) => vault,
): Promise<Stack> {
  const memory = createMemoryPorts(world);
  const { clock, random } = world;
  const registry = createRegistry({ client, tableName: 'registry', feedCopies: 1, clock, random });
  const ports = { ...memory, vault: paced(memory.vault), registry };
  const verifier = createVerifier(
    { ...ports, store: registry },
    { ...TIMING, environment: 'dev', recordCacheMaxMs: 60_000, recordCacheMaxEntries: 1_000 },
  );
  const orderPorts = { ...ports, verifier: memory.verifier };
  const rotatePorts = { ...ports, issuer: createApiTokenIssuer('dev', ports), verifier };
  const issuePorts = {
    ...rotatePorts,
    ensurePepper: async (): Promise<void> => {},
    destroyPeppers: async (): Promise<void> => {},
  };
  memory.verifier.answer = (keyId) => verifier.explain(keyId);
  await ensurePepper(ports, REGISTRAR);
  const known = new Set<string>();
  let requests = 0;
  return {
    ports,
    memoryVault: memory.vault,
    async register(part) {
      const declared = { ...ORDERS, ...part };
      if (!known.has(declared.principal)) memory.directory.create(declared.principal);
      known.add(declared.principal);
      const secretArn = memory.vault.createSecret(`tokenward/dev/${declared.id}`, (event) =>
        rotate(event, rotatePorts),
      );
      requests++;
      await registerToken(
        { declaration: JSON.stringify(declared), secretArn, requestId: `request-${requests}` },
        issuePorts,
      );
      return secretArn;
    },
    async rotate(secretArn) {
      const { outcome, error } = await memory.vault.trigger(secretArn);
      if (outcome !== 'succeeded') throw new Error(`the rotation ${outcome}`, { cause: error });
    },
    async exchange(offer) {
      if (!known.has(offer.principal)) memory.directory.create(offer.principal);
      known.add(offer.principal);
      const uniqueId = (await memory.directory.uniqueIdOf(offer.principal)) ?? '';
      await exchange(offer, { arn: offer.principal, uniqueId, sourceIp: '198.51.100.7' }, issuePorts);
    },
    order: (body) => revoke({ body, actor: ANN, cause: 'request' }, orderPorts, TIMING),
    sweep: (remainingMs = 60_000) => sweep(orderPorts, { reserveMs: 0, remainingMs: () => remainingMs }),
  };
}
