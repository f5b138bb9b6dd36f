import { create } from '#core/change.ts';
import { pepperContext } from '#core/crypto/pepper.ts';
import { keys } from '#core/keys.ts';
import type { Clock, KeyModule } from '#core/ports.ts';
import { type Actor, SCHEMA } from '#core/records.ts';
import { type CommitPorts, commitAndPublish } from './commit.ts';

/**
 * Makes the first pepper where there is none. Only registration calls it: no other function may create key
 * material (SC-12). Two that race leave one pepper, the loser's wrapped key is never stored nor unwrapped.
 */
export async function ensurePepper(
  ports: CommitPorts & { readonly keys: KeyModule; readonly clock: Clock },
  actor: Actor,
): Promise<void> {
  const version = 1;
  if ((await ports.registry.get(keys.pepper(version))) !== undefined) return;
  const wrapped = await ports.keys.newWrappedKey(pepperContext(version));
  const at = ports.clock.now();
  await commitAndPublish(ports, {
    writes: [
      create({
        schema: SCHEMA,
        kind: 'pepper',
        rev: 0,
        version,
        wrapped: Buffer.from(wrapped).toString('base64'),
        createdAt: at,
        state: 'active',
      }),
    ],
    audit: [{ action: 'pepper.created', at, actor, details: { version } }],
    feed: [],
  });
}
