import type { SecretVersion } from '../contract.ts';
import { CONTRACT_MS } from '../evidence.ts';
import { PREVIOUS_VERSION } from '../fact.ts';
import type { Fire, Seen } from './seen.ts';

/**
 * T0-2: a version read after it was retired and its grace was over. Secrets Manager's record names the version only
 * if the caller did; KMS's names the one really unwrapped.
 */
export const oldVersion: Fire = (seen) => {
  const { obs, secret, exempt } = seen;
  const { act } = obs;
  if (act.kind === 'presented') return presentedLate(seen, act.keyId, act.reason);
  if (exempt || secret === undefined || (act.kind !== 'read-secret' && act.kind !== 'decrypt'))
    return undefined;
  const version = versionOf(act.versionId, secret.versions, obs.last);
  if (version === undefined || version.retiredAt === null) return undefined;
  const end = Math.max(version.retiredAt, version.graceUntil ?? 0);
  if (obs.last <= end) return undefined;
  const days = Math.floor((obs.last - end) / 86_400_000);
  return {
    weight: Number.POSITIVE_INFINITY,
    says: `read version ${version.versionId} of ${secret.secret}, ${days} days after its grace was over`,
    about: `${secret.secret} ${version.versionId}`,
    halfLifeMs: CONTRACT_MS,
    weak: obs.refused,
  };
};

/** The version that a caller asked for; the previous one is the one retired last. */
function versionOf(asked: string, versions: readonly SecretVersion[], at: number): SecretVersion | undefined {
  if (asked !== PREVIOUS_VERSION) return versions.find(({ versionId }) => versionId === asked);
  const retired = versions.filter(({ retiredAt }) => (retiredAt ?? Number.POSITIVE_INFINITY) <= at);
  return retired.sort((a, b) => (b.retiredAt as number) - (a.retiredAt as number))[0];
}

/** What a verifier says of a version whose time is over. */
const OVER: readonly string[] = ['retired', 'revoked', 'expired'];

/** Refused already, and what a consumer that is slow to read anew does too: an alert. */
const presentedLate = ({ obs }: Seen, keyId: string, reason: string): ReturnType<Fire> =>
  OVER.includes(reason)
    ? {
        weight: Number.POSITIVE_INFINITY,
        says: `${obs.network} presented ${keyId}, which is ${reason}`,
        about: `${keyId} ${reason}`,
        halfLifeMs: CONTRACT_MS,
        weak: true,
      }
    : undefined;
