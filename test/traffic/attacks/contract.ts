import { stale, versionAt } from '../secret.ts';
import { type Act, type Holder, readSecret, tell } from '../stage.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../timeline.ts';
import { lookAround } from './recon.ts';
import { type Attack, type Plot, roles, strikeTime, thiefClient, thiefOf } from './thief.ts';

/** A canary key is tried, or a canary secret read: nobody has a reason to. */
export function canary(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const at = strikeTime(plot);
  const bait = random.pick(stage.secrets.filter((secret) => secret.canary));
  if (random.chance(0.5)) {
    const key = plot.take(roles('canary'));
    if (key === undefined) return undefined;
    const thief = thiefOf(plot, key, 'canary', at, random.pick(['abroad', 'tor', 'near-home', 'cloud']));
    const act = lookAround(stage, random, thief, at, random.int(1, 6), 1);
    return { marks: [thief.mark], act };
  }
  const victim = plot.take(roles('server-key', 'laptop', 'service'));
  if (victim === undefined) return undefined;
  const thief = thiefOf(plot, victim, 'canary', at, random.pick(['abroad', 'near-home', 'inside']));
  function* act(): Act {
    yield* readSecret(stage, random, thief.at(at), at, bait);
  }
  return { marks: [thief.mark], act: act() };
}

/** A reader's key asks for a version whose grace is over: somebody wrote the version's id down, or kept a copy of it. */
export function oldVersion(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const at = strikeTime(plot);
  const reads = (holder: Holder): boolean =>
    roles('service', 'server-key', 'ci', 'bulk-copy')(holder) &&
    holder.secrets.some((secret) => secret.managed && stale(secret, at) !== undefined);
  const victim = plot.take(reads);
  if (victim === undefined) return undefined;
  const secret = random.pick(victim.secrets.filter((each) => each.managed && stale(each, at) !== undefined));
  const version = stale(secret, at) ?? versionAt(secret, at);
  const thief = thiefOf(
    plot,
    victim,
    'old-version',
    at,
    random.pick(['inside', 'inside', 'near-server', 'abroad']),
  );
  const labelled =
    version === secret.versions[secret.versions.indexOf(versionAt(secret, at)) - 1] && random.chance(0.4);
  function* act(): Act {
    if (!labelled) return yield* readSecret(stage, random, thief.at(at), at, secret, { version });
    const [call, decrypt] = readSecret(stage, random, thief.at(at), at, secret, {
      version,
      stage: 'AWSPREVIOUS',
    });
    if (call === undefined || decrypt === undefined) return;
    const { versionId: _left, ...requestParameters } = call.record.requestParameters ?? {};
    yield { ...call, record: { ...call.record, requestParameters } };
    yield decrypt;
  }
  return { marks: [thief.mark], act: act() };
}

/** A colleague's genuine credential, from its usual place, reads what was promised to others. */
export function insiderReader(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const insider = plot.take(roles('laptop', 'service', 'server-key', 'people'));
  if (insider === undefined) return undefined;
  const at = strikeTime(plot);
  const others = stage.secrets.filter(
    (secret) => secret.managed && !secret.canary && !secret.readers.has(insider.principal.arn),
  );
  const client = random.chance(0.8)
    ? (insider.client[0]?.value ?? thiefClient(insider, random, at))
    : thiefClient(insider, random, at);
  const thief = thiefOf(plot, insider, 'insider-reader', at, 'inside', client);
  function* act(): Act {
    let then = at;
    if (random.chance(0.3)) yield tell(stage, random, thief.at(then), then, 'secretsmanager:ListSecrets');
    for (const secret of random.sample(others, random.int(1, 4))) {
      then += random.exponential(4 * MINUTE) + SECOND;
      yield* readSecret(stage, random, thief.at(then), then, secret);
    }
  }
  return { marks: [thief.mark], act: act() };
}

/** One or two secrets a day that were not its own before, for as long as nobody notices. */
export function slowSweep(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('service', 'server-key', 'laptop', 'people', 'bulk-copy'));
  if (victim === undefined) return undefined;
  const at = stage.start + random.between(0.35, 0.6) * (stage.end - stage.start);
  const lair = random.pick(['inside', 'inside', 'near-home', 'near-server', 'cloud'] as const);
  const thief = thiefOf(plot, victim, 'slow-sweep', at, lair);
  const unmanagedOnly = random.chance(0.4);
  const secrets = random.sample(
    stage.secrets.filter(
      (secret) =>
        !secret.canary && !secret.readers.has(victim.principal.arn) && !(unmanagedOnly && secret.managed),
    ),
    random.int(6, 25),
  );
  function* act(): Act {
    let then = at;
    for (const secret of secrets) {
      yield* readSecret(stage, random, thief.at(then), then, secret);
      then += random.between(0.2, 1.2) * DAY + random.exponential(HOUR);
    }
  }
  return { marks: [thief.mark], act: act() };
}
