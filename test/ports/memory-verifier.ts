import { type Explanation, PortError, type Verifier } from '#core/ports.ts';
import type { World } from './world.ts';

export interface MemoryVerifier extends Verifier {
  /** What the deployed `authorize` answers; until it is set, it cannot be reached. */
  answer: ((keyId: string) => Promise<Explanation>) | undefined;
}

/** One deployed verifier, answering by the function that the test gives it. */
export function createMemoryVerifier(world: World): MemoryVerifier {
  const verifier: MemoryVerifier = {
    answer: undefined,
    explain: (keyId) =>
      world.call('verifier', 'explain', [keyId], async () => {
        if (verifier.answer === undefined) {
          throw new PortError('ResourceNotFoundException', { outcome: 'not-applied', retryable: false });
        }
        return verifier.answer(keyId);
      }),
  };
  return verifier;
}
