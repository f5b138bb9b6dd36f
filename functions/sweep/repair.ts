import { keys } from '#core/keys.ts';
import type { SecretDescription } from '#core/ports.ts';
import type { IntentRecord } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { abort, finish } from '#core/rotation/changes.ts';
import { SWEEPER } from '#core/sweep/decide.ts';
import { liveKeyIds } from '#core/token/versions.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import type { SweepPorts } from './run.ts';

/**
 * Finishes or undoes an intent that its rotation left open (F1, L1, L5): an empty pending version, one minted but
 * not set, one set but not finished. The labels are the truth: what the vault calls AWSCURRENT is promoted in the
 * registry too, unless it was revoked; everything else is revoked and its label cleared.
 */
export async function repairIntent(intent: IntentRecord, ports: SweepPorts): Promise<void> {
  const described = await ports.vault.describe(intent.secretArn);
  const labels = described.ok ? labelsOf(described.value, intent.versionId) : [];
  const promoted = labels.includes('AWSCURRENT');
  // Before the intent closes: once it is closed, nothing would be due that clears a label left behind.
  if (!promoted && labels.includes('AWSPENDING'))
    await ports.vault.clearPending(intent.secretArn, intent.versionId);
  let ended = false;
  const done = await decideAndCommit<'closed'>(ports, async () => {
    const open = await ports.registry.get(keys.intent(intent.tokenId, intent.versionId));
    const token = await ports.registry.get(keys.token(intent.tokenId));
    if (open === undefined || token === undefined || open.state === 'finished' || open.state === 'aborted') {
      return { ok: false, error: 'closed' };
    }
    const ids = new Set([...(open.keyId === undefined ? [] : [open.keyId]), ...liveKeyIds(token)]);
    const versions = await ports.registry.getMany([...ids].map((id) => keys.version(id)));
    const version = versions.find((candidate) => candidate.keyId === open.keyId);
    const others = versions.filter((candidate) => candidate.keyId !== open.keyId);
    const step = { at: ports.clock.now(), actor: SWEEPER };
    if (promoted && version?.state === 'pending' && token.standing !== 'revoked') {
      return ok(finish({ token, intent: open, version, others }, step));
    }
    ended = promoted;
    const reason = `left ${open.state} since ${new Date(open.startedAt).toISOString()}`;
    return ok(
      abort(
        { token, intent: open, ...(version === undefined ? {} : { version }) },
        reason,
        step,
        'rotation.repaired',
      ),
    );
  });
  if (done.ok) ports.metrics.count('RotationsRepaired');
  // A promotion may have been under way: it takes the label back itself, unless it crashed in between.
  const after = done.ok && !promoted ? await ports.vault.describe(intent.secretArn) : undefined;
  if (after?.ok) ended = labelsOf(after.value, intent.versionId).includes('AWSCURRENT');
  if (done.ok && ended) {
    await ports.pager.page({
      key: `labels:${intent.secretArn}`,
      title: 'A revoked or unknown version carries AWSCURRENT',
      body: `${intent.secretArn}: AWSCURRENT is on ${intent.versionId}, which the registry does not accept. Reissue token ${intent.tokenId}: tokenward reissue ${intent.tokenId}`,
    });
  }
}

const labelsOf = (secret: SecretDescription, versionId: string): readonly string[] =>
  secret.stages[versionId] ?? [];
