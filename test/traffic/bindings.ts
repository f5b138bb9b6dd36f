import type { OwnFunction } from './benign/rotation.ts';
import type { Secret, SecretVersion } from './secret.ts';
import type { Holder } from './stage.ts';

/** What the registry promised of one credential. Empty `networks` or `regions`: any. */
export interface CredentialBinding {
  /** The access key id, or the ARN of the role. */
  readonly credential: string;
  readonly principal: string;
  readonly owner: string;
  /** Who may read the secret that the credential itself is kept in. */
  readonly readers: readonly string[];
  /** The secrets that it was promised, by ARN or, as people declare them, by name. */
  readonly secrets: readonly string[];
  readonly networks: readonly string[];
  readonly regions: readonly string[];
  readonly clientFamily: string | null;
  readonly criticality: 'production' | 'standard';
  readonly canary: boolean;
  readonly peerGroup: string;
  readonly breakGlass: boolean;
}

export interface SecretBinding {
  readonly secret: string;
  readonly readers: readonly string[];
  readonly canary: boolean;
  readonly owner: string;
  readonly currentVersion: string;
  readonly versions: readonly SecretVersion[];
}

/** The bindings file: what the registry knew. Unmanaged credentials and secrets are absent from it. */
export interface Bindings {
  readonly version: 1;
  readonly credentials: readonly CredentialBinding[];
  readonly secrets: readonly SecretBinding[];
  readonly exempt: readonly { readonly role: string; readonly sessionName: string }[];
}

export function bindingsOf(
  holders: readonly Holder[],
  secrets: readonly Secret[],
  exempt: readonly Pick<OwnFunction, 'role' | 'sessionName'>[],
): Bindings {
  return {
    version: 1,
    credentials: holders.filter(({ managed }) => managed).map(credentialOf),
    secrets: secrets.filter(({ managed }) => managed).map(secretOf),
    exempt: exempt.map(({ role, sessionName }) => ({ role: role.arn, sessionName })),
  };
}

function credentialOf(holder: Holder): CredentialBinding {
  const known = holder.secrets.filter(({ managed }) => managed);
  return {
    credential: holder.credential,
    principal: holder.principal.arn,
    owner: holder.team.name,
    readers: [holder.principal.arn],
    secrets: known.map(({ arn, name }, index) => (index % 5 === 4 ? name : arn)),
    networks: holder.networks,
    regions: holder.regions,
    clientFamily: holder.clientFamily,
    criticality: holder.critical ? 'production' : 'standard',
    canary: holder.role === 'canary',
    peerGroup: `${holder.team.name}/${holder.role}`,
    breakGlass: holder.role === 'break-glass',
  };
}

const secretOf = ({ arn, readers, canary, owner, versions }: Secret): SecretBinding => ({
  secret: arn,
  readers: [...readers],
  canary,
  owner,
  currentVersion: versions.at(-1)?.versionId ?? '',
  versions,
});
