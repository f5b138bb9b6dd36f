import { CATALOGUE, isTierZero, SIGNAL_IDS, type SignalId } from '../detection/catalogue.ts';
import type { Evidence } from '../detection/evidence.ts';
import type { Fact, Notice } from '../detection/fact.ts';
import type { Judgement } from '../detection/memory.ts';
import { addressOf } from '../detection/network.ts';
import type { EpochMs } from '../records.ts';

/** What a finding is of: a signal, or a rotation that Secrets Manager gave up. */
export type FindingSignal = SignalId | 'rotation-failed';

/** What is concluded from one event about one target, before anybody asks what may be done. */
export interface Finding {
  readonly eventId: string;
  readonly account: string;
  readonly at: EpochMs;
  readonly signal: FindingSignal;
  /** Worth an alert at most. */
  readonly weak: boolean;
  /** `use`: a token of ours was used. `secret`: its secret was touched. `credential`: it is about who acted. */
  readonly about: 'use' | 'secret' | 'credential';
  /** Who acted. */
  readonly who: Pick<Fact, 'credential' | 'principal' | 'kind'>;
  /** The version that was presented to a verifier of ours. */
  readonly keyId?: string;
  readonly seen: string;
  /** By which the breaker knows a common cause. */
  readonly network: string;
  readonly client: string;
  readonly posterior: number;
  readonly evidence: readonly Evidence[];
  readonly profileHash: string;
  readonly ruleSet: string;
}

/** What Secrets Manager says of a rotation that will not come. */
const TROUBLE: readonly string[] = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'];

/** Signals that speak of a secret that was touched, and so of the token in it. */
const OF_SECRETS: readonly SignalId[] = ['T0-1', 'T0-2', 'T0-3', 'T0-4', 'T0-6'];

/** Whom a judgement may be about, and by what. */
export interface Target {
  readonly about: Finding['about'];
  readonly told: readonly Evidence[];
}

/**
 * Whom one judgement is about. What a read of a secret breaks, its token answers for; the rest is about who acted. An
 * access key outlives the token and opens whatever else its user may: it answers for both, where the break is no mere
 * attempt. A contract broken twice is one finding, the gravest.
 */
export function targetsOf({ fact, told }: Judgement, secretIsOurs: boolean): readonly Target[] {
  if (fact.kind === 'api-token') return [{ about: 'use', told }];
  const lasting = fact.kind === 'iam-access-key';
  const ofSecret = ({ signal }: Evidence): boolean => secretIsOurs && OF_SECRETS.includes(signal);
  return [
    { about: 'secret', told: told.filter(ofSecret) },
    { about: 'credential', told: told.filter((each) => !ofSecret(each) || (lasting && !each.weak)) },
  ];
}

/** The gravest of what a judgement told about a target, as a finding; `undefined` where nothing is worth a word. */
export function findingOf(
  judgement: Judgement,
  { about, told }: Target,
  context: Pick<Finding, 'account' | 'ruleSet'>,
): Finding | undefined {
  const lead = leadOf(judgement, told);
  if (lead === undefined) return undefined;
  const { fact, evidence, posterior, profileHash } = judgement;
  const { credential, principal, kind, act, network, client, eventId, at } = fact;
  const { prefix, vpce } = addressOf(network, undefined);
  return {
    ...context,
    eventId,
    at,
    signal: lead.signal,
    weak: isTierZero(lead.signal) ? lead.weak : judgement.habitual === 'alert',
    about,
    who: { credential, principal, kind },
    ...(act.kind === 'presented' ? { keyId: act.keyId } : {}),
    seen: lead.says,
    network: prefix || vpce,
    client,
    posterior,
    evidence,
    profileHash,
  };
}

/** A contract broken goes before any habit, and what is worth more than an alert before what is not. */
function leadOf({ habitual }: Judgement, told: readonly Evidence[]): Evidence | undefined {
  const contracts = told
    .filter(({ signal }) => isTierZero(signal))
    .sort((a, b) => Number(a.weak) - Number(b.weak) || rank(a) - rank(b));
  if (contracts[0] !== undefined) return contracts[0];
  return habitual === undefined ? undefined : told.toSorted((a, b) => b.weight - a.weight)[0];
}

const rank = ({ signal }: Evidence): number => SIGNAL_IDS.indexOf(signal);

/** A rotation that Secrets Manager gave up is a finding about its token; any other notice is none. */
export function troubleOf(
  { kind, name, secret, at }: Notice,
  context: Pick<Finding, 'account' | 'ruleSet' | 'eventId'>,
): Finding | undefined {
  if (kind !== 'rotation' || !TROUBLE.includes(name)) return undefined;
  return {
    ...context,
    at,
    signal: 'rotation-failed',
    weak: true,
    about: 'secret',
    who: { credential: 'secretsmanager.amazonaws.com', principal: '', kind: 'secret-reader' },
    seen: `Secrets Manager reports ${name} for ${secret}`,
    network: '',
    client: '',
    posterior: 0,
    evidence: [],
    profileHash: '',
  };
}

/** A signal in words. */
export const titleOf = (signal: FindingSignal): string =>
  signal === 'rotation-failed' ? 'a rotation failed' : CATALOGUE[signal].title;
