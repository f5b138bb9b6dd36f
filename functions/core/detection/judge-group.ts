import type { LadderPolicy, Rung } from '../response/ladder.ts';
import { higherRung, rungOf } from '../response/ladder.ts';
import { type Baseline, emptyBaseline, knows } from './baseline.ts';
import { CATALOGUE, isTierZero, type SignalId } from './catalogue.ts';
import type { Contracts } from './contract.ts';
import { remaining } from './decay.ts';
import { type Evidence, type Hit, mergeEvidence, type Score, scoreOf } from './evidence.ts';
import { countIn, learn, sojournIn, turnHour } from './learn.ts';
import { addressOf } from './network.ts';
import type { Observation } from './observation.ts';
import type { Atlas } from './place.ts';
import { SIGNALS_IN_ORDER } from './signals/all.ts';
import { novelty, type Seen } from './signals/seen.ts';
import { hourOf, newStanding, type Reached, type Standing } from './standing.ts';

/** What a judgement needs besides observations; all of it read-only. */
export interface World {
  readonly policy: LadderPolicy;
  readonly contracts: Contracts;
  readonly atlas: Atlas;
}

/** What was inherited from the credential that minted another (T0-5). */
export interface Inheritance {
  readonly at: number;
  readonly hit: Hit;
  readonly eventId: string;
}

/** The state of one group: credentials that share a principal or a peer group, and what is usual for them. */
export interface GroupState {
  readonly peers: Baseline;
  readonly subjects: Map<string, Baseline>;
  readonly standings: Map<string, Standing>;
  /** Who was active in the present hour, by whose habits it will count. */
  readonly hours: Map<Baseline, { readonly hour: number; readonly active: Set<Standing> }>;
  /** T0-7 speaks of a user, and so of each of its keys, those seen later too. */
  readonly exposed: Map<string, Evidence>;
}

export const emptyGroup = (): GroupState => ({
  peers: emptyBaseline(),
  subjects: new Map(),
  standings: new Map(),
  hours: new Map(),
  exposed: new Map(),
});

/** Under which group an observation is judged: its peers', or its principal's. */
export function groupOf(obs: Pick<Observation, 'credential' | 'principal'>, contracts: Contracts): string {
  const group = contracts.bindingOf(obs.credential, obs.principal)?.peerGroup ?? '';
  return group === '' ? obs.principal || obs.credential : `peers ${group}`;
}

/**
 * Judges one observation and learns from it. Observations of a group come in the order of `compareObservations`;
 * then the same ones give the same verdicts however they were delivered. Nothing is learnt from an observation that
 * broke a contract, or while its credential stands above alert (no poisoning). `told` takes what this one
 * observation spoke of.
 */
export function judgeObservation(
  state: GroupState,
  obs: Observation,
  world: World,
  inheritance?: Inheritance,
  told: Evidence[] = [],
): Standing {
  const { policy, contracts, atlas } = world;
  const binding = contracts.bindingOf(obs.credential, obs.principal);
  const own = ownOf(state, obs, binding?.peerGroup ?? '');
  const standing = standingOf(state, obs, binding?.owner ?? '');
  if (inheritance !== undefined) {
    told.push(addEvidence(standing, 'T0-5', inheritance.hit, inheritance, policy));
  }
  const place = obs.network === '' || obs.network.startsWith('vpce-') ? undefined : atlas(obs.network);
  const address = addressOf(obs.network, place);
  const { act } = obs;
  const secret = 'secret' in act && act.secret !== undefined ? contracts.secretOf(act.secret) : undefined;
  openHour(state, own, standing, obs.at, policy);
  const owned =
    secret !== undefined &&
    secret.readers.length > 0 &&
    contracts.reads(secret, obs.credential, obs.principal);
  if (act.kind !== 'claimed')
    countIn(standing, obs, owned || (act.kind === 'read-secret' && knows(own, 'secret', act.secret)));
  const exempt = contracts.isExempt(obs.principal, obs.session);
  const seen: Seen = {
    obs,
    address,
    place,
    own,
    peers: state.peers,
    standing,
    binding,
    secret,
    contracts,
    exempt,
  };
  let broken = false;
  for (const [signal, fire] of act.kind === 'claimed' ? OF_A_CLAIM : SIGNALS_IN_ORDER) {
    const hit = fire(seen);
    if (hit === undefined) continue;
    broken ||= isTierZero(signal);
    const evidence = addEvidence(standing, signal, hit, obs, policy);
    told.push(evidence);
    if (signal === 'T0-7') expose(state, obs.principal, evidence, policy);
  }
  if (obs.api === 'secretsmanager:ListSecrets') {
    const weight = novelty(seen, 'api', obs.api, 0.6);
    if (weight > 0) standing.listed = { at: obs.at, weight };
  }
  const score = scoreAt(standing, obs.at, policy);
  const cause = { network: address.asn || address.prefix || address.vpce, client: obs.client };
  reach(standing, score, Math.max(obs.at, inheritance?.at ?? 0), cause, policy);
  sojournIn(standing, obs, place);
  if (act.kind !== 'claimed' && !broken && score.posterior < policy.alertAt) {
    learn(own, obs, address);
    if (own !== state.peers) learn(state.peers, obs, address);
  }
  return standing;
}

