import { keys } from '#core/keys.ts';
import type { SecretDescription } from '#core/ports.ts';
import type { IntentRecord, VersionRecord } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { abort, type FinishFacts, finish } from '#core/rotation/changes.ts';
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
  // Before the intent closes: once it is closed, nothing would be due that clears a label left behind. The service
  // itself takes it off after a rotation that it knows to have ended well, and this one it has given up.
  if (labels.includes('AWSPENDING')) await ports.vault.clearPending(intent.secretArn, intent.versionId);
  // Before the intent closes, for the same reason: a crash in between would leave nobody who pages.
  const seen = await readRepair(intent, ports);
  if (promoted && seen !== undefined && !isPromotable(seen)) await pageLabel(intent, ports);
  const done = await decideAndCommit<'closed'>(ports, async () => {
    const facts = await readRepair(intent, ports);
    if (facts === undefined) return { ok: false, error: 'closed' };
    const step = { at: ports.clock.now(), actor: SWEEPER };
    if (promoted && isPromotable(facts)) return ok(finish(facts, step));
    const reason = `left ${facts.intent.state} since ${new Date(facts.intent.startedAt).toISOString()}`;
    return ok(abort(facts, reason, step, 'rotation.repaired'));
  });
  if (!done.ok) return;
  ports.metrics.count('RotationsRepaired');
  if (promoted) return;
  // A promotion may have been under way: it takes the label back itself, unless it crashed in between.
  const after = await ports.vault.describe(intent.secretArn);
  if (after.ok && labelsOf(after.value, intent.versionId).includes('AWSCURRENT'))
    await pageLabel(intent, ports);
}

const pageLabel = ({ secretArn, versionId, tokenId }: IntentRecord, ports: SweepPorts): Promise<void> =>
  ports.pager.page({
    key: `labels:${secretArn}`,
    title: 'A revoked or unknown version carries AWSCURRENT',
    body: `${secretArn}: AWSCURRENT is on ${versionId}, which the registry does not accept. Reissue token ${tokenId}: tokenward reissue ${tokenId}`,
  });

type RepairFacts = Omit<FinishFacts, 'version'> & { readonly version?: VersionRecord };

/** `undefined`: somebody closed it meanwhile, or its token is gone. */
async function readRepair(intent: IntentRecord, ports: SweepPorts): Promise<RepairFacts | undefined> {
  const open = await ports.registry.get(keys.intent(intent.tokenId, intent.versionId));
  const token = await ports.registry.get(keys.token(intent.tokenId));
  if (open === undefined || token === undefined || open.state === 'finished' || open.state === 'aborted') {
    return undefined;
  }
  const ids = new Set([...(open.keyId === undefined ? [] : [open.keyId]), ...liveKeyIds(token)]);
  const versions = await ports.registry.getMany([...ids].map((id) => keys.version(id)));
  const version = versions.find((candidate) => candidate.keyId === open.keyId);
  const others = versions.filter((candidate) => candidate.keyId !== open.keyId);
  return { token, intent: open, others, ...(version === undefined ? {} : { version }) };
}

/** Whether the registry may follow the label: never to a version that has ended, nor for a token that has (S3). */
const isPromotable = (facts: RepairFacts): facts is FinishFacts =>
  facts.version?.state === 'pending' && facts.token.standing !== 'revoked';

const labelsOf = (secret: SecretDescription, versionId: string): readonly string[] =>
  secret.stages[versionId] ?? [];
