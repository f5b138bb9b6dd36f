import type { Random } from './random.ts';
import { DAY, HOUR, MINUTE } from './timeline.ts';

/** One version; the times are those of its AWSCURRENT label. All in epoch ms. */
export interface SecretVersion {
  readonly versionId: string;
  readonly currentFrom: number;
  readonly retiredAt: number | null;
  readonly graceUntil: number | null;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly owner: string;
  /** Whether the registry knows it: an unmanaged one is in no bindings file. */
  readonly managed: boolean;
  readonly canary: boolean;
  readonly kmsKey: string;
  readonly versions: readonly SecretVersion[];
  /** Who was promised it. The plan fills it while it casts its credentials. */
  readonly readers: Set<string>;
}

export interface SecretWish {
  readonly name: string;
  readonly region: string;
  readonly owner: string;
  readonly managed: boolean;
  readonly canary?: boolean;
  /** Unset: it never rotates. */
  readonly everyMs?: number;
}

/** A secret with all the versions that it will have had by `end`. */
export function createSecret(
  wish: SecretWish,
  account: string,
  start: number,
  end: number,
  random: Random,
): Secret {
  const versions: SecretVersion[] = [];
  const every = wish.everyMs;
  let from = start - random.between(0.01, 1) * (every ?? 90 * DAY);
  while (every !== undefined && from + every * 1.05 < end) {
    const graceMs = random.pick([15, 30, 60, 120]) * MINUTE;
    const next = from + every + random.between(0, Math.min(3 * HOUR, every * 0.05));
    const retiredAt = Math.round(next);
    versions.push({
      versionId: random.uuid(),
      currentFrom: Math.round(from),
      retiredAt,
      graceUntil: retiredAt + graceMs,
    });
    from = next;
  }
  versions.push({
    versionId: random.uuid(),
    currentFrom: Math.round(from),
    retiredAt: null,
    graceUntil: null,
  });
  const suffix = random.text(6, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
  return {
    arn: `arn:aws:secretsmanager:${wish.region}:${account}:secret:${wish.name}-${suffix}`,
    name: wish.name,
    region: wish.region,
    owner: wish.owner,
    managed: wish.managed,
    canary: wish.canary === true,
    kmsKey: `arn:aws:kms:${wish.region}:${account}:key/${random.uuid()}`,
    versions,
    readers: new Set(),
  };
}

export function versionAt(secret: Secret, at: number): SecretVersion {
  const found = secret.versions.findLast(({ currentFrom }) => currentFrom <= at) ?? secret.versions[0];
  if (found === undefined) throw new RangeError('a secret without a version');
  return found;
}

/** The version before the current one, while its grace lasts. */
export const inGrace = (secret: Secret, at: number): SecretVersion | undefined =>
  secret.versions.find(
    ({ retiredAt, graceUntil }) =>
      retiredAt !== null && retiredAt <= at && graceUntil !== null && at < graceUntil - 1000,
  );

/** The version before the current one, when its grace is over. */
export const stale = (secret: Secret, at: number): SecretVersion | undefined =>
  secret.versions.findLast(({ graceUntil }) => graceUntil !== null && graceUntil + MINUTE < at);
