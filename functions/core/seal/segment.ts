import canonicalize from 'canonicalize';
import * as z from 'zod/mini';
import type { AuditRecord } from '../audit/entry.ts';
import { AUDIT_SHARDS } from '../storage.ts';

/** Records of one shard within a segment. */
export interface SegmentRange {
  readonly shard: number;
  /** Sequence numbers of the first and the last. */
  readonly from: number;
  readonly to: number;
  /** The hash of the last: where the shard's chain stands after this segment. */
  readonly head: string;
}

/**
 * The first line of a segment, and a leaf like every other: what the segment holds, on which tree it was built, when
 * it was sealed, and by when the next one is promised.
 */
export interface SegmentHeader {
  readonly kind: 'segment';
  readonly schema: 1;
  readonly origin: string;
  /** From 0, without gaps. */
  readonly segment: number;
  /** Size and root (hex) of the tree before this segment; its header is the leaf at index `size`. */
  readonly size: number;
  readonly root: string;
  readonly records: number;
  /** By shard, ascending; none in a heartbeat. */
  readonly ranges: readonly SegmentRange[];
  /** ISO 8601, UTC, milliseconds. */
  readonly sealedAt: string;
  /** At the latest: where nothing happens, an empty segment is written. */
  readonly nextBy: string;
}

/** The most records in one segment: some tens of megabytes even where each is of a change of a hundred items. */
export const SEGMENT_MAX_RECORDS = 1_000;

/** A segment as stored: NDJSON, each line in RFC 8785 form and one leaf of the tree, the header first. */
export const segmentLines = (header: SegmentHeader, records: readonly AuditRecord[]): readonly string[] =>
  [header, ...records].map((line) => canonicalize(line) as string);

const HASH = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const TIME = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));
const COUNT = z.int().check(z.nonnegative());
/** A header's shape, wherever one is stored. */
export const HEADER: z.ZodMiniType<SegmentHeader> = z.strictObject({
  kind: z.literal('segment'),
  schema: z.literal(1),
  origin: z.string(),
  segment: COUNT,
  size: COUNT,
  root: HASH,
  records: COUNT,
  ranges: z.array(
    z.strictObject({
      shard: z.int().check(z.minimum(0), z.maximum(AUDIT_SHARDS - 1)),
      from: z.int().check(z.positive()),
      to: z.int().check(z.positive()),
      head: HASH,
    }),
  ),
  sealedAt: TIME,
  nextBy: TIME,
});

/** Reads a header; `undefined` where the line is none, is not canonical, or does not hold together in itself. */
export function parseHeader(line: string): SegmentHeader | undefined {
  const read = HEADER.safeParse(parseLine(line));
  if (!read.success) return undefined;
  const header = read.data;
  const { ranges, records } = header;
  const ascending = ranges.every(
    ({ shard }, at) => at === 0 || shard > (ranges[at - 1] as SegmentRange).shard,
  );
  const counted = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return ascending && ranges.every(({ from, to }) => from <= to) && counted === records ? header : undefined;
}

/** A line as an audit record; `undefined` where it is none or not canonical. Whether it holds is the chain's question. */
export function parseRecord(line: string): AuditRecord | undefined {
  const read = RECORD.safeParse(parseLine(line));
  return read.success ? (read.data as unknown as AuditRecord) : undefined;
}

const RECORD = z.looseObject({
  schema: z.literal(1),
  shard: COUNT,
  seq: COUNT,
  at: z.string(),
  action: z.string(),
  actor: z.looseObject({ kind: z.string(), id: z.string() }),
  prevHash: z.string(),
  hash: z.string(),
});

/** JSON in RFC 8785 form and nothing else: one value has one line. */
function parseLine(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return canonicalize(value) === line ? value : undefined;
  } catch {
    return undefined;
  }
}
