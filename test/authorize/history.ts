import type { MacEngine, VerifierStore } from '#core/ports.ts';
import {
  createVerifier,
  type Verdict,
  type Verifier,
  type VerifierConfig,
} from '#functions/authorize/verifier.ts';
import { createMemoryPorts, type MemoryPorts } from '../ports/ports.ts';
import { createWorld, type World } from '../ports/world.ts';
import { type Registered, registered } from './registered.ts';

export const T = 1_000;
export const R = 300;

const NEED = { audience: 'prices', scopes: ['prices:read'], source: { ip: '10.1.2.3' } };

/** A verifier with T, R and caches as deployed. */
export const verifierOf = (
  ports: Pick<MemoryPorts, 'clock' | 'metrics'> & { readonly store: VerifierStore; readonly mac: MacEngine },
  config: Partial<VerifierConfig> = {},
): Verifier =>
  createVerifier(ports, {
    environment: 'dev',
    feedMaxAgeMs: T,
    readTimeoutMs: R,
    recordCacheMaxMs: 60_000,
    recordCacheMaxEntries: 1_000,
    ...config,
  });

/** One credential, one verifier, nothing in the way. */
export async function calm(seed = 1): Promise<{
  readonly world: World;
  readonly ports: MemoryPorts;
  readonly target: Registered;
  readonly verifier: Verifier;
  verify(text?: string): Promise<Verdict>;
}> {
  const world = createWorld({ seed });
  const ports = createMemoryPorts(world);
  const target = await registered('target', ports);
  const verifier = verifierOf({ ...ports, store: ports.registry });
  return { world, ports, target, verifier, verify: (text = target.text) => verifier.verify(text, NEED) };
}