/** A canary's key id that somebody merely tries is a canary touched; of any other key it proves nothing. */
const OF_A_CLAIM = SIGNALS_IN_ORDER.filter(([signal]) => signal === 'T0-1');

/** A long-lived key has habits of its own; sessions have their role's. */
function ownOf(state: GroupState, obs: Observation, peerGroup: string): Baseline {
  if (obs.kind !== 'iam-access-key' && peerGroup === '') return state.peers;
  const subject = obs.kind === 'iam-access-key' ? obs.credential : obs.principal;
  const known = state.subjects.get(subject);
  if (known !== undefined) return known;
  const fresh = emptyBaseline();
  state.subjects.set(subject, fresh);
  return fresh;
}

function standingOf(state: GroupState, obs: Observation, owner: string): Standing {
  const key = `${obs.credential} ${obs.principal}`;
  const known = state.standings.get(key);
  if (known !== undefined) return known;
  const { credential, kind, principal } = obs;
  const fresh = newStanding({ credential, kind, principal, owner }, obs.at);
  const mark = state.exposed.get(principal);
  if (mark !== undefined && kind === 'iam-access-key') keep(fresh, mark);
  state.standings.set(key, fresh);
  return fresh;
}

const NO_CAUSE = { network: '', client: '' };

/** How suspect a credential is at a time. */
export const scoreAt = (standing: Standing, at: number, policy: LadderPolicy): Score =>
  scoreOf(standing.evidence.values(), at, policy.prior, policy.caps);

/** Less than this of a piece of evidence is none. */
const TRACE = 0.02;

function forget(standing: Standing, now: number): void {
  for (const [key, { weight, at, halfLifeMs }] of standing.evidence) {
    if (weight * remaining(at, now, halfLifeMs) < TRACE) standing.evidence.delete(key);
  }
}

/**
 * Begins an hour: what each credential counted in the one before becomes part of the rates, those of sessions that
 * are long over among them, unless it was suspect.
 */
function openHour(
  state: GroupState,
  own: Baseline,
  standing: Standing,
  at: number,
  policy: LadderPolicy,
): void {
  const hour = hourOf(at);
  const open = state.hours.get(own);
  if (open?.hour === hour) {
    open.active.add(standing);
    return;
  }
  closeHour(state, own, at, policy);
  state.hours.set(own, { hour, active: new Set([standing]) });
}

function closeHour(state: GroupState, own: Baseline, at: number, policy: LadderPolicy): void {
  const open = state.hours.get(own);
  if (open === undefined) return;
  for (const each of open.active) {
    forget(each, at);
    turnHour(each, own, open.hour, scoreAt(each, at, policy).posterior >= policy.alertAt);
  }
}

