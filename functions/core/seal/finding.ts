import type { ChainBreak } from '../audit/chain.ts';

/**
 * What is wrong with a sealed log. Of a chain, as {@link ChainBreak} says, and besides:
 * `missing-segment`, `missing-checkpoint`: the file is not there. `moved-segment`: the file has another's content.
 * `bad-header`: the first line is none, or does not count what follows. `wrong-origin`: it belongs to another log.
 * `other-tree`: it was not built on what stands before it. `root-mismatch`: what was signed is not what is there.
 * `wrong-key`, `bad-signature`, `bad-checkpoint`: nobody trusted vouches for it. `silence`: a heartbeat is missing.
 * `stale`: the log ends earlier than it may. `behind-trusted`: it ends before a checkpoint that was seen.
 * `not-trusted`: it is not the log of that checkpoint.
 */
export type FindingReason =
  | ChainBreak['reason']
  | 'missing-segment'
  | 'missing-checkpoint'
  | 'moved-segment'
  | 'bad-header'
  | 'wrong-origin'
  | 'other-tree'
  | 'root-mismatch'
  | 'wrong-key'
  | 'bad-signature'
  | 'bad-checkpoint'
  | 'silence'
  | 'stale'
  | 'behind-trusted'
  | 'not-trusted';

/** One thing that is wrong, and where. */
export interface Finding {
  readonly reason: FindingReason;
  readonly segment: number;
  /** In the segment's file, from 1; the header is the first. */
  readonly line?: number;
  readonly shard?: number;
  readonly seq?: number;
  /** The rest of the evidence, for a person. */
  readonly detail?: string;
}
