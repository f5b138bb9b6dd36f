import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { World } from '#core/detection/judge-group.ts';
import { PART_NUMBERS } from '#core/detection/parts.ts';
import type { Partials } from '#core/detection/ports.ts';
import { PortError } from '#core/ports.ts';
import { isBrokenFile, type TrailFiles } from '#core/reconcile/ports.ts';
import { createRecordStream } from '#events/trail/stream.ts';
import { createEventIds, repeatsIn } from './event-ids.ts';
import { createFold, foldLines } from './fold.ts';
import { createTally, type Tally } from './replay.ts';
import {
  createRounds,
  judgePart,
  type Legacies,
  type Legacy,
  type PartJudged,
  type Rounds,
} from './rounds.ts';
import type { Scratch } from './scratch.ts';
import { breakerOf, countRungs, lineOf, type Summary } from './summary.ts';

/** What one replay is and what its steps need; the same for all of them. */
export interface Job {
  /** Under which name its partial results are. */
  readonly run: string;
  readonly world: World;
  readonly partials: Partials;
}

const two = (part: number): string => String(part).padStart(2, '0');

/**
 * Reads some files of a trail and leaves what they hold of each part. Read again, it leaves the same under the same
 * names.
 *
 * @throws PortError where a file cannot be read; one that is no log file is counted as rejected
 */
export async function readStep(
  { run, world, partials }: Job,
  { keys, trail, scratch }: { keys: readonly string[]; trail: Pick<TrailFiles, 'bytes'>; scratch: Scratch },
): Promise<Tally> {
  const fold = createFold(scratch, world.contracts);
  const ids = createEventIds(scratch);
  const tally = createTally(fold, ids);
  for (const key of keys) {
    const stream = createRecordStream(tally.take);
    try {
      for await (const chunk of trail.bytes(key)) stream.push(chunk);
    } catch (fault) {
      if (fault instanceof PortError && !isBrokenFile(fault)) throw fault;
      tally.take({ ok: false, error: { field: 'file', shape: '' } });
    }
    stream.end();
  }
  const batch = createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 32);
  for (const [part, lines] of fold.lines()) {
    await partials.put(`${run}/observations/${two(part)}/${batch}`, gzipSync(lines));
  }
  for (const [heap, digests] of ids.heaps()) {
    await partials.put(`${run}/ids/${two(heap)}/${batch}`, digests);
  }
  const counted = tally.counts();
  await partials.put(`${run}/counts/${batch}.json`, jsonOf(counted));
  return counted;
}

/** Judges one part in one round. */
export async function judgeStep(
  job: Job,
  { part, round }: { readonly part: number; readonly round: number },
): Promise<void> {
  const { run, world, partials } = job;
  const held: Buffer[] = [];
  for await (const name of partials.names(`${run}/observations/${two(part)}/`)) {
    held.push(gunzipSync(await partials.read(name)));
  }
  const judged = judgePart(foldLines(held), world, await inheritedBefore(job, round));
  await partials.put(judgedName(run, round, part), jsonOf(judged));
}

/** What a round inherits from those before; nothing in the first. */
async function inheritedBefore(
  { run, partials }: Job,
  round: number,
): Promise<{ legacies: Legacies; news?: ReadonlySet<string> }> {
  if (round === 0) return { legacies: new Map() };
  const { legacies, news } = JSON.parse((await partials.read(legacyName(run, round))).toString('utf8')) as {
    legacies: (readonly [string, Legacy])[];
    news: string[];
  };
  return { legacies: new Map(legacies), news: new Set(news) };
}

/**
 * Joins the parts of all rounds so far by credential. Where something new is inherited, another round is to be
 * judged; else the verdicts and the summary are written.
 *
 * @param startedAt when the replay began, in milliseconds
 */
export async function joinStep(
  job: Job,
  { round, startedAt, now }: { readonly round: number; readonly startedAt: number; readonly now: number },
): Promise<{ readonly round: number; readonly more: boolean }> {
  const { run, world, partials } = job;
  const rounds = createRounds(world);
  let more = false;
  for (let each = 0; each <= round; each++) {
    for (const part of PART_NUMBERS) {
      rounds.add(
        JSON.parse((await partials.read(judgedName(run, each, part))).toString('utf8')) as PartJudged,
      );
    }
    more = rounds.close();
  }
  if (more) {
    const legacy = { legacies: [...rounds.legacies()], news: [...(rounds.news() ?? [])] };
    await partials.put(legacyName(run, round + 1), jsonOf(legacy));
  } else await tell(job, rounds, (now - startedAt) / 1000);
  return { round: round + 1, more };
}

async function tell({ run, world, partials }: Job, rounds: Rounds, seconds: number): Promise<void> {
  const judged = rounds.judged();
  const counts = { events: 0, parsed: 0, updates: 0, rejected: 0 };
  for await (const name of partials.names(`${run}/counts/`)) {
    const one = JSON.parse((await partials.read(name)).toString('utf8')) as Tally;
    counts.events += one.events;
    counts.parsed += one.parsed;
    counts.updates += one.updates;
    for (const count of Object.values(one.rejected)) counts.rejected += count;
  }
  const summary: Summary = {
    events: counts.events,
    parsed: counts.parsed,
    duplicates: counts.updates + (await repeated(run, partials)),
    rejected: counts.rejected,
    credentials: judged.credentials,
    ...countRungs(judged.verdicts),
    seconds,
    eventsPerSecond: Math.round(counts.events / Math.max(seconds, 0.001)),
    heldByBreaker: breakerOf(judged, world.policy).held.length,
  };
  const lines = judged.verdicts.map((verdict) => `${JSON.stringify(lineOf(verdict))}\n`);
  await partials.put(`${run}/verdicts.ndjson`, Buffer.from(lines.join('')));
  await partials.put(`${run}/summary.json`, jsonOf(summary));
}

async function repeated(run: string, partials: Partials): Promise<number> {
  let count = 0;
  for (const heap of PART_NUMBERS) {
    const heaps: Buffer[] = [];
    for await (const name of partials.names(`${run}/ids/${two(heap)}/`))
      heaps.push(await partials.read(name));
    count += repeatsIn(heaps);
  }
  return count;
}

const judgedName = (run: string, round: number, part: number): string =>
  `${run}/judged/${round}/${two(part)}.json`;

const legacyName = (run: string, round: number): string => `${run}/legacies/${round}.json`;

const jsonOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
