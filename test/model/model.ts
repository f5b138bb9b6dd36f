/**
 * What each token and version must be, from the words of the design: no import of our code. Times are epoch
 * milliseconds. Every transition gives the audit lines that it must leave, as `action keyId`.
 */
export type State = 'pending' | 'current' | 'retiring' | 'expired' | 'revoked';

export interface Version {
  readonly keyId: string;
  readonly versionId: string;
  readonly text: string;
  state: State;
  suspended: boolean;
  /** Refused from then on. */
  endsAt: number;
}

/** A rotation that was begun and neither finished nor given up. */
export interface Open {
  readonly versionId: string;
  readonly startedAt: number;
}

export interface Token {
  readonly id: string;
  readonly kind: 'managed' | 'once' | 'exchanged';
  standing: 'active' | 'suspended' | 'revoked';
  /** When the suspension ends by itself. */
  until: number | undefined;
  /** When its declaration was removed. */
  removedAt: number | undefined;
  /** That removal is what it is suspended for. */
  suspendedByRemoval: boolean;
  /** Since when a new version is owed. */
  reissuingSince: number | undefined;
  versions: Version[];
  open: readonly Open[];
  /** The version that AWSCURRENT is on. */
  label: string | undefined;
}

export interface Model {
  readonly tokens: Map<string, Token>;
  /** Idempotency-Key → token. */
  readonly requests: Map<string, string>;
  readonly events: Set<string>;
  readonly told: Set<string>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OPEN_PATIENCE = 15 * 60_000;

export const emptyModel = (): Model => ({
  tokens: new Map(),
  requests: new Map(),
  events: new Set(),
  told: new Set(),
});

export const newToken = (id: string, kind: Token['kind']): Token => ({
  id,
  kind,
  standing: 'active',
  until: undefined,
  removedAt: undefined,
  suspendedByRemoval: false,
  reissuingSince: undefined,
  versions: [],
  open: [],
  label: undefined,
});

export const isLive = ({ state }: Version): boolean =>
  state === 'pending' || state === 'current' || state === 'retiring';

export const isAccepted = (version: Version, now: number): boolean =>
  isLive(version) && !version.suspended && now < version.endsAt;

export const currentOf = (token: Token): Version | undefined =>
  token.versions.find(({ state }) => state === 'current');

export function suspend(token: Token, until: number | undefined, byRemoval = false): string[] {
  if (token.standing !== 'active') return [];
  token.standing = 'suspended';
  token.until = until;
  token.suspendedByRemoval = byRemoval;
  for (const version of token.versions.filter(isLive)) version.suspended = true;
  return ['token.suspended'];
}

function release(token: Token): string[] {
  if (token.standing !== 'suspended') return [];
  lift(token);
  return ['token.released'];
}

function lift(token: Token): void {
  token.standing = 'active';
  token.until = undefined;
  token.suspendedByRemoval = false;
  for (const version of token.versions.filter(isLive)) version.suspended = false;
}

export function revokeVersion(version: Version): string[] {
  if (!isLive(version)) return [];
  version.state = 'revoked';
  return [`version.revoked ${version.keyId}`];
}

const revokeAll = (token: Token): string[] => token.versions.flatMap(revokeVersion);

export function revoke(token: Token): string[] {
  if (token.standing === 'revoked') return [];
  const ended = revokeAll(token);
  token.standing = 'revoked';
  token.until = undefined;
  token.removedAt = undefined;
  token.reissuingSince = undefined;
  return ['token.revoked', ...ended];
}

/** Every version ends, the token lives and is owed a new one. */
export function reissue(token: Token, now: number): string[] {
  if (token.standing === 'revoked') return [];
  if (!token.versions.some(isLive) && token.reissuingSince !== undefined) return [];
  const ended = revokeAll(token);
  token.standing = 'active';
  token.until = undefined;
  token.suspendedByRemoval = false;
  token.reissuingSince = now;
  return ['token.reissue-requested', ...ended];
}

/** A version is acceptable before its label has moved. */
export function set(token: Token, version: Version): string[] {
  token.versions.push(version);
  return [`version.set ${version.keyId}`];
}

/** The label has moved and the registry knows: what was current before retires, within the overlap. */
export function promote(token: Token, version: Version, overlapEnd: number): string[] {
  const former = token.versions.filter(
    (other) =>
      other !== version &&
      (other.state === 'current' || (other.state === 'pending' && other.versionId === token.label)),
  );
  version.state = 'current';
  for (const other of former) {
    other.state = 'retiring';
    other.endsAt = Math.min(other.endsAt, overlapEnd);
  }
  token.label = version.versionId;
  const completed = token.reissuingSince === undefined ? [] : ['token.reissue-completed'];
  token.reissuingSince = undefined;
  return [
    `version.promoted ${version.keyId}`,
    ...former.map(({ keyId }) => `version.retiring ${keyId}`),
    ...completed,
  ];
}

/** A declaration that is gone, and one that comes back. */
export function remove(token: Token, now: number): string[] {
  if (token.standing === 'revoked' || token.removedAt !== undefined) return [];
  token.removedAt = now;
  return ['token.removal-requested'];
}

export function redeclare(token: Token): string[] {
  if (token.removedAt === undefined) return [];
  token.removedAt = undefined;
  if (token.standing === 'suspended' && token.suspendedByRemoval) lift(token);
  return ['token.rebound', 'token.removal-cancelled'];
}

/** What sweeps do until nothing is due; the rotations that they ask for come on their own. */
export function sweep(token: Token, now: number, overlapMs: number): string[] {
  const lines: string[] = [];
  for (const version of token.versions) {
    if (token.kind === 'exchanged' || !isLive(version) || now < version.endsAt) continue;
    version.state = 'expired';
    lines.push(`version.expired ${version.keyId}`);
  }
  const due = token.open.filter(({ startedAt }) => now >= startedAt + OPEN_PATIENCE);
  token.open = token.open.filter((open) => !due.includes(open));
  for (const open of due) {
    const version = token.versions.find(({ versionId }) => versionId === open.versionId);
    if (version?.state === 'pending' && token.label === open.versionId && token.standing !== 'revoked') {
      lines.push(...promote(token, version, now + overlapMs));
      continue;
    }
    lines.push('rotation.repaired', ...(version?.state === 'pending' ? revokeVersion(version) : []));
  }
  for (let more = true; more; ) {
    const step = standingDue(token, now);
    lines.push(...step);
    more = step.length > 0;
  }
  return lines;
}

function standingDue(token: Token, now: number): string[] {
  const { removedAt } = token;
  if (token.standing === 'revoked') return [];
  if (removedAt !== undefined && now >= removedAt + 30 * DAY) return revoke(token);
  if (removedAt !== undefined && now >= removedAt + DAY && token.standing === 'active')
    return suspend(token, undefined, true);
  if (token.until !== undefined && now >= token.until) return release(token);
  return [];
}

/** What an order does. */
export function ordered(action: 'release' | 'revoke' | 'reissue', token: Token, now: number): string[] {
  switch (action) {
    case 'release':
      return release(token);
    case 'revoke':
      return revoke(token);
    case 'reissue':
      return reissue(token, now);
  }
}
