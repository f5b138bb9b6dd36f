import { hashOf, verifyChain } from '../audit/chain.ts';
import type { AuditRecord, ShardHead } from '../audit/entry.ts';
import type { Finding } from './finding.ts';
import { parseRecord, type SegmentHeader, type SegmentRange } from './segment.ts';

interface Group {
  readonly range: SegmentRange;
  readonly firstLine: number;
  readonly records: AuditRecord[];
  /** Something in it is known to be wrong already. */
  broken: boolean;
}

/**
 * Checks a segment's records against its header's ranges and the chains before it. `lines`: without the header.
 * `before`: a shard's head, or `undefined` where it is not known because a segment before this one is unreadable.
 */
export function verifyChains(
  { segment, ranges }: SegmentHeader,
  lines: readonly string[],
  before: (shard: number) => ShardHead | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  const groups = sorted(ranges, lines, segment, findings);
  for (const { range, firstLine, records, broken } of groups) {
    if (broken) continue;
    const { shard, from, to, head } = range;
    const known = before(shard) ?? { shard, seq: from - 1, hash: records[0]?.prevHash ?? '' };
    const checked = verifyChain(records, { shard, seq: to, hash: head }, known);
    if (checked.ok) continue;
    const { reason, seq } = checked.error;
    findings.push({ reason, segment, line: firstLine + Math.max(seq - from, 0), shard, seq });
  }
  return findings;
}

/** Each record to the range that it stands in; one that belongs to no range here, or elsewhere, is a finding. */
function sorted(
  ranges: readonly SegmentRange[],
  lines: readonly string[],
  segment: number,
  findings: Finding[],
): readonly Group[] {
  let firstLine = 2;
  const groups: Group[] = ranges.map((range) => {
    const group = { range, firstLine, records: [], broken: false };
    firstLine += range.to - range.from + 1;
    return group;
  });
  let at = 0;
  for (const [index, text] of lines.entries()) {
    const line = index + 2;
    const record = parseRecord(text);
    const next = record && placeOf(record, groups, at);
    if (record !== undefined && next !== undefined) {
      at = next;
      groups[at]?.records.push(record);
      continue;
    }
    if (record !== undefined && hashOf(record) === record.hash) {
      findings.push({ reason: 'moved-shard', segment, line, shard: record.shard, seq: record.seq });
      continue;
    }
    const place = groups.find(({ range, firstLine: first }) => line - first <= range.to - range.from);
    if (place === undefined) {
      findings.push({ reason: 'edited', segment, line });
      continue;
    }
    const { shard, from } = place.range;
    findings.push({ reason: 'edited', segment, line, shard, seq: from + line - place.firstLine });
    place.broken = true;
  }
  return groups;
}

/** The group that a record continues or begins, from `at` on; `undefined` where it has no business here. */
function placeOf({ shard, seq }: AuditRecord, groups: readonly Group[], at: number): number | undefined {
  const here = groups[at];
  if (here === undefined || here.range.shard === shard) return here && at;
  const later = groups.findIndex((group, index) => index > at && group.range.shard === shard);
  const begins = seq === groups[later]?.range.from;
  const follows = later === at + 1 && here.records.at(-1)?.seq === here.range.to;
  return begins || follows ? later : undefined;
}
