import type { Change } from '#core/change.ts';
import { type Clock, type Committed, PortError, type Random } from '#core/ports.ts';
import { ok, type Result } from '#core/result.ts';
import { type CommitPorts, commitAndPublish } from './commit.ts';

/** What deciding and committing needs of the world. */
export type DecidePorts = CommitPorts & { readonly clock: Clock; readonly random: Random };

const ATTEMPTS = 8;
const FIRST_WAIT_MS = 20;

/**
 * Reads facts, decides, commits; when somebody else wrote first, all of it again from fresh facts, with jitter.
 * A refusal of the decision is returned as it is.
 *
 * @throws PortError `conflict` when the facts never hold still for {@link ATTEMPTS} tries.
 */
export async function decideAndCommit<E>(
  ports: DecidePorts,
  decide: () => Promise<Result<Change, E>>,
): Promise<Result<Committed, E>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const decided = await decide();
    if (!decided.ok) return decided;
    const committed = await commitAndPublish(ports, decided.value);
    if (committed.ok) return ok(committed.value);
    await ports.clock.sleep(FIRST_WAIT_MS * 2 ** attempt * (0.5 + ports.random.next()));
  }
  throw new PortError('conflict', {
    outcome: 'not-applied',
    retryable: true,
    message: `the registry changed under ${ATTEMPTS} attempts in a row; try again`,
  });
}

/** Waits for a read to become visible: Secrets Manager is eventually consistent between steps (F15). */
export async function eventually<T>(
  ports: { readonly clock: Clock; readonly random: Random },
  attempts: number,
  read: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 0; ; attempt++) {
    const value = await read();
    if (value !== undefined || attempt + 1 >= attempts) return value;
    await ports.clock.sleep(100 * 2 ** attempt * (0.5 + ports.random.next()));
  }
}
