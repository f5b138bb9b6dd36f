import type { AuditRecord } from '#core/audit/entry.ts';
import { textOf, tokenIdOf, type Values, whereOf } from './arguments.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json, table } from './print.ts';
import type { Session } from './session.ts';

/** What was done to one token, or under one incident, oldest first. */
export async function auditShow(values: Values, session: Session): Promise<ExitCode> {
  const [tokenId, incidentId] = [textOf(values, 'token'), textOf(values, 'incident')];
  if ((tokenId === undefined) === (incidentId === undefined)) {
    throw new CliError('usage', 'give exactly one of --token and --incident');
  }
  const subject = tokenId === undefined ? { incidentId: incidentId ?? '' } : { tokenId: tokenIdOf(tokenId) };
  const registry = await session.connect(whereOf(values)).registry();
  const found: AuditRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.auditOf(subject, cursor);
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (values.json === true) {
    session.out(json(found));
    return EXIT.done;
  }
  const rows = found.map((record) => [
    record.at,
    record.action,
    record.tokenId ?? '-',
    record.keyId ?? '-',
    `${record.actor.kind}:${record.actor.id}`,
    record.incidentId ?? '-',
    record.reason ?? detailsOf(record),
    `${record.shard}/${record.seq}`,
  ]);
  session.out(
    table(session, ['AT', 'ACTION', 'TOKEN', 'KEYID', 'ACTOR', 'INCIDENT', 'REASON', 'SHARD/SEQ'], rows),
  );
  session.err(`${found.length} records`);
  return EXIT.done;
}

const detailsOf = ({ details }: AuditRecord): string =>
  Object.entries(details ?? {})
    .map(([name, value]) => `${name}=${typeof value === 'object' ? value.join(',') : value}`)
    .join(' ');
