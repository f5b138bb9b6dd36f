import { hash } from 'node:crypto';
import type { EpochMs } from '../records.ts';
import type { Rung } from '../response/ladder.ts';
import { attribute } from './attribute.ts';
import { type Baseline, emptyBaseline } from './baseline.ts';
import { isTierZero } from './catalogue.ts';
import { remaining } from './decay.ts';
import type { Evidence } from './evidence.ts';
import type { Fact } from './fact.ts';
import {
  closeHours,
  emptyGroup,
  type GroupState,
  type Inheritance,
  judgeObservation,
  nameOf,
  scoreAt,
  type World,
  wantedRung,
} from './judge-group.ts';
import { asStored, packObservations } from './memory-text.ts';
import {
  compareObservations,
  foldObservations,
  type Observation,
  observationKey,
  observationOf,
} from './observation.ts';
import { serialise } from './serialise.ts';
import { HOUR_MS, newStanding, type Reached, type Standing } from './standing.ts';

/** What is kept of a credential whose evidence outlasts what was seen of it. */
export type Suspect = Pick<Standing, 'credential' | 'kind' | 'principal' | 'owner'> & {
  readonly evidence: readonly Evidence[];
};

/**
 * What is kept of a principal, or of a token, between two of its events. Events may come twice, late and in any
 * order: what was seen in the last hours stays as observations, folded by minimum and union, and each time is judged
 * anew, in the order of time, on top of what is settled. So within those hours arrival changes nothing.
 */
export interface Memory {
  /** The whole hours before this time are part of the habits. */
  readonly settledTo: EpochMs;
  /** By access key id; under `` the subject's own. */
  readonly habits: ReadonlyMap<string, Baseline>;
  readonly suspects: readonly Suspect[];
  readonly recent: readonly Observation[];
}

/** What one fact of an event came to. */
export interface Judgement {
  readonly fact: Fact;
  /** What this fact spoke of, the gravest signal first. */
  readonly told: readonly Evidence[];
  /** All evidence against its credential, the heaviest first. */
  readonly evidence: readonly Evidence[];
  readonly posterior: number;
  /** What the ladder wants of habits alone; contracts are for whoever knows the target. */
  readonly habitual: Rung | undefined;
  /** SHA-256 of the serialised habits that it was compared with. */
  readonly profileHash: string;
}

/** How late an event may come and still be judged as if it had come in time. */
export const LATE_MS: number = 2 * HOUR_MS;

/** A verifier's clock may be ahead of ours by this much; what is further ahead is judged and not remembered. */
const AHEAD_MS = 5 * 60_000;

/** Unsettled observations take no more than this, packed; what does not fit is settled earlier. */
const RECENT_MOST_BYTES = 4_096;

/** How many pieces of evidence, and access keys of one user, outlast an hour. */
const EVIDENCE_KEPT = 8;
const KEYS_KEPT = 2;

const TRACE = 0.02;

/** Nothing is known yet. */
export const emptyMemory = (): Memory => ({ settledTo: 0, habits: new Map(), suspects: [], recent: [] });

/** Judges facts on top of what is remembered, and remembers them. */
export function judgeFacts(
  memory: Memory,
  facts: readonly Fact[],
  world: World,
  now: EpochMs,
  inheritanceOf: (credential: string) => Inheritance | undefined = () => undefined,
): { readonly memory: Memory; readonly judgements: readonly Judgement[] } {
  const recent = new Map(memory.recent.map((each) => [observationKey(each), each]));
  const apart: Observation[] = [];
  for (const fact of facts) {
    const seen = observationOf(fact);
    const key = observationKey(fact);
    const before = recent.get(key);
    if (fact.at < memory.settledTo || fact.at > now + AHEAD_MS) apart.push(seen);
    else recent.set(key, before === undefined ? seen : foldObservations(before, seen));
  }
  const ordered = inOrder([...recent.values()], world);
  const settledTo = settlementOf(ordered, memory.settledTo);
  const asked = new Map(facts.map((fact) => [observationKey(fact), fact]));
  const judgements: Judgement[] = [];
  const judge = (state: GroupState, some: readonly Ordered[]): void => {
    for (const { key, seen } of some) {
      const told: Evidence[] = [];
      const standing = judgeObservation(state, seen, world, inheritanceOf(seen.credential), told);
      const fact = asked.get(key);
      if (fact !== undefined) judgements.push(judgementOf(fact, told, standing, seen, state, world));
    }
  };
  let settled: Settled = memory;
  // Hour by hour, each through its stored form: whether hours are settled together or apart changes nothing.
  for (const [hour, some] of byHour(ordered, settledTo)) {
    const state = restore(settled);
    judge(state, some);
    closeHours(state, hour + HOUR_MS, world.policy);
    settled = asStored(settle(state, hour + HOUR_MS));
  }
  const fresh = ordered.filter(({ seen }) => seen.at >= settledTo);
  judge(restore(copied(settled)), [...fresh, ...inOrder(apart, world)]);
  const held = fresh.map(({ key }) => recent.get(key) as Observation);
  while (packObservations(held).length > RECENT_MOST_BYTES) held.pop();
  return {
    memory: { settledTo, habits: settled.habits, suspects: settled.suspects, recent: held },
    judgements,
  };
}

/**
 * The rung that a credential stands on by what is remembered: how far it went lately, or where evidence that lasts
 * still holds it; `undefined`: it is no suspect.
 */
