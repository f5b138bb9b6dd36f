import { type TokenRecord, VERSIONS_KEPT, type VersionRecord, type VersionRef } from '../records.ts';
import { isLive } from './due.ts';

/** A version as its token lists it. */
export function refOf(version: VersionRecord): VersionRef {
  const { keyId, versionId, state, createdAt, expiresAt } = version;
  return { keyId, versionId, state, createdAt, expiresAt };
}

/**
 * The token's list with these versions put in or replaced, newest first; dead ones beyond
 * {@link VERSIONS_KEPT} leave, live ones never do (L2: nothing live may be lost from sight).
 */
export function withVersions(token: TokenRecord, changed: readonly VersionRecord[]): TokenRecord {
  const refs = new Map(token.versions.map((ref) => [ref.keyId, ref]));
  for (const version of changed) refs.set(version.keyId, refOf(version));
  const sorted = [...refs.values()].sort((a, b) => b.createdAt - a.createdAt || (a.keyId < b.keyId ? -1 : 1));
  let room = VERSIONS_KEPT - sorted.filter((ref) => isLive(ref.state)).length;
  return { ...token, versions: sorted.filter((ref) => isLive(ref.state) || room-- > 0) };
}

/** The keyIds of a token's live versions. */
export function liveKeyIds(token: TokenRecord): readonly string[] {
  return token.versions.filter((ref) => isLive(ref.state)).map((ref) => ref.keyId);
}
