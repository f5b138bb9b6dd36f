import { SIGNAL_IDS, type SignalId } from '../detection/catalogue.ts';
import type { Caps } from '../detection/evidence.ts';
import type { CredentialKind } from '../detection/fact.ts';
import type { Rung } from './policy.ts';

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
  /** By access key id or ARN. */
  readonly overrides: Readonly<Record<string, Override>>;
  /** ARNs that are never acted upon automatically. */
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

/** The rung of a signal for one credential: the table, then its override, then what is never acted upon. */
export function rungOf(
  signal: SignalId,
  who: { readonly credential: string; readonly kind: CredentialKind; readonly principal: string },
  policy: LadderPolicy,
): Rung {
  const override = policy.overrides[who.credential];
  const observed = (override?.mode ?? policy.mode) === 'observe';
  if (policy.killSwitch || observed || policy.protectedPrincipals.includes(who.principal)) return 'alert';
  if (!signal.startsWith('T0-') && policy.tierOne === 'alert') return 'alert';
  return override?.rungs?.[signal] ?? policy.rungs[signal][who.kind];
}
