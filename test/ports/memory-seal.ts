import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { PortError } from '#core/ports.ts';
import type { CheckpointSigner, LogArchive, SealStore, Witness } from '#core/seal/ports.ts';
import type { SealState } from '#core/seal/state.ts';
import type { World } from './world.ts';

/** What the sealer has of the world besides the registry, in memory. */
export interface MemorySeal {
  readonly store: SealStore & { stored: SealState | undefined };
  /** Objects by name, each written once. */
  readonly archive: LogArchive & { readonly objects: Map<string, string> };
  readonly signer: CheckpointSigner & { readonly privateKey: KeyObject };
  readonly witness: Witness & { readonly told: Parameters<Witness['tell']>[0][] };
}

export function createMemorySeal(world: World): MemorySeal {
  const objects = new Map<string, string>();
  const told: Parameters<Witness['tell']>[0][] = [];
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const store: MemorySeal['store'] = {
    stored: undefined,
    read: () => world.call('seal-store', 'read', [], async () => store.stored),
    replace: (state) =>
      world.call('seal-store', 'replace', [state], async () => {
        if ((store.stored?.rev ?? 0) !== state.rev) return false;
        store.stored = JSON.parse(JSON.stringify({ ...state, rev: state.rev + 1 })) as SealState;
        return true;
      }),
  };
  return {
    store,
    archive: {
      objects,
      put: (name, body) =>
        world.call('archive', 'put', [name, body], async () => {
          if (objects.has(name)) return { ok: false, error: { reason: 'exists' } };
          objects.set(name, body);
          return { ok: true, value: undefined };
        }),
    },
    signer: {
      privateKey,
      publicKey: () =>
        world.call('signer', 'publicKey', [], async () => publicKey.export({ type: 'spki', format: 'der' })),
      sign: (text) =>
        world.call('signer', 'sign', [text], async () => {
          if (text.length < 1 || text.length > 4_096) {
            throw new PortError('ValidationException', { outcome: 'not-applied', retryable: false });
          }
          return sign('sha256', text, privateKey);
        }),
    },
    witness: {
      told,
      tell: (said) =>
        world.call('witness', 'tell', [said], async () => {
          if (!told.some(({ segment }) => segment === said.segment)) told.push(said);
        }),
    },
  };
}

export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