/** Ends every hour that is open, at a time that lies after all of it. */
export function closeHours(state: GroupState, at: number, policy: LadderPolicy): void {
  for (const own of state.hours.keys()) closeHour(state, own, at, policy);
  state.hours.clear();
}

function expose(state: GroupState, principal: string, mark: Evidence, policy: LadderPolicy): void {
  state.exposed.set(principal, mark);
  for (const standing of state.standings.values()) {
    if (standing.principal !== principal || standing.kind !== 'iam-access-key') continue;
    keep(standing, mark);
    reach(standing, scoreAt(standing, mark.at, policy), mark.at, NO_CAUSE, policy);
  }
}

function addEvidence(
  standing: Standing,
  signal: SignalId,
  hit: Hit,
  { at, eventId }: { readonly at: number; readonly eventId: string },
  policy: LadderPolicy,
): Evidence {
  const weak = hit.weak === true;
  const contract = weak ? policy.weakWeight : policy.contractWeight;
  const evidence: Evidence = {
    signal,
    family: CATALOGUE[signal].family,
    weight: Math.min(hit.weight, contract),
    since: at,
    at,
    halfLifeMs: hit.halfLifeMs,
    weak,
    says: hit.says,
    about: hit.about,
    eventIds: [eventId],
  };
  keep(standing, evidence);
  return evidence;
}

/** How many pieces of evidence a credential keeps; the lightest leaves. */
const EVIDENCE_MOST = 32;

function keep(standing: Standing, evidence: Evidence): void {
  const key = nameOf(evidence);
  const before = standing.evidence.get(key);
  standing.evidence.set(key, before === undefined ? evidence : mergeEvidence(before, evidence));
  if (standing.evidence.size <= EVIDENCE_MOST) return;
  const [lightest] = [...standing.evidence].sort(([, a], [, b]) => a.weight - b.weight || a.at - b.at) as [
    [string, Evidence],
  ];
  standing.evidence.delete(lightest[0]);
}

/** Takes a credential up the ladder as far as its evidence carries it at a time; never down. */
function reach(
  standing: Standing,
  score: Score,
  at: number,
  cause: Pick<Reached, 'network' | 'client'>,
  policy: LadderPolicy,
): void {
  const rung = wantedRung(standing, score, policy);
  if (rung === undefined) return;
  const before = standing.reached;
  if (before !== undefined && higherRung(before.rung, rung) === before.rung) {
    if (before.rung !== rung || before.posterior >= score.posterior) return;
  }
  const evidence = [...standing.evidence.values()]
    .filter((each) => each.weight >= 0.01)
    .sort((a, b) => b.weight - a.weight || nameOf(a).localeCompare(nameOf(b), 'en'));
  const same = before?.rung === rung;
  standing.reached = {
    ...(same ? { network: before.network, client: before.client } : cause),
    rung,
    at: same ? before.at : at,
    posterior: Math.max(before?.posterior ?? 0, score.posterior),
    evidence,
  };
}

/** What tells a credential's pieces of evidence apart. */
export const nameOf = ({ signal, about }: Pick<Evidence, 'signal' | 'about'>): string => `${signal} ${about}`;

/** The rung that a credential's evidence calls for; `undefined` where it calls for none. */
export function wantedRung(standing: Standing, score: Score, policy: LadderPolicy): Rung | undefined {
  let rung: Rung | undefined;
  let heaviest: Evidence | undefined;
  for (const evidence of standing.evidence.values()) {
    if (isTierZero(evidence.signal)) {
      const wanted = evidence.weak ? 'alert' : rungOf(evidence.signal, standing, policy);
      rung = rung === undefined ? wanted : higherRung(rung, wanted);
    } else if (heaviest === undefined || evidence.weight > heaviest.weight) {
      heaviest = evidence;
    }
  }
  if (score.posterior >= policy.alertAt) rung ??= 'alert';
  if (
    heaviest !== undefined &&
    score.posterior >= policy.suspendAt &&
    score.families >= policy.suspendFamilies
  ) {
    rung = higherRung(rung ?? 'alert', rungOf(heaviest.signal, standing, policy));
  }
  return rung;
}
