import type { TokenRecord, VersionRef } from '../records.ts';
import {
  type Binding,
  type Contracts,
  type Exemption,
  indexContracts,
  type SecretVersion,
} from './contract.ts';

/** The name under which a token is a principal, and its versions are its credentials. */
export const tokenSubject = (tokenId: string): string => `token:${tokenId}`;

/** What the registry promises of some tokens and of the secrets that they are in; our functions are told apart (S10). */
export function contractsOf(tokens: readonly TokenRecord[], own: readonly Exemption[]): Contracts {
  const secrets = tokens.flatMap((token) => {
    const { secretArn, readers, canary, owner, versions } = token;
    if (secretArn === undefined) return [];
    const currentVersion = versions.find(({ state }) => state === 'current')?.versionId ?? null;
    const read = { ...bindingOf(token), credential: secretArn, canary: false };
    return [
      {
        secret: secretArn,
        readers: readers.length === 0 ? [NOBODY] : readers,
        canary,
        owner,
        currentVersion,
        versions: versions.map(secretVersion),
        readFrom: read,
      },
    ];
  });
  return indexContracts(
    tokens.map(bindingOf),
    secrets,
    own,
    own.map(({ role }) => role),
  );
}

/** An empty list of readers would let anybody read: of ours, it lets nobody. */
const NOBODY = 'nobody';

const bindingOf = ({ tokenId, owner, fields, regions, canary, criticality }: TokenRecord): Binding => ({
  credential: tokenSubject(tokenId),
  principal: tokenSubject(tokenId),
  owner,
  secrets: [],
  networks: fields.networks,
  regions,
  clientFamily: null,
  criticality: criticality === 'production' ? 'production' : 'standard',
  canary,
  peerGroup: '',
  breakGlass: false,
});

/** A version's end is the end of its overlap; of a revoked one only its birth is known, so its whole life is over. */
function secretVersion({ versionId, state, createdAt, expiresAt }: VersionRef): SecretVersion {
  const over =
    state === 'revoked' ? createdAt : state === 'pending' || state === 'current' ? null : expiresAt;
  return { versionId, currentFrom: createdAt, retiredAt: over, graceUntil: null };
}
