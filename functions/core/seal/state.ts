import type { ShardHead } from '../audit/entry.ts';
import type { EpochMs } from '../records.ts';
import { EMPTY_TREE, type Tree } from './merkle.ts';
import type { SegmentHeader } from './segment.ts';

/** How far the log is sealed; the sealer's whole memory, since it cannot read what it has written. */
export interface SealState {
  readonly schema: 1;
  /** Optimistic lock. */
  readonly rev: number;
  /** Number of the next segment. */
  readonly segment: number;
  readonly tree: Tree;
  /** 0: never. */
  readonly sealedAt: EpochMs;
  /** The last sealed record of each shard that has any, by shard. */
  readonly shards: readonly ShardHead[];
  /** A segment decided on, and perhaps written. It is finished, byte for byte, before anything else. */
  readonly intent?: SealIntent;
}

/** Enough to make the same segment again from the registry, and to know that it is the same. */
export interface SealIntent {
  readonly header: SegmentHeader;
  /** Hex SHA-256 of the segment's bytes. */
  readonly sha256: string;
}

/** Before the first segment. */
export const UNSEALED: SealState = {
  schema: 1,
  rev: 0,
  segment: 0,
  tree: EMPTY_TREE,
  sealedAt: 0,
  shards: [],
};
