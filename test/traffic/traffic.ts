import { type Flood, noiseFlood } from './attacks/crowd.ts';
import { ATTACK_KINDS, type AttackKind } from './attacks/kinds.ts';
import { CROWDED, SCHEMES } from './attacks/schemes.ts';
import type { Attack, Plot } from './attacks/thief.ts';
import { actsOf } from './benign/acts.ts';
import { PLATFORM_SESSION, platformDeploy, platformRole } from './benign/platform-deploy.ts';
import { type OwnFunction, ownFunction, rotation, sweep } from './benign/rotation.ts';
import { type Bindings, bindingsOf } from './bindings.ts';
import { createInstall } from './clients.ts';
import { createGeo, type GeoLine, geoLine } from './geo/blocks.ts';
import { createPrincipal, type Principal } from './identity.ts';
import { type Label, LabelBook, type Labels } from './labels.ts';
import { merge } from './merge.ts';
import { populate } from './population.ts';
import { createRandom, type Random } from './random.ts';
import type { CloudTrailRecord } from './record.ts';
import type { Secret } from './secret.ts';
import type { Act, Holder, Stage } from './stage.ts';
import { createTeam, type EgressChange, type Team } from './team.ts';
import { DAY, isoSeconds } from './timeline.ts';

export interface TrafficWish {
  readonly seed: number;
  readonly credentials: number;
  readonly days: number;
  /** @default all of them */
  readonly kinds?: readonly AttackKind[];
  /** How often each kind happens. @default one for each 200 credentials, at least one */
  readonly attacksPerKind?: number;
  /** A change of every team's way out, which nobody declared. */
  readonly egressChange?: Omit<EgressChange, 'declared'>;
  readonly flood?: Flood;
  /** Epoch ms. @default a day in September 2026 that the seed decides */
  readonly start?: number;
}

/** One world's traffic. `records` can be drawn once; `labels` is whole when it has been drawn to its end. */
export interface Traffic {
  readonly start: number;
  readonly end: number;
  readonly account: string;
  readonly bindings: Bindings;
  readonly geo: readonly GeoLine[];
  /** In the order of event time, each record once. */
  records(): Generator<CloudTrailRecord, void>;
  labels(): Labels;
}

/** The same wish gives the same traffic, byte for byte. Memory grows with the credentials, not with the days. */
export function createTraffic(wish: TrafficWish): Traffic {
  const random = createRandom(`traffic/${wish.seed}`);
  const start = wish.start ?? Date.UTC(2026, 8, 1 + random.int(0, 20));
  const end = start + wish.days * DAY;
  const account = random.pick(['111122223333', '123456789012', '555555555555', '777788889999']);
  const geo = createGeo(random.fork('geo'));
  const change: EgressChange | undefined =
    wish.egressChange === undefined ? undefined : { ...wish.egressChange, declared: false };
  const teams = Array.from({ length: Math.max(3, Math.round(wish.credentials / 40)) }, (_, index) =>
    createTeam(index, geo, start, end, random.fork(`team/${index}`), change),
  );
  const secrets: Secret[] = [];
  const stage: Stage = { seed: wish.seed, account, start, end, geo, secrets };
  const cast = populate(stage, teams, wish.credentials, secrets, random.fork('population'));
  const own = ownRoles(stage, random.fork('own'));
  const deploys = new Map(
    teams.map((team) => [team, deployRole(team, account, random.fork(`deploy/${team.name}`))]),
  );

  const book = new LabelBook();
  const attacks = stageAttacks(wish, stage, cast.holders, random.fork('attacks'));
  for (const { marks } of attacks) for (const mark of marks) book.add(mark);

  function* acts(): Generator<Act> {
    yield* actsOf(stage, cast, deploys);
    for (const secret of secrets)
      if (secret.versions.length > 1)
        yield rotation(stage, secret, own.rotate, random.fork(`rotation/${secret.arn}`));
    yield sweep(stage, own.sweep, random.fork('sweep'));
    yield platformDeploy(stage, own.platform.role, teams[0]?.region ?? 'eu-west-1', random.fork('platform'));
    for (const { act } of attacks) yield act;
  }

  let drawn = false;
  return {
    start,
    end,
    account,
    bindings: bindingsOf(cast.holders, secrets, [own.rotate, own.sweep, own.platform]),
    geo: geo.blocks.map(geoLine),
    *records() {
      if (drawn) throw new RangeError('these records were drawn before: create the traffic again');
      drawn = true;
      for (const emission of merge(acts(), start, end)) {
        book.note(emission);
        yield emission.record;
      }
    },
    labels() {
      const known = cast.holders.map((holder) => book.of(holder));
      const rest = [...deploys.values()].map((role) => bystander(book, role, 'deploy-role'));
      const ours = [own.rotate, own.sweep, own.platform].map(({ role }) => bystander(book, role, 'own'));
      const everybody = [...known, ...rest, ...ours];
      const minted = book.minted(new Set(everybody.map(({ credential }) => credential)));
      return {
        version: 1,
        seed: wish.seed,
        from: isoSeconds(start),
        to: isoSeconds(end),
        credentials: [...everybody, ...minted],
      };
    },
  };
}

interface OwnRoles {
  readonly rotate: OwnFunction;
  readonly sweep: OwnFunction;
  readonly platform: Pick<OwnFunction, 'role' | 'sessionName'>;
}

function ownRoles({ account }: Stage, random: Random): OwnRoles {
  const install = createInstall(random, 'aws-sdk-js', 'lambda');
  return {
    rotate: ownFunction('rotate', install, account, random),
    sweep: ownFunction('sweep', install, account, random),
    platform: { role: platformRole(account, random), sessionName: PLATFORM_SESSION },
  };
}

const deployRole = (team: Team, account: string, random: Random): Principal =>
  createPrincipal('role', `${team.name}-deploy`, account, random, '/deploy/');

const bystander = (book: LabelBook, principal: Principal, role: 'deploy-role' | 'own'): Label =>
  book.of({ credential: principal.arn, principal, role, managed: false, breaches: [] });

/** Lets every kind happen as often as wished, each to a victim of its own, as long as there are victims. */
function stageAttacks(wish: TrafficWish, stage: Stage, holders: readonly Holder[], random: Random): Attack[] {
  const free = new Set(random.sample(holders, holders.length));
  const times = wish.attacksPerKind ?? Math.max(1, Math.round(wish.credentials / 200));
  const attacks: Attack[] = [];
  const plotOf = (name: string): Plot => ({
    stage,
    holders,
    random: random.fork(name),
    take(fits) {
      for (const holder of free) {
        if (!fits(holder)) continue;
        free.delete(holder);
        return holder;
      }
      return undefined;
    },
  });
  const stageOne = (name: string, scheme: (plot: Plot) => Attack | undefined): void => {
    const attack = scheme(plotOf(name));
    if (attack !== undefined) attacks.push(attack);
  };
  const kinds = wish.kinds ?? ATTACK_KINDS;
  for (let round = 0; round < times; round++)
    for (const kind of kinds.filter((each) => !CROWDED.includes(each)))
      stageOne(`${kind}/${round}`, SCHEMES[kind]);
  for (const kind of kinds.filter((each) => CROWDED.includes(each)))
    if (kind !== 'noise-flood' || wish.flood === undefined) stageOne(kind, SCHEMES[kind]);
  const { flood } = wish;
  if (flood !== undefined) stageOne('flood', (plot) => noiseFlood(plot, flood));
  return attacks;
}
