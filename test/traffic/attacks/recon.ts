import { paramsOf, RECON_APIS } from '../apis.ts';
import type { Random } from '../random.ts';
import type { Secret } from '../secret.ts';
import { type Act, readBatch, readSecret, type Stage, tell } from '../stage.ts';
import { SECOND } from '../timeline.ts';
import { type Attack, type Plot, roles, strikeTime, type Thief, thiefOf } from './thief.ts';

/** Questions of a thief who looks around; `refusing`: how often the answer is a refusal. Ends at the time returned. */
export function* lookAround(
  stage: Stage,
  random: Random,
  thief: Thief,
  from: number,
  count: number,
  refusing: number,
): Generator<ReturnType<typeof tell>, number> {
  let at = from;
  if (random.chance(0.8)) yield tell(stage, random, thief.at(at), at, 'sts:GetCallerIdentity');
  for (const api of random.sample(RECON_APIS, count)) {
    at += random.exponential(6 * SECOND) + 200;
    const denied = random.chance(refusing) ? { denied: '*' } : {};
    yield tell(stage, random, thief.at(at), at, api, { params: paramsOf(api, random), ...denied });
  }
  return at;
}

/** Reads one secret after another, in one of the ways that thieves do. */
function* sweepSecrets(
  stage: Stage,
  random: Random,
  thief: Thief,
  from: number,
  secrets: readonly Secret[],
): Generator<ReturnType<typeof tell>, number> {
  let at = from;
  const regions = [...new Set(secrets.map(({ region }) => region))];
  for (const region of regions.slice(0, random.int(1, regions.length))) {
    const caller = { ...thief.at(at), region };
    yield tell(stage, random, caller, at, 'secretsmanager:ListSecrets', { params: { maxResults: 100 } });
    at += random.int(300, 4000);
  }
  const pace = random.pick([200, 1500, 9000, 40_000]);
  const refusing = random.chance(0.4) ? random.between(0.1, 0.5) : 0;
  if (random.chance(0.25)) {
    for (const region of regions) {
      const filters = [{ key: 'name', values: [random.pick(['', 'prod', '!none', 'app'])] }];
      const some = secrets.filter((secret) => secret.region === region).slice(0, 20);
      yield* readBatch(stage, random, { ...thief.at(at), region }, at, some, filters);
      at += 3 * SECOND + some.length * 100;
    }
    return at;
  }
  for (const secret of secrets) {
    at += random.exponential(pace) + 100;
    yield* readSecret(stage, random, thief.at(at), at, secret, { denied: random.chance(refusing) });
  }
  return at;
}

/** Secrets that a thief could find, without canaries: those have a kind of their own. */
const findable = (stage: Stage, random: Random, count: number): readonly Secret[] =>
  random.sample(
    stage.secrets.filter(({ canary }) => !canary),
    count,
  );

/** A stolen key reads whatever secrets there are, from a rented server or from the very machine it was found on. */
export function secretsSweep(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('service', 'server-key', 'laptop', 'ci', 'terraform'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-server', 'cloud', 'abroad-home', 'inside'] as const);
  const thief = thiefOf(plot, victim, 'secrets-sweep', at, lair);
  return {
    marks: [thief.mark],
    act: sweepSecrets(stage, random, thief, at, findable(stage, random, random.int(12, 120))),
  };
}

/** First the look around, then a pause, then the sweep. */
export function reconThenSweep(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('service', 'server-key', 'laptop', 'ci'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-home', 'near-server', 'cloud', 'inside'] as const);
  const thief = thiefOf(plot, victim, 'recon-then-sweep', at, lair);
  function* act(): Act {
    const then = yield* lookAround(stage, random, thief, at, random.int(8, 25), random.between(0, 0.4));
    const pause = random.between(60, 10_000) * SECOND;
    yield* sweepSecrets(stage, random, thief, then + pause, findable(stage, random, random.int(5, 50)));
  }
  return { marks: [thief.mark], act: act() };
}

/** A key with few rights: nearly every question is refused. */
export function deniedRecon(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('service', 'server-key', 'ci', 'backup'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-server', 'cloud', 'inside', 'inside'] as const);
  const thief = thiefOf(plot, victim, 'denied-recon', at, lair);
  const act = lookAround(stage, random, thief, at, random.int(12, 45), random.between(0.75, 1));
  return { marks: [thief.mark], act };
}
