import { attribute } from '#core/detection/attribute.ts';
import { emptyBaseline } from '#core/detection/baseline.ts';
import {
  emptyGroup,
  type GroupState,
  groupOf,
  type Inheritance,
  judgeObservation,
  type World,
} from '#core/detection/judge-group.ts';
import { compareObservations, type Observation } from '#core/detection/observation.ts';
import type { Place } from '#core/detection/place.ts';
import { inherited } from '#core/detection/signals/contract-lineage.ts';
import { type CredentialVerdict, ruleSetOf, verdictOf } from '#core/detection/verdict.ts';
import type { Fold } from './fold.ts';

/** What came of judging everything. */
export interface Judged {
  /** By time, then credential. */
  readonly verdicts: readonly CredentialVerdict[];
  /** Credentials seen, each session of a role for itself. */
  readonly credentials: number;
  /** Keys and principals that budgets are measured by, in all and by owner. */
  readonly active: number;
  readonly byOwner: ReadonlyMap<string, number>;
}

/** A chain of minted credentials longer than this is judged as far as this. */
const GENERATIONS_MOST = 8;

type Legacy = ReadonlyMap<string, Inheritance>;

/**
 * Judges all observations group by group, each in the order of time. What a suspect minted lives in other groups:
 * those are judged once more with what they inherit, until nothing new is inherited (T0-5, lineage closure).
 */
export function judgeAll(fold: Fold, world: World): Judged {
  const ruleSet = ruleSetOf(world.policy);
  const byGroup = new Map<string, readonly CredentialVerdict[]>();
  const owners = new Map<string, number>();
  const legacy = new Map<string, Inheritance>();
  const minted = new Map<string, Observation>();
  const homes = new Map<string, readonly number[]>();
  let credentials = 0;
  let active = 0;
  let news: Legacy = new Map();
  for (let generation = 0; generation < GENERATIONS_MOST; generation++) {
    const next = new Map<string, Inheritance>();
    for (let index = 0; index < fold.parts(); index++) {
      if (generation > 0 && ![...news.keys()].some((credential) => homes.get(credential)?.includes(index)))
        continue;
      for (const [group, observations] of groupsOf(fold.part(index), world)) {
        if (generation > 0 && !observations.some(({ credential }) => news.has(credential))) continue;
        const state = judgeGroup(observations, world, legacy);
        byGroup.set(group, verdictsOf(state, ruleSet));
        for (const [credential, from] of legaciesOf(state, observations, world)) {
          if (legacy.has(credential)) continue;
          next.set(credential, from.inheritance);
          minted.set(credential, from.mint);
        }
        if (generation > 0) continue;
        for (const { credential } of state.standings.values()) home(homes, credential, index);
        const counted = new Set<string>();
        for (const { owner, subject, marked } of census(state)) {
          if (!marked) credentials++;
          if (counted.has(subject)) continue;
          counted.add(subject);
          active++;
          owners.set(owner, (owners.get(owner) ?? 0) + 1);
        }
      }
    }
    if (next.size === 0) break;
    for (const [credential, inheritance] of next) legacy.set(credential, inheritance);
    news = next;
  }
  const verdicts = [...byGroup.values()].flat();
  const seen = new Set(verdicts.map(({ credential }) => credential));
  for (const [credential, inheritance] of legacy) {
    if (seen.has(credential)) continue;
    const unused = unusedOf(credential, minted.get(credential) as Observation, inheritance, world, ruleSet);
    if (unused !== undefined) verdicts.push(unused);
  }
  verdicts.sort((a, b) => a.at - b.at || (a.credential < b.credential ? -1 : 1));
  return { verdicts, credentials, active, byOwner: owners };
}

/** Remembers in which part a credential was seen, so that a second look at it reads that part alone. */
function home(homes: Map<string, readonly number[]>, credential: string, index: number): void {
  const known = homes.get(credential);
  if (known === undefined) homes.set(credential, HOMES[index] ?? [index]);
  else if (!known.includes(index)) homes.set(credential, [...known, index]);
}

