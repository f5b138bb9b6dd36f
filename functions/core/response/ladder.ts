import { isTierZero, SIGNAL_IDS, type SignalId } from '../detection/catalogue.ts';
import type { Caps } from '../detection/evidence.ts';
import type { CredentialKind } from '../detection/fact.ts';

/** How hard a signal is answered. `reissue`: every live version ends and a new one is made. */
export type Rung = 'alert' | 'suspend' | 'reissue' | 'revoke';

type Row = Readonly<Record<CredentialKind, Rung>>;

/** How many automatic actions are too many, and what counts as one cause. */
export interface BreakerPolicy {
  readonly windowMinutes: number;
  /** A window's budget: the larger of this many and a share of the active credentials; the same for each owner. */
  readonly least: number;
  readonly share: number;
  /** Common cause: this share of a day's candidates have one network or client in common. */
  readonly causeShare: number;
  /** Below this many candidates nothing is common. */
  readonly causeLeast: number;
}

/** What an override may change for one credential. */
export interface Override {
  readonly rungs?: Readonly<Partial<Record<SignalId, Rung>>>;
  readonly mode?: 'enforce' | 'observe';
}

/** Everything that decides how hard an answer is, as data. */
export interface LadderPolicy {
  /** `observe`: judged and told, nothing done. */
  readonly mode: 'enforce' | 'observe';
  /** On: no automatic action at all, whatever else is said. */
  readonly killSwitch: boolean;
  /** `alert`: habits alone never suspend. `act`: opted in, after a replay was seen. */
  readonly tierOne: 'alert' | 'act';
  /** Chance that a credential is in a thief's hands, before any evidence. */
  readonly prior: number;
  readonly caps: Caps;
  readonly alertAt: number;
  readonly suspendAt: number;
  /** How many families must speak before habits alone suspend. */
  readonly suspendFamilies: number;
  /** Weight of a broken contract, and of one that is worth an alert at most. */
  readonly contractWeight: number;
  readonly weakWeight: number;
  readonly rungs: Readonly<Record<SignalId, Row>>;
  /** By access key id, ARN or `token:<id>`. */
  readonly overrides: Readonly<Record<string, Override>>;
  /** ARNs, access key ids or `token:<id>` that are never acted upon automatically. */
  readonly protectedPrincipals: readonly string[];
  readonly breaker: BreakerPolicy;
}

const row = (token: Rung, key: Rung, session: Rung, reader: Rung, http: Rung): Row => ({
  'api-token': token,
  'iam-access-key': key,
  'role-session': session,
  'secret-reader': reader,
  http,
});

const everywhere = (rung: Rung): Row => row(rung, rung, rung, rung, rung);

const TIER_ZERO_ROWS: Readonly<Partial<Record<SignalId, Row>>> = {
  'T0-1': everywhere('revoke'),
  'T0-2': everywhere('suspend'),
  'T0-3': row('reissue', 'suspend', 'suspend', 'suspend', 'reissue'),
  'T0-4': row('reissue', 'suspend', 'suspend', 'suspend', 'suspend'),
  'T0-5': everywhere('suspend'),
  'T0-6': everywhere('suspend'),
  'T0-7': everywhere('revoke'),
  'T0-8': everywhere('suspend'),
};

/** What a deployment gets unless it says otherwise: signal → rung for each issuer. */
export const DEFAULT_LADDER: LadderPolicy = {
  mode: 'enforce',
  killSwitch: false,
  tierOne: 'alert',
  prior: 0.002,
  caps: { network: 7, client: 4, api: 5, volume: 6, contract: 12 },
  alertAt: 0.5,
  suspendAt: 0.95,
  suspendFamilies: 2,
  contractWeight: 12,
  weakWeight: 3,
  rungs: Object.fromEntries(
    SIGNAL_IDS.map((signal) => [signal, TIER_ZERO_ROWS[signal] ?? everywhere('suspend')]),
  ) as LadderPolicy['rungs'],
  overrides: {},
  protectedPrincipals: [],
  breaker: { windowMinutes: 15, least: 3, share: 0.05, causeShare: 0.6, causeLeast: 4 },
};

/** Judged as if tier 1 had been opted in to: what a replay shows. */
export const REPLAY_LADDER: LadderPolicy = { ...DEFAULT_LADDER, tierOne: 'act' };

/** From the mildest. */
export const RUNG_ORDER: readonly Rung[] = ['alert', 'suspend', 'reissue', 'revoke'];

export const higherRung = (one: Rung, other: Rung): Rung =>
  RUNG_ORDER.indexOf(one) >= RUNG_ORDER.indexOf(other) ? one : other;

/** Who is judged, as a policy speaks of them. */
export interface Subject {
  readonly credential: string;
  readonly principal: string;
}

/** Why nothing is done about somebody, whatever was found. */
export type Guard = 'kill-switch' | 'protected' | 'observe';

/** What keeps a policy from acting on somebody; `undefined`: nothing. */
export function guardOf(who: Subject, policy: LadderPolicy): Guard | undefined {
  if (policy.killSwitch) return 'kill-switch';
  const { protectedPrincipals } = policy;
  if (protectedPrincipals.includes(who.principal) || protectedPrincipals.includes(who.credential)) {
    return 'protected';
  }
  return (overrideOf(who, policy)?.mode ?? policy.mode) === 'observe' ? 'observe' : undefined;
}

/** What an override says of a credential, by its own name before its principal's. */
export const overrideOf = (who: Subject, policy: LadderPolicy): Override | undefined =>
  policy.overrides[who.credential] ?? policy.overrides[who.principal];

/** The rung of a signal for one credential: what is never acted upon, then the table with its override. */
export function rungOf(
  signal: SignalId,
  who: Subject & { readonly kind: CredentialKind },
  policy: LadderPolicy,
): Rung {
  return guardOf(who, policy) === undefined ? tableRung(signal, who, policy) : 'alert';
}

/** The rung of a signal by the table alone: what would be done if nothing kept the policy from it. */
export function tableRung(
  signal: SignalId,
  who: Subject & { readonly kind: CredentialKind },
  policy: LadderPolicy,
): Rung {
  if (!isTierZero(signal) && policy.tierOne === 'alert') return 'alert';
  return overrideOf(who, policy)?.rungs?.[signal] ?? policy.rungs[signal][who.kind];
}
