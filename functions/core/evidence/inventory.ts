import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { EpochMs, TokenRecord } from '../records.ts';
import { EXCHANGE_TTL_LIMIT_SECONDS, RETURN_ONCE_TTL_LIMIT_SECONDS } from '../token/declaration.ts';
import { isLive } from '../token/due.ts';
import { isSamePerson } from '../token/people.ts';

/** Tokens of which something is wrong: all counted, the first few named. */
export interface Offenders {
  readonly count: number;
  readonly first: readonly string[];
}

/** The registry's tokens in figures (AC-2, IA-4, IA-5). `digest` covers every token read, in its order. */
export interface Inventory {
  readonly tokens: number;
  readonly digest: string;
  readonly byStanding: Readonly<Record<string, number>>;
  readonly byClass: Readonly<Record<string, number>>;
  readonly liveVersions: number;
  readonly owners: number;
  /** Without owner, approver, purpose or change reference, or approved by its owner. */
  readonly unaccounted: Offenders;
  /** A live version that ends never, or later than its token's hard maximum or its class's limit allows. */
  readonly unbounded: Offenders;
  /** Not suspended or revoked, and its current version has outlived the token's hard maximum. */
  readonly overdue: Offenders;
  /** Revoked, and still with a live version, or a rotation not cancelled within {@link REVIEW_SLACK_MS}. */
  readonly undead: Offenders;
  /** Of an IAM principal whose unique id was not resolved: one made again under the same name would inherit it. */
  readonly unresolved: Offenders;
  /** A scope that names more than one thing. */
  readonly wildcards: Offenders;
  /** Should have been looked at for disuse longer ago than {@link REVIEW_SLACK_MS}. */
  readonly unreviewed: Offenders;
  readonly scopesMost: number;
  readonly scopesMean: number;
  /** Age of current versions in tenths of their token's hard maximum; the last counts what is older. */
  readonly ages: readonly number[];
  /** Rotations by how much later than their interval they came; see {@link LAG_STEPS_MS}. */
  readonly lags: readonly number[];
  readonly suspended: number;
}

/** Upper bounds of the lag histogram, in milliseconds; beyond the last there is one more. */
export const LAG_STEPS_MS: readonly number[] = [
  15 * 60_000,
  3_600_000,
  3 * 3_600_000,
  6 * 3_600_000,
  24 * 3_600_000,
];

/** The sweep looks every few minutes; an hour late, it does not look, or does not come through. */
const REVIEW_SLACK_MS = 3_600_000;
const NAMED_MOST = 20;
/** More owners than this are not told apart: memory stays flat whatever the registry holds. */
const OWNERS_MOST = 10_000;

/** A count in the making: constant memory, whatever the registry's size. */
export interface Tally {
  add(token: TokenRecord): void;
  result(): Inventory;
}

/** Reads tokens one by one, in any number. `now`: ages count up to it. */
export function tallyTokens(now: EpochMs): Tally {
  const digest = createHash('sha256');
  const groups = Object.fromEntries(OFFENCES.map((name) => [name, { count: 0, first: [] as string[] }]));
  const byStanding: Record<string, number> = {};
  const byClass: Record<string, number> = {};
  const owners = new Set<string>();
  const ages = new Array<number>(11).fill(0);
  const lags = new Array<number>(LAG_STEPS_MS.length + 1).fill(0);
  let [tokens, liveVersions, scopes, scopesMost, suspended] = [0, 0, 0, 0, 0];

  return {
    add(token) {
      tokens++;
      digest.update(`${canonicalize(factsOf(token))}\n`);
      byStanding[token.standing] = (byStanding[token.standing] ?? 0) + 1;
      byClass[token.class] = (byClass[token.class] ?? 0) + 1;
      if (owners.size < OWNERS_MOST) owners.add(token.owner);
      const live = liveOf(token);
      liveVersions += live.length;
      scopes += token.fields.scopes.length;
      scopesMost = Math.max(scopesMost, token.fields.scopes.length);
      if (token.standing === 'suspended') suspended++;
      for (const name of OFFENCES) {
        const group = groups[name] as { count: number; first: string[] };
        if (!OFFENCE[name](token, now)) continue;
        group.count++;
        if (group.first.length < NAMED_MOST) group.first.push(token.tokenId);
      }
      for (const { createdAt } of live.filter(({ state }) => state === 'current')) {
        const tenth = Math.floor(((now - createdAt) / token.policy.hardMaxMs) * 10);
        const at = Math.min(10, Math.max(0, tenth));
        ages[at] = (ages[at] as number) + 1;
      }
      for (const lag of lagsOf(token)) {
        const step = LAG_STEPS_MS.findIndex((most) => lag <= most);
        const at = step < 0 ? LAG_STEPS_MS.length : step;
        lags[at] = (lags[at] as number) + 1;
      }
    },
    result: () => ({
      tokens,
      digest: digest.copy().digest('hex'),
      byStanding,
      byClass,
      liveVersions,
      owners: owners.size,
      ...(groups as unknown as Record<Offence, Offenders>),
      scopesMost,
      scopesMean: tokens === 0 ? 0 : Math.round((scopes / tokens) * 100) / 100,
      ages,
      lags,
      suspended,
    }),
  };
}

