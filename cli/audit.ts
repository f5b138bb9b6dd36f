import type { AuditRecord } from '#core/audit/entry.ts';
import { parseRecord } from '#core/seal/segment.ts';
import { AUDIT_SHARDS } from '#core/storage.ts';
import { textOf, timeOf, tokenIdOf, type Values, whereOf } from './arguments.ts';
import { type Bundle, openBundle } from './bundle.ts';
import type { RegistryReads } from './deployment.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json, table } from './print.ts';
import type { Session } from './session.ts';

const PAGE = 1_000;
const AT_ONCE = 16;
/** More than anybody reads; a question that matches more is too wide. */
const RECORDS_MOST = 10_000;

/** What an investigator asks; a record must match all of it. */
interface Question {
  readonly tokenId?: string;
  readonly incidentId?: string;
  readonly principal?: string;
  readonly actor?: string;
  /** ISO 8601, as records have it; `to` is included. */
  readonly from?: string;
  readonly to?: string;
}

/**
 * Who did what, when, from where, why, and which event caused it, oldest first: from the registry, or from a bundle.
 * A token's and an incident's records are found by an index, others by reading every chain.
 */
export async function auditShow(values: Values, session: Session): Promise<ExitCode> {
  const question = questionOf(values);
  const bundle = textOf(values, 'bundle');
  const found =
    bundle === undefined
      ? await inRegistry(question, await session.connect(whereOf(values)).registry(), session)
      : await inBundle(question, bundle);
  const sorted = found.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  if (values.json === true) {
    session.out(json(sorted));
    return EXIT.done;
  }
  const head = [
    'AT',
    'ACTION',
    'TOKEN',
    'KEYID',
    'ACTOR',
    'FROM',
    'INCIDENT',
    'CAUSE',
    'REASON',
    'SHARD/SEQ',
  ];
  session.out(table(session, head, sorted.map(rowOf)));
  session.err(`${found.length} records`);
  return EXIT.done;
}

function questionOf(values: Values): Question {
  const [token, incidentId, principal, actor] = ['token', 'incident', 'principal', 'actor'].map((name) =>
    textOf(values, name),
  );
  const [from, to] = ['from', 'to'].map((name) => timeOf(values, name));
  const question = {
    ...(token === undefined ? {} : { tokenId: tokenIdOf(token) }),
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(principal === undefined ? {} : { principal }),
    ...(actor === undefined ? {} : { actor }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  if (Object.keys(question).length === 0) {
    throw new CliError(
      'usage',
      'give at least one of --token, --incident, --principal, --actor, --from and --to',
    );
  }
  return question;
}

async function inRegistry(
  question: Question,
  registry: RegistryReads,
  session: Session,
): Promise<AuditRecord[]> {
  const { tokenId, incidentId, principal } = question;
  const owned = principal === undefined ? new Set<string>() : await tokensOf(principal, registry);
  const found: AuditRecord[] = [];
  const keep = (records: readonly AuditRecord[]): void => {
    found.push(...records.filter((record) => matches(record, question, owned)));
    demandFew(found);
  };
  if (tokenId !== undefined || incidentId !== undefined) {
    const subject = tokenId === undefined ? { incidentId: incidentId as string } : { tokenId };
    let cursor: string | undefined;
    do {
      const page = await registry.auditOf(subject, cursor);
      keep(page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }
  const heads = await registry.shardHeads();
  for (let start = 0; start < heads.length; start += AT_ONCE) {
    if (start > 0) session.err(`read ${start} of ${heads.length} shards`);
    await Promise.all(
      heads.slice(start, start + AT_ONCE).map(async ({ shard, seq }) => {
        for (let from = 1; from <= seq; from += PAGE) keep(await registry.auditShard(shard, from, PAGE));
      }),
    );
  }
  return found;
}

async function inBundle(question: Question, dir: string): Promise<AuditRecord[]> {
  const bundle = await openBundle(dir);
  const found: AuditRecord[] = [];
  const owned = new Set<string>();
  if (question.principal !== undefined) {
    for await (const { after = [] } of recordsOf(bundle)) {
      for (const { item, state } of after) {
        if (state?.principal === question.principal)
          owned.add(item.slice('TOKEN#'.length, item.lastIndexOf('|')));
      }
    }
  }
  for await (const record of recordsOf(bundle)) {
    if (matches(record, question, owned)) found.push(record);
    demandFew(found);
  }
  return found;
}

async function* recordsOf(bundle: Bundle): AsyncGenerator<AuditRecord> {
  for (const number of bundle.segments) {
    for (const line of (await bundle.segment(number)).split('\n').slice(1)) {
      const record = parseRecord(line);
      if (record !== undefined) yield record;
    }
  }
}

/** The tokens that a principal has, or had: audit records name the token. */
async function tokensOf(principal: string, registry: RegistryReads): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await registry.tokens({ principal }, cursor);
    for (const { tokenId } of page.items) ids.add(tokenId);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

function matches(record: AuditRecord, question: Question, owned: ReadonlySet<string>): boolean {
  const { tokenId, incidentId, principal, actor, from, to } = question;
  const { actor: who, details = {}, at } = record;
  return (
    (tokenId === undefined || record.tokenId === tokenId) &&
    (incidentId === undefined || record.incidentId === incidentId) &&
    (principal === undefined ||
      details.principal === principal ||
      (record.tokenId !== undefined && owned.has(record.tokenId))) &&
    (actor === undefined || who.id === actor || who.uniqueId === actor) &&
    (from === undefined || at >= from) &&
    (to === undefined || at <= to)
  );
}

function demandFew(found: readonly AuditRecord[]): void {
  if (found.length <= RECORDS_MOST) return;
  throw new CliError('refused', `more than ${RECORDS_MOST} records match: narrow it by --from and --to`);
}

const rowOf = (record: AuditRecord): readonly string[] => [
  record.at,
  record.action,
  record.tokenId ?? '-',
  record.keyId ?? '-',
  `${record.actor.kind}:${record.actor.id}`,
  record.actor.sourceIp ?? '-',
  record.incidentId ?? '-',
  record.cause ?? '-',
  record.reason ?? detailsOf(record),
  `${record.shard}/${record.seq}`,
];

const placeOf = ({ at, shard, seq }: AuditRecord): string =>
  `${at}#${String(shard).padStart(String(AUDIT_SHARDS).length, '0')}#${String(seq).padStart(12, '0')}`;

const detailsOf = ({ details }: AuditRecord): string =>
  Object.entries(details ?? {})
    .map(([name, value]) => `${name}=${typeof value === 'object' ? value.join(',') : value}`)
    .join(' ');
