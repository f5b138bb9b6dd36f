const ARN = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):([^:]+):secret:(.+)$/;

/** What Secrets Manager puts after a name to make an ARN. */
const SUFFIX = /-[A-Za-z0-9]{6}$/;

/** A secret of ours, by its canonical name: `account/region/tokenward/<env>/<token>`. */
const OURS = /^[^/]*\/[^/]*\/tokenward\/[a-z0-9]{2,12}\/([A-Za-z0-9-]{3,60})$/;

/**
 * One name for a secret however the caller gave it, as name, full or partial ARN: `account/region/name`. The suffix
 * of a full ARN stays, since a name may end like one: {@link secretNames} says under which names a secret is known.
 */
export function canonicalSecret(secretId: string, account: string, region: string): string {
  const match = ARN.exec(secretId);
  return match === null ? `${account}/${region}/${secretId}` : `${match[2]}/${match[1]}/${match[3]}`;
}

/** The canonical names under which calls may speak of the secret with this full ARN. */
export function secretNames(arn: string): readonly string[] {
  const full = canonicalSecret(arn, '', '');
  const short = full.replace(SUFFIX, '');
  return short === full ? [full] : [full, short];
}

/** The ids of the tokens that a canonical name may stand for: whether its end is a suffix, the name cannot say. */
export function tokenIdsNamed(canonical: string): readonly string[] {
  const named = OURS.exec(canonical)?.[1];
  return named === undefined ? [] : [...new Set([named.replace(SUFFIX, ''), named])];
}
