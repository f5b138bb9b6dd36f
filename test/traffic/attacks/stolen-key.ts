import { paramsOf } from '../apis.ts';
import { clientOf, createInstall, updated } from '../clients.ts';
import type { Random } from '../random.ts';
import { type Act, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, MINUTE, SECOND, valueAt } from '../timeline.ts';
import { lookAround } from './recon.ts';
import { type Attack, type Plot, roles, strikeTime, type Thief, thiefOf } from './thief.ts';

/** What the victim does itself: its own calls and its own secrets, so that only the place differs. */
export function* mimic(
  stage: Stage,
  random: Random,
  thief: Thief,
  from: number,
  count: number,
  gapMs: number,
): Generator<ReturnType<typeof tell>, number> {
  const { victim } = thief;
  let at = from;
  for (let done = 0; done < count; done++) {
    if (victim.secrets.length > 0 && random.chance(0.5)) {
      yield* readSecret(stage, random, thief.at(at), at, random.pick(victim.secrets));
    } else {
      const api = random.pick(valueAt(victim.apis, at));
      yield tell(stage, random, thief.at(at), at, api, { params: paramsOf(api, random) });
    }
    at += random.exponential(gapMs) + 300;
  }
  return at;
}

function abroad(plot: Plot, kind: 'key-abroad' | 'young-key', victim: Holder, at: number): Attack {
  const { stage, random } = plot;
  const thief = thiefOf(plot, victim, kind, at, random.pick(['abroad', 'abroad', 'abroad-home']));
  function* act(): Act {
    const then = yield* lookAround(stage, random, thief, at, random.int(0, 10), random.between(0, 0.5));
    yield* mimic(
      stage,
      random,
      thief,
      then + random.exponential(10 * MINUTE),
      random.int(3, 15),
      20 * SECOND,
    );
  }
  return { marks: [thief.mark], act: act() };
}

/** A long-lived key, used from another country. */
export function keyAbroad(plot: Plot): Attack | undefined {
  const able = roles('server-key', 'laptop', 'ci', 'terraform', 'bulk-copy');
  const victim = plot.take((holder) => able(holder) && holder.keyId !== undefined);
  return victim === undefined ? undefined : abroad(plot, 'key-abroad', victim, strikeTime(plot));
}

/** The same, of a key that is days old: there is next to no history to compare with. */
export function youngKey(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(
    (holder) =>
      holder.keyId !== undefined && holder.bornAt > stage.start && holder.bornAt < stage.end - 2 * DAY,
  );
  if (victim === undefined) return undefined;
  const at = victim.bornAt + random.between(0.2, 0.6) * Math.min(4 * DAY, stage.end - victim.bornAt);
  return abroad(plot, 'young-key', victim, at);
}

/** Same country, same family of client, the victim's own calls at the victim's own pace. */
export function quietTheft(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('server-key', 'laptop'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const same = random.chance(0.4)
    ? updated(victim.install, random)
    : createInstall(random, victim.install.family, victim.install.host);
  const lair = random.pick(['near-home', 'near-home', 'near-server', 'tunnel'] as const);
  const thief = thiefOf(plot, victim, 'quiet-theft', at, lair, clientOf(same));
  const act = mimic(
    stage,
    random,
    thief,
    at,
    random.int(2, 12),
    random.pick([MINUTE, 20 * MINUTE, 2 * HOUR]),
  );
  return { marks: [thief.mark], act };
}

/** The temporary key of an instance, task or function, used elsewhere while its owner goes on using it. */
export function sessionReplay(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('service'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-home', 'near-server', 'cloud', 'abroad-home'] as const);
  const thief = thiefOf(plot, victim, 'session-replay', at, lair);
  function* act(): Act {
    const then = yield* lookAround(stage, random, thief, at, random.int(1, 8), random.between(0, 0.6));
    yield* mimic(stage, random, thief, then, random.int(2, 10), 30 * SECOND);
  }
  return { marks: [thief.mark], act: act() };
}

/** Behind Tor, or on some rented server in a country of no importance. */
export function torHosting(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('server-key', 'laptop', 'service', 'ci'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const thief = thiefOf(
    plot,
    victim,
    'tor-hosting',
    at,
    random.pick(['tor', 'tor', 'near-server', 'abroad']),
  );
  function* act(): Act {
    const then = yield* lookAround(stage, random, thief, at, random.int(2, 14), random.between(0, 0.5));
    yield* mimic(stage, random, thief, then + random.exponential(20 * MINUTE), random.int(2, 12), MINUTE);
  }
  return { marks: [thief.mark], act: act() };
}

/** A key asleep between its runs, or since long, woken by somebody else. */
export function dormantWoken(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('monthly-job'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-server', 'near-home', 'cloud'] as const);
  const thief = thiefOf(plot, victim, 'dormant-woken', at, lair);
  function* act(): Act {
    const then = yield* lookAround(stage, random, thief, at, random.int(1, 12), random.between(0, 0.6));
    yield* mimic(stage, random, thief, then, random.int(2, 8), MINUTE);
  }
  return { marks: [thief.mark], act: act() };
}
