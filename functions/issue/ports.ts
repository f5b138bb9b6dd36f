import { printable } from '#core/audit/printable.ts';
import type { Directory, KeyModule, MacEngine, Pager, SecretVault } from '#core/ports.ts';
import type { Actor } from '#core/records.ts';
import type { Offer, Stage } from '#core/token/declaration.ts';
import type { DecidePorts } from '#functions/apply/decide.ts';
import type { Issuer } from '#issuers/issuer.ts';

export type IssuePorts = DecidePorts & {
  readonly vault: SecretVault;
  readonly keys: KeyModule;
  readonly mac: MacEngine;
  readonly issuer: Issuer;
  readonly directory: Directory;
  readonly pager: Pager;
  /** Makes the peppers that the deployment wants where there are none. */
  readonly ensurePepper: () => Promise<void>;
  /** Destroys those that it wants no longer. */
  readonly destroyPeppers: () => Promise<void>;
};

export interface IssueConfig {
  readonly environment: string;
  readonly stage: Stage;
  readonly offers: readonly Offer[];
  /** ARNs of who may deploy, and so issue what is declared: none of them approves it (AC-5). @default - none known */
  readonly deployers?: readonly string[];
}

/** Who acts when CloudFormation calls. */
export const REGISTRAR: Actor = { kind: 'system', id: 'issue' };

/** A refusal that its reader can act on; `code` is stable. */
export class IssueError extends Error {
  readonly code: string;
  readonly field: string;
  readonly fix: string;
  readonly status: 400 | 403 | 409;

  constructor(
    status: 400 | 403 | 409,
    refusal: { code: string; field: string; problem: string; fix: string },
  ) {
    // What is refused may be long, bent, or a token in the wrong field, and is said to callers and to CloudFormation.
    super(printable(`${refusal.field}: ${refusal.problem}; ${refusal.fix}`));
    this.name = 'IssueError';
    this.status = status;
    this.code = refusal.code;
    this.field = printable(refusal.field);
    this.fix = refusal.fix;
  }
}
