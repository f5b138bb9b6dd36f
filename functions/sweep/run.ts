import { update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { DUE_SHARDS, type DueItem, type KeyControl, type Pager, type SecretVault } from '#core/ports.ts';
import type { IncidentRecord, RecordKey } from '#core/records.ts';
import { isOpen } from '#core/response/event.ts';
import { ok } from '#core/result.ts';
import { decideToken, expire, SWEEPER, type SweepAction, settleCancelling } from '#core/sweep/decide.ts';
import { cancelAt } from '#core/token/due.ts';
import { type DecidePorts, decideAndCommit } from '#functions/apply/decide.ts';
import { finish } from '#functions/respond/finish.ts';
import { cancelRotation } from '#functions/revoke/cancel.ts';
import { readTokenFacts } from '#functions/revoke/order.ts';
import { reissueSecret } from '#functions/revoke/reissue.ts';
import { sweepQuarantine } from './quarantine.ts';
import { repairIntent } from './repair.ts';

export type SweepPorts = DecidePorts & {
  readonly vault: SecretVault;
  readonly pager: Pager;
  readonly keyControl: KeyControl;
};

/** Bounds of one run. */
export interface SweepLimits {
  /** Stop when less than this is left of the invocation, in milliseconds. */
  readonly reserveMs: number;
  readonly remainingMs: () => number;
}

export interface SweepReport {
  readonly due: number;
  readonly done: number;
  readonly failed: number;
  readonly unfinished: boolean;
}

const PER_SHARD = 200;
const PAGE_AGAIN_MS = 15 * 60_000;

/** How many held actions a page names. */
const PAGED_MOST = 10;

/**
 * Ends what has expired and finishes what was left open (AC-2(2), AC-2(3)). It reads the index of what is due and
 * nothing else, so its work grows with that. Runs may overlap and may die anywhere: every step is conditional, and
 * what is left is due again.
 */
export async function run(ports: SweepPorts, limits: SweepLimits): Promise<SweepReport> {
  const now = ports.clock.now();
  const report = { due: 0, done: 0, failed: 0, unfinished: false };
  let lag = 0;
  // From another shard each time: a run that is cut short must not always leave the same ones.
  const first = Math.floor(ports.random.next() * DUE_SHARDS);
  for (let step = 0; step < DUE_SHARDS; step++) {
    for (const item of await dueIn((first + step) % DUE_SHARDS, now, ports, report)) {
      if (limits.remainingMs() < limits.reserveMs) {
        report.unfinished = true;
        break;
      }
      report.due++;
      lag = Math.max(lag, now - item.dueAt);
      if (await settle(item, ports)) report.done++;
      else report.failed++;
    }
  }
  ports.metrics.count('SweepRuns');
  ports.metrics.count('SweepDue', report.due);
  ports.metrics.count('SweepFailed', report.failed);
  ports.metrics.milliseconds('SweepLagMs', lag);
  ports.log.info('swept', { ...report, lagMs: lag });
  return report;
}

/** One shard's fault must not stop the others either. */
async function dueIn(
  shard: number,
  now: number,
  ports: SweepPorts,
  report: { failed: number },
): Promise<readonly DueItem[]> {
  try {
    return await ports.registry.due(shard, now, PER_SHARD);
  } catch (fault) {
    report.failed++;
    ports.log.error('a shard could not be read', {
      shard,
      fault: fault instanceof Error ? fault.name : 'unknown',
    });
    return [];
  }
}

/** One item's fault must not stop the others; it stays due and is counted. */
async function settle(item: DueItem, ports: SweepPorts): Promise<boolean> {
  try {
    await sweepItem(item, ports);
    return true;
  } catch (fault) {
    ports.log.error('a due item could not be settled', {
      pk: item.key.pk,
      sk: item.key.sk,
      fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
    });
    return false;
  }
}

async function sweepItem(item: DueItem, ports: SweepPorts): Promise<void> {
  switch (item.key.kind) {
    case 'token':
      return sweepToken(item.key as RecordKey<'token'>, ports);
    case 'version':
      return sweepVersion(item.key as RecordKey<'version'>, ports);
    case 'intent': {
      const intent = await ports.registry.get(item.key as RecordKey<'intent'>);
      if (intent?.dueAt !== undefined && intent.dueAt <= ports.clock.now()) await repairIntent(intent, ports);
      return;
    }
    case 'incident': {
      const incident = await ports.registry.get(item.key as RecordKey<'incident'>);
      if (incident?.dueAt !== undefined && incident.dueAt <= ports.clock.now())
        await pageAgain(incident, ports);
      return;
    }
    case 'event': {
      const event = await ports.registry.get(item.key as RecordKey<'event'>);
      // A decision that nobody has carried out, or told of, to its end: the event may never be delivered again.
      if (isOpen(event) && event.dueAt !== undefined && event.dueAt <= ports.clock.now())
        await finish(event, ports);
      return;
    }
    case 'quarantine': {
      const record = await ports.registry.get(item.key as RecordKey<'quarantine'>);
      if (record?.dueAt !== undefined && record.dueAt <= ports.clock.now())
        await sweepQuarantine(record, ports);
      return;
    }
  }
}

async function sweepToken(key: RecordKey<'token'>, ports: SweepPorts): Promise<void> {
  const due = await ports.registry.get(key);
  if (due?.standing === 'revoked' && due.cancelling !== undefined && due.secretArn !== undefined) {
    if (cancelAt(due.cancelling) <= ports.clock.now()) await finishRevocation(key, due.secretArn, ports);
    return;
  }
  let action: SweepAction | undefined;
  const told = new Set<string>();
  const done = await decideAndCommit<'nothing-due'>(ports, async () => {
    const read = await ports.registry.get(key);
    const facts = read === undefined ? undefined : await readTokenFacts(read.tokenId, ports);
    if (facts === undefined) return { ok: false, error: 'nothing-due' };
    const now = ports.clock.now();
    const reviewed = facts.token.reviewAt !== undefined && facts.token.reviewAt <= now;
    const profile = reviewed
      ? await ports.registry.get(keys.profile(`token:${facts.token.tokenId}`))
      : undefined;
    action = decideToken(facts, now, profile?.lastUsedAt);
    if (action === undefined) return { ok: false, error: 'nothing-due' };
    const { pageFirst } = action;
    if (pageFirst !== undefined && !told.has(pageFirst.key)) {
      await ports.pager.page(pageFirst);
      told.add(pageFirst.key);
    }
    return ok(action.change);
  });
  if (!done.ok || action === undefined) return;
  if (action.page !== undefined) await ports.pager.page(action.page);
  if (action.cancelRotation !== undefined) await cancelRotation(action.cancelRotation, ports);
  if (action.rotate !== undefined) {
    const { secretArn, incidentId, at } = action.rotate;
    await reissueSecret(secretArn, { at, incidentId, actor: SWEEPER, reason: 'due' }, ports);
  }
}

/** A revoked token's rotation is cancelled by whoever revoked it; here once more, until it has been seen to work. */
async function finishRevocation(
  key: RecordKey<'token'>,
  secretArn: string,
  ports: SweepPorts,
): Promise<void> {
  const cancelled = await cancelRotation(secretArn, ports);
  const done = await decideAndCommit<'settled'>(ports, async () => {
    const fresh = await ports.registry.get(key);
    const change = fresh && settleCancelling(fresh, ports.clock.now(), cancelled);
    return change === undefined ? { ok: false, error: 'settled' } : ok(change);
  });
  if (!done.ok || cancelled) return;
  await ports.pager.page({
    key: `cancel-late:${secretArn}`,
    title: 'The rotation of a revoked token could not be cancelled',
    body: `${secretArn}: its token is refused already and nothing is minted for it. The sweep tries again; look at the secret's rotation.`,
  });
}

async function sweepVersion(key: RecordKey<'version'>, ports: SweepPorts): Promise<void> {
  await decideAndCommit<'nothing-due'>(ports, async () => {
    const version = await ports.registry.get(key);
    const facts = version === undefined ? undefined : await readTokenFacts(version.fields.tokenId, ports);
    if (version === undefined || facts === undefined) return { ok: false, error: 'nothing-due' };
    const change = expire(facts, version, ports.clock.now());
    return change === undefined ? { ok: false, error: 'nothing-due' } : ok(change);
  });
}

/** Held actions are not lost: they page until somebody applies or drops them. */
async function pageAgain(incident: IncidentRecord, ports: SweepPorts): Promise<void> {
  const at = ports.clock.now();
  const done = await decideAndCommit<'decided'>(ports, async () => {
    const fresh = await ports.registry.get(keys.incident(incident.incidentId));
    // Another sweep may have paged meanwhile: it is due no more.
    if (fresh?.state !== 'pending' || fresh.dueAt === undefined || fresh.dueAt > at)
      return { ok: false, error: 'decided' };
    return ok({
      writes: [update(fresh, { ...fresh, dueAt: at + PAGE_AGAIN_MS })],
      audit: [
        {
          action: 'response.held',
          at,
          actor: SWEEPER,
          incidentId: fresh.incidentId,
          details: { held: fresh.held.length },
        },
      ],
      feed: [],
    });
  });
  if (!done.ok) return;
  await ports.pager.page({
    key: `held:${incident.incidentId}`,
    title: `${incident.held.length} automatic actions are held`,
    body: [
      `${incident.reason}. They wait for a decision since ${new Date(incident.openedAt).toISOString()}.`,
      ...incident.held
        .slice(0, PAGED_MOST)
        .map(({ tokenId, rung, signal }) => `${tokenId}: ${rung}, for ${signal}`),
      `Decide: tokenward incident apply ${incident.incidentId} --reason <why>, or drop`,
    ].join('\n'),
  });
}
