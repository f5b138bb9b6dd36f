import type { EpochMs } from '../records.ts';
import { identityOf } from '../token/caller.ts';
import { withinNetworks } from '../token/verify.ts';
import { secretNames } from './secret-name.ts';

/** How many networks of one credential are remembered as inside or outside: a CIDR match costs far more. */
const NETWORKS_REMEMBERED = 1_024;

/** What was promised of one credential when it was issued. */
export interface Binding {
  /** An access key id, or the ARN of a role or user for all its sessions. */
  readonly credential: string;
  readonly principal: string;
  readonly owner: string;
  /** Secrets that it may read, by ARN. */
  readonly secrets: readonly string[];
  /** CIDR blocks or `vpce-…` ids; empty: any. */
  readonly networks: readonly string[];
  readonly regions: readonly string[];
  /** The tool, as `clientFamily` names it first: `boto3`, `aws-sdk-java`; `null`: any. */
  readonly clientFamily: string | null;
  readonly criticality: 'production' | 'standard';
  readonly canary: boolean;
  /** Credentials that do the same job learn from each other; empty: those of its principal. */
  readonly peerGroup: string;
  readonly breakGlass: boolean;
}

export interface SecretVersion {
  readonly versionId: string;
  readonly currentFrom: EpochMs;
  readonly retiredAt: EpochMs | null;
  readonly graceUntil: EpochMs | null;
}

/** What was promised of one secret. */
export interface SecretContract {
  readonly secret: string;
  /** ARNs of roles and users, or access key ids; empty: not declared. */
  readonly readers: readonly string[];
  readonly canary: boolean;
  readonly owner: string;
  readonly currentVersion: string | null;
  readonly versions: readonly SecretVersion[];
  /** From where its readers may read it; absent: wherever their own bindings let them. */
  readonly readFrom?: Binding;
}

/** A function of ours: exempt by exact role and session name, never by role alone (S10). */
export interface Exemption {
  readonly role: string;
  readonly sessionName: string;
}

/** Everything promised, as it is looked up. */
export interface Contracts {
  readonly bindingOf: (credential: string, principal: string) => Binding | undefined;
  readonly secretOf: (secret: string) => SecretContract | undefined;
  readonly reads: (contract: SecretContract, credential: string, principal: string) => boolean;
  readonly isExempt: (principal: string, session: string) => boolean;
  /** Whether a principal is a function's of ours: in another session, somebody wears our clothes. */
  readonly isOurs: (principal: string) => boolean;
  /** Whether a network is among a binding's; a binding without networks takes any. */
  readonly within: (binding: Binding, network: string) => boolean;
}

/** What identifies a principal, its path left out where an ARN may have lost it. */
function identityKey(arn: string): string {
  const identity = identityOf(arn);
  return identity === undefined ? arn : `${identity.account}/${identity.kind}/${identity.name}`;
}

/** Indexes bindings and secrets, each by every name under which an event may speak of it. */
export function indexContracts(
  bindings: readonly Binding[],
  secrets: readonly SecretContract[],
  exempt: readonly Exemption[],
  ours: readonly string[] = [],
): Contracts {
  const keys = new Map<string, string>();
  const key = (arn: string): string => {
    const known = keys.get(arn);
    if (known !== undefined) return known;
    const made = identityKey(arn);
    keys.set(arn, made);
    return made;
  };
  const bound = new Map(bindings.map((binding) => [key(binding.credential), binding]));
  const named = new Map(
    secrets.flatMap((contract) => secretNames(contract.secret).map((name) => [name, contract] as const)),
  );
  const readers = new Map(secrets.map((contract) => [contract, new Set(contract.readers.map(key))]));
  const verdicts = new Map<Binding, Map<string, boolean>>();
  const own = new Set(ours.map(key));
  const exemptions = new Set(exempt.map(({ role, sessionName }) => `${key(role)} ${sessionName}`));
  return {
    bindingOf: (credential, principal) => bound.get(credential) ?? bound.get(key(principal)),
    secretOf: (secret) => named.get(secret),
    reads: (contract, credential, principal) => {
      const declared = readers.get(contract);
      return (
        declared === undefined ||
        declared.size === 0 ||
        declared.has(credential) ||
        declared.has(key(principal))
      );
    },
    within: (binding, network) => {
      const known = verdicts.get(binding) ?? new Map<string, boolean>();
      verdicts.set(binding, known);
      const before = known.get(network);
      if (before !== undefined) return before;
      const source = network.startsWith('vpce-') ? { vpcEndpoint: network } : { ip: network };
      const inside = withinNetworks(binding.networks, source);
      if (known.size >= NETWORKS_REMEMBERED) known.clear();
      known.set(network, inside);
      return inside;
    },
    isOurs: (principal) => own.has(key(principal)),
    isExempt: (principal, session) => session !== '' && exemptions.has(`${key(principal)} ${session}`),
  };
}

/** Nothing was promised: only habits are judged. */
export const NO_CONTRACTS: Contracts = indexContracts([], [], []);
