import type { Change } from '#core/change.ts';
import {
  FIRST_PEPPER,
  newPepper,
  type PepperPlan,
  pepperContext,
  retirePepper,
} from '#core/crypto/pepper.ts';
import { keys } from '#core/keys.ts';
import type { Clock, KeyModule } from '#core/ports.ts';
import type { Actor } from '#core/records.ts';
import { type CommitPorts, commitAndPublish } from './commit.ts';

type PepperPorts = CommitPorts & { readonly keys: KeyModule; readonly clock: Clock };

/**
 * Makes the peppers that the deployment wants where they are not there, the newest first, and then retires those before
 * it: at no time is there none to make a MAC. Only `issue` calls it: no other function may create key material (SC-12).
 * Of two that race one wins; the loser's wrapped key is never stored nor unwrapped.
 */
export async function ensurePepper(
  ports: PepperPorts,
  actor: Actor,
  plan: PepperPlan = FIRST_PEPPER,
): Promise<void> {
  for (let version = plan.version; version >= 1; version--) {
    const change = await towards(version, plan, actor, ports);
    if (change !== undefined) await commitAndPublish(ports, change);
  }
}

async function towards(
  version: number,
  plan: PepperPlan,
  actor: Actor,
  ports: PepperPorts,
): Promise<Change | undefined> {
  const pepper = await ports.registry.get(keys.pepper(version));
  if (pepper !== undefined) return retirePepper(pepper, plan, { at: ports.clock.now(), actor });
  const wrapped = Buffer.from(await ports.keys.newWrappedKey(pepperContext(version))).toString('base64');
  return newPepper(version, wrapped, plan, { at: ports.clock.now(), actor });
}
