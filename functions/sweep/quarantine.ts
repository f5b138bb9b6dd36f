import type { Change } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { QuarantineRecord } from '#core/records.ts';
import { confirmReleased, nextBlock, review, withSessions } from '#core/response/key-orders.ts';
import { ok } from '#core/result.ts';
import { SWEEPER } from '#core/sweep/decide.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { block, type KeyPorts, look, quietPage } from '#functions/respond/keys.ts';
import { sessionsOf } from '#functions/respond/sessions.ts';
import { giveBack } from '#functions/revoke/user.ts';

/**
 * Finishes what was begun with an IAM user and left, and looks a second time at what is settled (F24, F25): a
 * container that was still acting, or a thief, may have come after the first look.
 */
export async function sweepQuarantine(record: QuarantineRecord, ports: KeyPorts): Promise<void> {
  const { userArn } = record;
  switch (record.state) {
    case 'blocking':
      await block(userArn, SWEEPER, ports);
      return;
    case 'releasing':
      return giveBack(userArn, SWEEPER, ports);
    case 'quiet': {
      const seen = await look(userArn, ports);
      const left = seen !== undefined && nextBlock(record, seen).do !== 'nothing';
      // A trail tells of a session minutes after it was made.
      const sessions = await sessionsOf(record.keyIds, ports.clock.now(), ports);
      const known = withSessions(record, sessions);
      if (known !== record && !left) await ports.pager.page(quietPage(known));
      const done = await settled(record, ports, (fresh, at) =>
        seen === undefined
          ? confirmReleased(withSessions(fresh, sessions), { at, actor: SWEEPER })
          : review(withSessions(fresh, sessions), seen, { at, actor: SWEEPER }),
      );
      if (done && left) await block(userArn, SWEEPER, ports);
      return;
    }
    case 'released': {
      const seen = await look(userArn, ports);
      // Somebody may have put it on by hand since: that is not for a machine to take off.
      if (seen?.quarantined && !record.attachedBefore) await ports.pager.page(againPage(userArn));
      await settled(record, ports, (fresh, at) => confirmReleased(fresh, { at, actor: SWEEPER }));
      return;
    }
  }
}

const againPage = (userArn: string): { key: string; title: string; body: string } => ({
  key: `quarantine-again:${userArn}`,
  title: `${userArn} was given back and is in quarantine again`,
  body: `Somebody attached the policy after the release, or a container that was still blocking did. If it is not wanted, take it off with the break-glass role and make its keys Active: docs/runbook.md.`,
});

/** False: somebody else was quicker, or the state has moved. */
async function settled(
  { userArn, state }: QuarantineRecord,
  ports: KeyPorts,
  decide: (fresh: QuarantineRecord, at: number) => Change,
): Promise<boolean> {
  const done = await decideAndCommit<'moved'>(ports, async () => {
    const fresh = await ports.registry.get(keys.quarantine(userArn));
    const at = ports.clock.now();
    if (fresh?.state !== state || fresh.dueAt === undefined || fresh.dueAt > at)
      return { ok: false, error: 'moved' };
    return ok(decide(fresh, at));
  });
  return done.ok;
}
