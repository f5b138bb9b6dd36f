import * as z from 'zod/mini';
import type { TokenRecord } from '../records.ts';
import type { Finding } from './finding.ts';
import { type Sighting, tokenIdsOf } from './sighting.ts';
import { afterCutover } from './signals/after-cutover.ts';
import { canaryUse } from './signals/canary.ts';
import { outsideNetwork } from './signals/network.ts';
import { unboundReader } from './signals/unbound-reader.ts';

/** One of our functions, as CloudTrail sees it: its role, and the session name that Lambda gives, the function's own. */
export interface OwnRole {
  readonly roleArn: string;
  readonly session: string;
}

const OWN_ROLES = z.array(z.object({ roleArn: z.string(), session: z.string() }));

/** Reads the list of our functions' roles from the function's environment. @throws TypeError when it is none. */
export function parseOwnRoles(value: unknown): readonly OwnRole[] {
  const read = OWN_ROLES.safeParse(value);
  if (!read.success) throw new TypeError('OWN_ROLES: a list of {roleArn, session} is needed');
  return read.data;
}

/** Every deterministic signal that a sighting fires against a token's binding; the gravest first. */
export function judge(sighting: Sighting, token: TokenRecord): readonly Finding[] {
  if (sighting.kind === 'rotation-failed') {
    return [
      { signal: 'rotation-failed', seen: `Secrets Manager reports ${sighting.name} for ${token.tokenId}` },
    ];
  }
  return [
    canaryUse(sighting, token),
    unboundReader(sighting, token),
    outsideNetwork(sighting, token),
    afterCutover(sighting, token),
  ].filter((finding) => finding !== undefined);
}

/**
 * Whether our own function made a call: by exact role and session name (S10). `misuse`: our role, but not our
 * function's session, which is somebody else in our clothes.
 */
export function ownCall(sighting: Sighting, own: readonly OwnRole[]): 'ours' | 'misuse' | undefined {
  if (sighting.kind !== 'secret-read') return undefined;
  const role = own.find(({ roleArn }) => roleArn === sighting.actant.arn);
  if (role === undefined) return undefined;
  return role.session === sighting.actant.session ? 'ours' : 'misuse';
}

/** The ids under which the token of a sighting may be registered. */
export function tokenIdsIn(sighting: Sighting): readonly string[] {
  return sighting.kind === 'use' ? [sighting.tokenId] : tokenIdsOf(sighting.secretId);
}
