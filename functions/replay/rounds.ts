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
import { isMint, legacyOf } from '#core/detection/lineage.ts';
import { compareObservations, type Observation } from '#core/detection/observation.ts';
import { type CredentialVerdict, ruleSetOf, verdictOf } from '#core/detection/verdict.ts';

/** What a credential inherits from the suspect that minted it, and where it was minted. */
export interface Legacy {
  readonly inheritance: Inheritance;
  readonly mint: Observation;
}

export type Legacies = ReadonlyMap<string, Legacy>;

/** What judging one part of all groups came to, as plain data: a part may be judged elsewhere. */
export interface PartJudged {
  /** Each group that was judged, with its verdicts. */
  readonly groups: readonly (readonly [group: string, verdicts: readonly CredentialVerdict[]])[];
  readonly legacies: readonly (readonly [credential: string, legacy: Legacy])[];
  /** Credentials seen, each session of a role for itself; counted in the first round. */
  readonly credentials: number;
  /** How many subjects of budgets each owner has; counted in the first round. */
  readonly owners: readonly (readonly [owner: string, subjects: number])[];
}

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

/**
 * Judges the groups of one part, each in the order of time. After the first round only those are judged, once more,
 * that hold a credential of `news`: one of which it is new that it inherits.
 *
 * @param onSeen hears each credential, in the first round
 */
export function judgePart(
  part: readonly Observation[],
  world: World,
  { legacies, news }: { readonly legacies: Legacies; readonly news?: ReadonlySet<string> },
  onSeen: (credential: string) => void = () => {},
): PartJudged {
  const ruleSet = ruleSetOf(world.policy);
  const groups: [string, readonly CredentialVerdict[]][] = [];
  const left: (readonly [string, Legacy])[] = [];
  const owners = new Map<string, number>();
  let credentials = 0;
  for (const [group, observations] of groupsOf(part, world)) {
    if (news !== undefined && !observations.some(({ credential }) => news.has(credential))) continue;
    const state = judgeGroup(observations, world, legacies);
    const verdicts = verdictsOf(state, ruleSet);
    if (news !== undefined || verdicts.length > 0) groups.push([group, verdicts]);
    left.push(...legaciesOf(state, observations, world));
    if (news !== undefined) continue;
    for (const { credential } of state.standings.values()) onSeen(credential);
    const counted = new Set<string>();
    for (const { owner, subject, marked } of census(state)) {
      if (!marked) credentials++;
      if (counted.has(subject)) continue;
      counted.add(subject);
      owners.set(owner, (owners.get(owner) ?? 0) + 1);
    }
  }
  return { groups, legacies: left, credentials, owners: [...owners] };
}

/** The rounds of a judgement: parts go in, and each round says whether another is needed (T0-5, lineage closure). */
export interface Rounds {
  readonly legacies: () => Legacies;
  /** Whom the next round is about; `undefined` before the first, which is about all. */
  readonly news: () => ReadonlySet<string> | undefined;
  readonly add: (part: PartJudged) => void;
  /** Ends a round. True: what was inherited in it is to be judged in another. */
  readonly close: () => boolean;
  readonly judged: () => Judged;
}

/**
 * What a suspect minted lives in other groups: those are judged once more with what they inherit, until nothing new
 * is inherited.
 */
export function createRounds(world: World): Rounds {
  const byGroup = new Map<string, readonly CredentialVerdict[]>();
  const owners = new Map<string, number>();
  const legacies = new Map<string, Legacy>();
  let next = new Map<string, Legacy>();
  let news: ReadonlySet<string> | undefined;
  let credentials = 0;
  let active = 0;
  let generation = 0;
  return {
    legacies: () => legacies,
    news: () => news,
    add(part) {
      for (const [group, verdicts] of part.groups) byGroup.set(group, verdicts);
      for (const [credential, legacy] of part.legacies) {
        if (!legacies.has(credential)) next.set(credential, legacy);
      }
      credentials += part.credentials;
      for (const [owner, subjects] of part.owners) {
        active += subjects;
        owners.set(owner, (owners.get(owner) ?? 0) + subjects);
      }
    },
    close() {
      for (const [credential, legacy] of next) legacies.set(credential, legacy);
      news = new Set(next.keys());
      next = new Map();
      generation++;
      return news.size > 0 && generation < GENERATIONS_MOST;
    },
    judged() {
      const verdicts = [...byGroup.values()].flat();
      const seen = new Set(verdicts.map(({ credential }) => credential));
      for (const [credential, legacy] of legacies) {
        if (seen.has(credential)) continue;
        const unused = unusedOf(credential, legacy, world);
        if (unused !== undefined) verdicts.push(unused);
      }
      verdicts.sort((a, b) => a.at - b.at || (a.credential < b.credential ? -1 : 1));
      return { verdicts, credentials, active, byOwner: owners };
    },
  };
}

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

function judgeGroup(observations: readonly Observation[], world: World, legacies: Legacies): GroupState {
  const ordered = attribute(observations, world.contracts).sort(compareObservations);
  const state = emptyGroup();
  for (const observation of ordered) {
    judgeObservation(state, observation, world, legacies.get(observation.credential)?.inheritance);
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

/** What suspects minted, from shortly before they became suspects. */
function* legaciesOf(
  state: GroupState,
  observations: readonly Observation[],
  world: World,
): Generator<readonly [string, Legacy]> {
  for (const mint of observations) {
    if (mint.act.kind !== 'mint' || !isMint(mint)) continue;
    const parent = state.standings.get(`${mint.credential} ${mint.principal}`);
    const inheritance = legacyOf(mint, parent?.reached, world);
    if (inheritance !== undefined) yield [mint.act.minted, { inheritance, mint }];
  }
}

/** A long-lived key that a suspect minted and nobody used yet is the thief's next one; sessions end by themselves. */
function unusedOf(
  credential: string,
  { mint, inheritance }: Legacy,
  world: World,
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
  return verdictOf(standing, emptyBaseline(), ruleSetOf(world.policy));
}