export function reachedBy(
  memory: Memory,
  who: Pick<Observation, 'credential' | 'principal'>,
  world: World,
): Reached | undefined {
  const state = restore(copied(memory));
  for (const { seen } of inOrder(memory.recent, world)) judgeObservation(state, seen, world);
  const standing = state.standings.get(`${who.credential} ${who.principal}`);
  if (standing === undefined || standing.reached !== undefined) return standing?.reached;
  const evidence = [...standing.evidence.values()].sort(byWeight);
  const at = Math.max(...evidence.map((each) => each.at));
  const score = scoreAt(standing, at, world.policy);
  const rung = wantedRung(standing, score, world.policy);
  return rung && { rung, at, posterior: score.posterior, evidence, network: '', client: '' };
}

/** The whole hours before a time in which something was seen. */
function byHour(ordered: readonly Ordered[], before: EpochMs): ReadonlyMap<EpochMs, readonly Ordered[]> {
  const hours = new Map<EpochMs, Ordered[]>();
  for (const each of ordered) {
    if (each.seen.at >= before) break;
    const hour = Math.floor(each.seen.at / HOUR_MS) * HOUR_MS;
    hours.set(hour, [...(hours.get(hour) ?? []), each]);
  }
  return hours;
}

type Settled = Pick<Memory, 'habits' | 'suspects'>;

interface Ordered {
  /** Under which it was folded: attribution may give it to another credential. */
  readonly key: string;
  readonly seen: Observation;
}

function inOrder(observations: readonly Observation[], { contracts }: World): readonly Ordered[] {
  const attributed = attribute(observations, contracts);
  return observations
    .map((each, index) => ({ key: observationKey(each), seen: attributed[index] as Observation }))
    .sort((a, b) => compareObservations(a.seen, b.seen));
}

/** Whole hours are settled: those past {@link LATE_MS}, and as many more as the rest needs to fit. */
function settlementOf(ordered: readonly Ordered[], before: EpochMs): EpochMs {
  const last = ordered.at(-1)?.seen.at ?? 0;
  const open = Math.floor(last / HOUR_MS) * HOUR_MS;
  let settledTo = Math.max(before, open - LATE_MS);
  const rest = (): readonly Observation[] =>
    ordered.filter(({ seen }) => seen.at >= settledTo).map(({ seen }) => seen);
  while (settledTo < open && packObservations(rest()).length > RECENT_MOST_BYTES) settledTo += HOUR_MS;
  return settledTo;
}

function judgementOf(
  fact: Fact,
  told: readonly Evidence[],
  standing: Standing,
  seen: Observation,
  state: GroupState,
  { policy }: World,
): Judgement {
  const score = scoreAt(standing, seen.at, policy);
  const own = state.subjects.get(standing.credential) ?? state.peers;
  const habits = [...standing.evidence].filter(([, { signal }]) => !isTierZero(signal));
  const habitual = told.some(({ signal }) => !isTierZero(signal))
    ? wantedRung({ ...standing, evidence: new Map(habits) }, score, policy)
    : undefined;
  return {
    fact,
    told,
    evidence: [...standing.evidence.values()].sort(byWeight),
    posterior: score.posterior,
    habitual,
    profileHash: hash('sha256', serialise(own)),
  };
}

const byWeight = (a: Evidence, b: Evidence): number =>
  b.weight - a.weight || (nameOf(a) < nameOf(b) ? -1 : 1);

function restore({ habits, suspects }: Settled): GroupState {
  const state = emptyGroup();
  const peers = habits.get('') ?? emptyBaseline();
  for (const [key, baseline] of habits) if (key !== '') state.subjects.set(key, baseline);
  for (const { evidence, ...who } of suspects) {
    const standing = newStanding(who, Math.min(...evidence.map(({ since }) => since)));
    for (const each of evidence) {
      standing.evidence.set(nameOf(each), each);
      if (each.signal === 'T0-7') state.exposed.set(who.principal, each);
    }
    state.standings.set(`${who.credential} ${who.principal}`, standing);
  }
  return { ...state, peers };
}

function settle(state: GroupState, at: EpochMs): Settled {
  const keys = [...state.subjects]
    .sort(([a, one], [b, other]) => other.activity.last - one.activity.last || (a < b ? -1 : 1))
    .slice(0, KEYS_KEPT);
  const pieces = [...state.standings.values()]
    .flatMap((standing) => [...standing.evidence.values()].map((each) => ({ standing, each })))
    .map((piece) => ({
      ...piece,
      left: piece.each.weight * remaining(piece.each.at, at, piece.each.halfLifeMs),
    }))
    .filter(({ left }) => left >= TRACE)
    .sort((a, b) => b.left - a.left || byWeight(a.each, b.each))
    .slice(0, EVIDENCE_KEPT);
  const suspects = new Map<Standing, Evidence[]>();
  for (const { standing, each } of pieces) suspects.set(standing, [...(suspects.get(standing) ?? []), each]);
  return {
    habits: new Map([['', state.peers], ...keys]),
    suspects: [...suspects].map(([{ credential, kind, principal, owner }, evidence]) => ({
      credential,
      kind,
      principal,
      owner,
      evidence,
    })),
  };
}

/** What is judged after the settlement learns on; what is kept must not. */
const copied = ({ habits, suspects }: Settled): Settled => ({ habits: structuredClone(habits), suspects });
