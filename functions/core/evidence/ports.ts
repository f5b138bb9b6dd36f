import type { AuditRecord } from '../audit/entry.ts';
import type { Registry } from '../ports.ts';
import type { KeyFacts, LockFacts, QueueFacts, TableFacts } from './facts.ts';
import type { Template } from './template.ts';

/** What `report` reads of the registry. */
export type EvidenceRegistry = Pick<Registry, 'tokens' | 'auditShard' | 'shardHeads'>;

/** What AWS's services say of themselves; a reader that is refused throws, and its fact is then not seen. */
export interface EvidenceReaders {
  keys(): Promise<readonly KeyFacts[]>;
  table(): Promise<TableFacts>;
  /** By name; dead-letter queues are those whose name ends in `-failed` or `undelivered`. */
  queues(names: readonly string[]): Promise<readonly QueueFacts[]>;
  lock(): Promise<LockFacts>;
  template(): Promise<Template>;
}

/** Where bundles are kept. */
export interface EvidenceStore {
  put(name: string, body: string): Promise<void>;
  /** `undefined`: there is none. */
  get(name: string): Promise<string | undefined>;
}

/** One shard's records from a time on: how far back the search must go. */
export type ShardReader = (fromSeq: number, limit: number) => Promise<readonly AuditRecord[]>;