const HOMES: readonly (readonly number[])[] = Array.from({ length: 64 }, (_, index) => [index]);

function groupsOf(part: readonly Observation[], world: World): Map<string, Observation[]> {
  const groups = new Map<string, Observation[]>();
  for (const observation of part) {
    const group = groupOf(observation, world.contracts);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [observation]);
    else known.push(observation);
  }
  return groups;
}

function judgeGroup(observations: readonly Observation[], world: World, legacy: Legacy): GroupState {
  const ordered = attribute(observations, world.contracts).sort(compareObservations);
  const state = emptyGroup();
  for (const observation of ordered) {
    judgeObservation(state, observation, world, legacy.get(observation.credential));
  }
  return state;
}

/** Who there is: every credential, and the subjects that budgets count, a role's many sessions being one. */
const census = (state: GroupState): readonly { owner: string; subject: string; marked: boolean }[] =>
  [...state.standings.values()].map(({ owner, credential, principal, kind, reached }) => ({
    owner,
    subject: kind === 'iam-access-key' ? credential : principal,
    marked: kind === 'iam-access-key' && credential === principal && reached === undefined,
  }));

/** A user that AWS marked stands for its keys, and for itself only where none of them was seen. */
function verdictsOf(state: GroupState, ruleSet: string): readonly CredentialVerdict[] {
  const keyed = new Set(
    [...state.standings.values()]
      .filter(({ kind, credential, principal }) => kind === 'iam-access-key' && credential !== principal)
      .map(({ principal }) => principal),
  );
  return [...state.standings.values()].flatMap((standing) => {
    const stands = standing.kind === 'iam-access-key' && standing.credential === standing.principal;
    if (stands && keyed.has(standing.principal)) return [];
    const own =
      state.subjects.get(standing.credential) ?? state.subjects.get(standing.principal) ?? state.peers;
    return verdictOf(standing, own, ruleSet) ?? [];
  });
}

/** A thief may mint before the evidence is complete. */
const BEFORE_MS = 2 * 3_600_000;

/** What suspects minted, from shortly before they became suspects. */
const placeOf = ({ network }: Observation, { atlas }: World): Place | undefined =>
  network === '' || network.startsWith('vpce-') ? undefined : atlas(network);

function* legaciesOf(
  state: GroupState,
  observations: readonly Observation[],
  world: World,
): Generator<readonly [string, { inheritance: Inheritance; mint: Observation }]> {
  for (const mint of observations) {
    if (mint.act.kind !== 'mint' || mint.act.minted === '' || mint.refused) continue;
    const parent = state.standings.get(`${mint.credential} ${mint.principal}`);
    const reached = parent?.reached;
    if (reached === undefined) continue;
    if (mint.last < reached.at - BEFORE_MS) continue;
    const inheritance = {
      at: Math.max(mint.at, reached.at),
      hit: inherited(mint.credential, reached, mint, placeOf(mint, world)),
      eventId: mint.eventId,
    };
    yield [mint.act.minted, { inheritance, mint }];
  }
}

/** A long-lived key that a suspect minted and nobody used yet is the thief's next one; sessions end by themselves. */
function unusedOf(
  credential: string,
  mint: Observation,
  inheritance: Inheritance,
  world: World,
  ruleSet: string,
): CredentialVerdict | undefined {
  if (mint.act.kind !== 'mint' || mint.act.how !== 'access-key') return undefined;
  const state = emptyGroup();
  const target = mint.act.target;
  const principal = target === '' ? mint.principal : `arn:aws:iam::${mint.account}:user/${target}`;
  const ghost: Observation = {
    ...mint,
    credential,
    kind: 'iam-access-key',
    principal,
    session: '',
    network: '',
    client: '',
    api: '',
    region: '',
    act: { kind: 'plain' },
  };
  const standing = judgeObservation(state, ghost, world, inheritance);
  return verdictOf(standing, emptyBaseline(), ruleSet);
}
