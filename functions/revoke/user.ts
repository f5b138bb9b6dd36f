import { keys } from '#core/keys.ts';
import { beginRelease, type ReleaseRefusal, released, type Step } from '#core/response/key-orders.ts';
import { ok, type Result } from '#core/result.ts';
import type { Order } from '#core/token/standing.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import type { KeyPorts } from '#functions/respond/keys.ts';

/** Gives a user back what its quarantine took; the intent first, so that the sweep finishes what is left half done. */
export async function releaseUser(
  userArn: string,
  order: Order,
  ports: Omit<KeyPorts, 'pager'>,
): Promise<Result<void, ReleaseRefusal>> {
  const begun = await decideAndCommit<ReleaseRefusal>(ports, async () =>
    beginRelease(await ports.registry.get(keys.quarantine(userArn)), order),
  );
  if (!begun.ok) return begun;
  await giveBack(userArn, order.actor, ports);
  return ok(undefined);
}

/** Takes the policy off and makes Active what we had made Inactive: nothing else, and nothing twice. */
export async function giveBack(
  userArn: string,
  actor: Step['actor'],
  ports: Omit<KeyPorts, 'pager'>,
): Promise<void> {
  const record = await ports.registry.get(keys.quarantine(userArn));
  if (record?.state !== 'releasing') return;
  const { keyIds, attachedBefore } = record;
  // Keys first: the policy denies sessions only, and a crash between the two leaves less undone.
  for (const accessKeyId of keyIds) await ports.keyControl.setStatus(userArn, accessKeyId, 'Active');
  if (!attachedBefore) await ports.keyControl.unquarantine(userArn);
  await decideAndCommit<'settled'>(ports, async () => {
    const fresh = await ports.registry.get(keys.quarantine(userArn));
    if (fresh?.state !== 'releasing') return { ok: false, error: 'settled' };
    return ok(released(fresh, { at: ports.clock.now(), actor }));
  });
}
