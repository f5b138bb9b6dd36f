import { keys } from '#core/keys.ts';
import { DUE_SHARDS } from '#core/ports.ts';
import type { IncidentRecord } from '#core/records.ts';
import { textOf, type Values, whereOf } from './arguments.ts';
import type { RegistryReads } from './deployment.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { confirm, planLines, planned, send, settle } from './order.ts';
import { json, table, time, timeFrom } from './print.ts';
import type { Session } from './session.ts';

/** A pending incident pages again within a quarter of an hour, so it is due by then. */
const DUE_WITHIN_MS = 3_600_000;
const DUE_MOST = 1_000;

/** What the breaker holds and nobody has decided about yet, the oldest first. */
export async function incidentList(values: Values, session: Session): Promise<ExitCode> {
  const registry = await session.connect(whereOf(values)).registry();
  const pending = await pendingIncidents(registry, session.now());
  if (values.json === true) {
    session.out(json(pending.map(({ openedAt, ...rest }) => ({ ...rest, openedAt: time(openedAt) }))));
    return EXIT.done;
  }
  const rows = pending.flatMap(({ incidentId, openedAt, held }) =>
    held.map(({ tokenId, rung, signal, why = '-' }) => [
      incidentId,
      timeFrom(openedAt, session.now()),
      tokenId,
      rung,
      signal,
      why,
    ]),
  );
  session.out(table(session, ['INCIDENT', 'OPENED', 'TOKEN', 'WANTS', 'SIGNAL', 'HELD FOR'], rows));
  session.err(`${pending.length} pending; tokenward incident apply or drop <incident> --reason <text>`);
  return EXIT.done;
}

async function pendingIncidents(registry: RegistryReads, now: number): Promise<readonly IncidentRecord[]> {
  const shards = await Promise.all(
    Array.from({ length: DUE_SHARDS }, (_, shard) => registry.due(shard, now + DUE_WITHIN_MS, DUE_MOST)),
  );
  const ids = shards
    .flat()
    .filter(({ key }) => key.kind === 'incident')
    .map(({ key }) => key.pk.slice('INCIDENT#'.length));
  const found = await Promise.all(ids.map((id) => registry.get(keys.incident(id))));
  return found
    .filter((one): one is IncidentRecord => one?.state === 'pending')
    .sort((a, b) => a.openedAt - b.openedAt || (a.incidentId < b.incidentId ? -1 : 1));
}

/**
 * Does what an incident holds, or lets it be: the plan first, by a dry run, then, once the number of actions has been
 * typed, the order. What the person agreed to is what is sent: the count goes with it.
 */
export async function incidentOrder(
  action: 'apply' | 'drop',
  values: Values,
  session: Session,
): Promise<ExitCode> {
  const [incident, reason] = [textOf(values, 'id'), textOf(values, 'reason')];
  if (incident === undefined)
    throw new CliError('usage', 'no incident: `tokenward incident list` shows what is pending');
  if (reason === undefined) throw new CliError('usage', `${action} demands --reason: the audit keeps why`);
  const deployment = session.connect(whereOf(values));
  const direct = values.direct === true;
  const asJson = values.json === true;
  const body = { action, incident, reason };
  session.err(`asking what ${action} would do`);
  const plan = await send(deployment, { ...body, dryRun: true }, direct);
  if (plan.outcome === 'refused' || plan.outcome === 'unchanged') return settle(plan, asJson, session);
  const count = plan.tokenIds.length;
  const counted = `${count} held ${count === 1 ? 'action' : 'actions'}`;
  if (values['dry-run'] === true) return planned(plan, counted, asJson, session);
  for (const line of planLines(plan, counted)) session.err(line);
  if (values.yes !== true) await confirm(action, count, 'held actions', session);
  const noWait = values.wait === false ? { noWait: true } : {};
  const answer = await send(deployment, { ...body, expectCount: count, ...noWait }, direct);
  return settle(answer, asJson, session);
}