const OFFENCES = [
  'unaccounted',
  'unbounded',
  'overdue',
  'undead',
  'unresolved',
  'wildcards',
  'unreviewed',
] as const;
type Offence = (typeof OFFENCES)[number];

const OFFENCE: Readonly<Record<Offence, (token: TokenRecord, now: EpochMs) => boolean>> = {
  unaccounted: ({ owner, approver, purpose, changeReference }) =>
    [owner, approver, purpose, changeReference].some((text) => text.trim() === '') ||
    isSamePerson(owner, approver),
  unbounded: (token) => {
    const most = Math.min(token.policy.hardMaxMs, LIFE_LIMIT_MS[token.class]);
    return liveOf(token).some(({ createdAt, expiresAt }) => expiresAt - createdAt > most);
  },
  overdue: (token, now) =>
    token.standing === 'active' &&
    token.class === 'managed' &&
    liveOf(token).some(
      ({ state, createdAt }) => state === 'current' && now - createdAt > token.policy.hardMaxMs,
    ),
  undead: (token, now) =>
    token.standing === 'revoked' &&
    (liveOf(token).length > 0 || (token.cancelling?.at ?? now) < now - REVIEW_SLACK_MS),
  unresolved: ({ fields: { principal }, standing }) =>
    standing !== 'revoked' && principal.arn.startsWith('arn:') && principal.uniqueId === undefined,
  wildcards: ({ fields }) => fields.scopes.some((scope) => scope.includes('*')),
  unreviewed: ({ standing, reviewAt }, now) =>
    standing === 'active' && reviewAt !== undefined && reviewAt < now - REVIEW_SLACK_MS,
};

const LIFE_LIMIT_MS = {
  managed: Number.MAX_SAFE_INTEGER,
  'return-once': RETURN_ONCE_TTL_LIMIT_SECONDS * 1_000,
  ephemeral: EXCHANGE_TTL_LIMIT_SECONDS * 1_000,
} as const;

const liveOf = ({ versions }: TokenRecord): TokenRecord['versions'] =>
  versions.filter(({ state }) => isLive(state));

/** How much later than its interval each version followed the one before. */
function lagsOf({ versions, policy }: TokenRecord): readonly number[] {
  if (policy.rotationIntervalMs === 0) return [];
  const made = versions.map(({ createdAt }) => createdAt).sort((a, b) => a - b);
  return made.slice(1).map((at, nth) => Math.max(0, at - (made[nth] as number) - policy.rotationIntervalMs));
}

/** What of a token is evidence: public facts, no MAC. */
const factsOf = (token: TokenRecord): unknown => ({
  tokenId: token.tokenId,
  rev: token.rev,
  class: token.class,
  owner: token.owner,
  approver: token.approver,
  purpose: token.purpose,
  changeReference: token.changeReference,
  principal: token.fields.principal,
  scopes: token.fields.scopes,
  audience: token.fields.audience,
  networks: token.fields.networks,
  standing: token.standing,
  policy: token.policy,
  versions: token.versions,
});
