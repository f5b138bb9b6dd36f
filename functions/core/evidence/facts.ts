import type { EpochMs } from '../records.ts';
import type { Activity } from './activity.ts';
import type { Inventory } from './inventory.ts';
import type { Rules } from './rules.ts';
import type { Template } from './template.ts';

/** The settings of a deployment that controls state as parameters; `infra/` hands them to `report` as deployed. */
export interface DeployedSettings {
  readonly stage: 'sandbox' | 'production';
  readonly feedMaxAgeMs: number;
  readonly readTimeoutMs: number;
  readonly logRetentionDays: number;
  readonly sweepPeriodMinutes: number;
  readonly logLockDays: number;
  readonly heartbeatMinutes: number;
  readonly strictFips: boolean;
  readonly useFipsEndpoint: boolean;
  /** The sealed log lies in another account (AU-9(2), AU-9(4)). */
  readonly logElsewhere: boolean;
  /** A bucket of yet another account keeps each checkpoint's hash (AU-9(2)). */
  readonly witness: boolean;
}

/** Where evidence was made. What an emulator answers proves nothing about AWS's own part. */
export interface Environment {
  readonly account: string;
  readonly region: string;
  /** As in `tokenward-<env>`. */
  readonly env: string;
  readonly emulated: boolean;
}

/** A fact with where it came from, or why it could not be seen; absence is never taken for a fact. */
export type Seen<T> =
  | { readonly seen: true; readonly value: T; readonly source: string; readonly at: EpochMs }
  | { readonly seen: false; readonly source: string; readonly reason: string };

/** One KMS key, as KMS describes it. */
export interface KeyFacts {
  /** What it is for: the last part of its alias. */
  readonly purpose: string;
  readonly arn: string;
  readonly spec: string;
  /** `AWS_KMS` where the key was made in KMS and never outside it. */
  readonly origin: string;
  readonly state: string;
  /** Absent for keys that KMS does not rotate. */
  readonly rotation?: boolean;
}

/** The registry's table, as DynamoDB describes it. */
export interface TableFacts {
  readonly name: string;
  readonly keyArn?: string;
  readonly pointInTimeRecovery: boolean;
  readonly deletionProtection: boolean;
}

/** One queue, as SQS describes it. */
export interface QueueFacts {
  readonly name: string;
  readonly messages: number;
  readonly encrypted: boolean;
  /** It keeps what could not be handled. */
  readonly deadLetters: boolean;
}

/** How far the audit log is sealed, and what the chains hold beyond it. */
export interface SealFacts {
  /** 0: never. */
  readonly sealedAt: EpochMs;
  readonly segments: number;
  readonly leaves: number;
  readonly root: string;
  /** Records in the chains that are not sealed yet. */
  readonly unsealed: number;
  /** Chains that no longer hold what was sealed of them. */
  readonly lost: readonly { readonly shard: number; readonly seq: number; readonly reason: string }[];
}

/** What S3 says of the log's bucket. */
export interface LockFacts {
  readonly bucket: string;
  readonly mode: string;
  readonly days: number;
  readonly versioned: boolean;
}

/** The last restore drill: the registry rebuilt from the log and held against what is stored (CP-10). */
export interface DrillFacts {
  readonly at: EpochMs;
  readonly items: number;
  readonly differences: number;
}

/** All that collectors judge. */
export interface Facts {
  readonly now: EpochMs;
  readonly environment: Environment;
  readonly settings: DeployedSettings;
  readonly inventory: Seen<Inventory>;
  readonly activity: Seen<Activity>;
  readonly seal: Seen<SealFacts>;
  readonly lock: Seen<LockFacts>;
  readonly keys: Seen<readonly KeyFacts[]>;
  readonly table: Seen<TableFacts>;
  readonly queues: Seen<readonly QueueFacts[]>;
  readonly template: Seen<Template>;
  readonly drill: Seen<DrillFacts>;
  readonly rules: Seen<Rules>;
}

/** The facts that are read from the world, each a file of its own in a bundle. */
export const FACTS = [
  'inventory',
  'activity',
  'seal',
  'lock',
  'keys',
  'table',
  'queues',
  'template',
  'drill',
  'rules',
] as const;

export type FactName = (typeof FACTS)[number];
