import { createHash } from 'node:crypto';
import type { Ended } from './command.ts';

/** What a scanner reported by our rule. The text itself never leaves its adapter. */
export interface Finding {
  /** Within the folder that was scanned. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** {@link digestOf} of the text that it took for a token. */
  readonly digest: string;
}

/** One secret scanner with our rule. */
export interface Scanner {
  readonly name: string;
  /** Whether its rule is code and computes the checksum. */
  readonly checksum: boolean;
  /** Whether the line that it reports is always the line of the file. */
  readonly lines: boolean;
  /** Puts the rule into a project as scanners/README.md says, and gives the files added. */
  readonly adopt: (project: string) => Promise<readonly string[]>;
  /** Scans all files of a project that has adopted the rule. */
  readonly scan: (project: string) => Promise<Finding[]>;
  /** Runs as a pre-commit hook on the staged files of a project that has adopted the rule. */
  readonly gate: (project: string, staged: readonly string[]) => Promise<Ended>;
}

/** SHA-1, since that is all that detect-secrets tells of a text. */
export const digestOf = (text: string): string => createHash('sha1').update(text).digest('hex');
