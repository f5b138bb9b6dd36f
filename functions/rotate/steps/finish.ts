import { keys } from '#core/keys.ts';
import type { TokenRecord, VersionRecord } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { finish } from '#core/rotation/changes.ts';
import { isLive } from '#core/token/due.ts';
import type { RotationEvent } from '#events/rotation.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import {
  demandIntent,
  ROTATOR,
  type RotatePorts,
  RotationError,
  readFacts,
  readVersions,
} from '../context.ts';

/**
 * Moves AWSCURRENT, then tells the registry: labels first, so that a crash in between is repaired from the labels
 * and never the other way round. Secrets Manager drops AWSPENDING by itself.
 */
export async function finishSecret(event: RotationEvent, ports: RotatePorts): Promise<void> {
  const facts = await readFacts(event, ports);
  const intent = demandIntent(facts, event);
  // A later rotation may hold the label by now: a late repeat must not take it back (S8).
  if (intent.state === 'finished') return;
  const { version } = await readVersions(facts.token, intent.keyId, ports);
  if (version === undefined)
    throw new RotationError('intent-missing', `version ${event.versionId} was never set`);
  if (version.state === 'revoked' || version.state === 'expired') {
    throw new RotationError(
      'version-revoked',
      `version ${event.versionId} is ${version.state}; it is not promoted`,
    );
  }
  const former = await moveLabel(event, ports);
  // Its own promotion may have crashed before the registry learned of it; its holders keep the overlap (S1).
  const asLabelled = (other: VersionRecord): VersionRecord =>
    other.state === 'pending' && other.versionId === former ? { ...other, state: 'current' } : other;
  try {
    await decideAndCommit<'done'>(ports, async () => {
      const fresh = await readFacts(event, ports);
      const open = demandIntent(fresh, event);
      if (open.state === 'finished') return { ok: false, error: 'done' };
      const { version: made, others } = await readVersions(fresh.token, open.keyId, ports);
      if (made === undefined || made.state !== 'pending') {
        throw new RotationError('version-revoked', `version ${event.versionId} ended while it was promoted`);
      }
      return ok(
        finish(
          { token: fresh.token, intent: open, version: made, others: others.map(asLabelled) },
          { at: ports.clock.now(), actor: ROTATOR },
        ),
      );
    });
  } catch (fault) {
    if (fault instanceof RotationError && former !== undefined)
      await takeBack(event, { ...facts, intent }, former, ports);
    throw fault;
  }
}

/**
 * The version ended while its label moved: by the sweep, which undid the rotation, or by an order. What holders read
 * must be accepted, so AWSCURRENT goes back to where it was, as long as that version lives (S1).
 */
async function takeBack(
  event: RotationEvent,
  { token, intent }: { readonly token: TokenRecord; readonly intent: { readonly keyId: string } },
  former: string,
  ports: RotatePorts,
): Promise<void> {
  const fresh = await ports.registry.get(keys.token(token.tokenId));
  if (fresh === undefined) return;
  const { version, others } = await readVersions(fresh, intent.keyId, ports);
  const lives = others.some(({ versionId, state }) => versionId === former && isLive(state));
  if (version === undefined || isLive(version.state) || !lives) return;
  const back = await ports.vault.moveCurrent(event.secretArn, { to: former, from: event.versionId });
  ports.log.warn('a version ended while it was promoted', {
    versionId: event.versionId,
    former,
    back: back.ok,
  });
}

/** Which version had AWSCURRENT before, as far as the labels tell. */
async function moveLabel(event: RotationEvent, ports: RotatePorts): Promise<string | undefined> {
  const described = await ports.vault.describe(event.secretArn);
  if (!described.ok || described.value.deletedAt !== undefined) {
    throw new RotationError('secret-missing', `${event.secretArn} is gone or scheduled for deletion`);
  }
  const { stages } = described.value;
  const holderOf = (label: string): string | undefined =>
    Object.keys(stages).find((id) => stages[id]?.includes(label));
  const from = holderOf('AWSCURRENT');
  if (from === event.versionId) return holderOf('AWSPREVIOUS');
  if (from === undefined) {
    throw new RotationError(
      'no-current-version',
      `${event.secretArn} has no AWSCURRENT; register its token again`,
    );
  }
  const moved = await ports.vault.moveCurrent(event.secretArn, { to: event.versionId, from });
  if (moved.ok) return from;
  if (moved.error.reason === 'not-found')
    throw new RotationError('secret-missing', `${event.secretArn} is gone`);
  throw new RotationError('label-moved', `AWSCURRENT left ${from} meanwhile; the next attempt decides anew`);
}
