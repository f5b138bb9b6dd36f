import { parseArgs } from 'node:util';
import { createFileScratch } from '#adapters/files/scratch.ts';
import { atlasOfLines } from '#adapters/geo/ranges.ts';
import { parseBindings } from '#core/detection/bindings-file.ts';
import type { Rung } from '#core/response/ladder.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { readRecord } from '#events/trail/record.ts';
import { createReplay, type Replayed } from '#functions/replay/replay.ts';
import type { Label } from '#test/traffic/labels.ts';
import { fleetEgressChanged, hostileNoise } from '#test/traffic/scenarios.ts';
import { REPORT_SEEDS, REPORT_SIZE, TUNE_SEEDS } from '#test/traffic/seeds.ts';
import { createTraffic, type Traffic } from '#test/traffic/traffic.ts';

/**
 * Recall of each kind of attack, and false suspensions, on labelled synthetic traffic; by default on the report
 * seeds, on which nothing may be tuned.
 *
 *   node test/bench/recall.ts [--tune] [--seed N]… [--credentials C] [--days D]
 */
const { values } = parseArgs({
  options: {
    tune: { type: 'boolean', default: false },
    seed: { type: 'string', multiple: true },
    credentials: { type: 'string', default: `${REPORT_SIZE.credentials}` },
    days: { type: 'string', default: `${REPORT_SIZE.days}` },
  },
});

interface Tally {
  seen: number;
  alerted: number;
  suspended: number;
}

const ACTS: readonly Rung[] = ['suspend', 'reissue', 'revoke'];

function judged(traffic: Traffic): Replayed {
  const contracts = parseBindings(JSON.parse(JSON.stringify(traffic.bindings)));
  if (!contracts.ok) throw new Error(contracts.error.field);
  const atlas = atlasOfLines(traffic.geo.map((line) => JSON.stringify(line)).join('\n'));
  const scratch = createFileScratch();
  try {
    const replay = createReplay({ policy: REPLAY_LADDER, contracts: contracts.value, atlas }, scratch);
    for (const record of traffic.records()) replay.take(readRecord(record));
    return replay.finish();
  } finally {
    scratch.clear();
  }
}

/** The verdicts of a label: on its credential, on the temporary keys of its attack, else on its principal's sessions. */
function rungsOf(label: Label, done: Replayed): readonly Rung[] {
  const keys = new Set([label.credential, ...label.accessKeyIds]);
  const ofRole = label.credential.startsWith('arn:') && !label.compromised;
  return done.judged.verdicts
    .filter(({ credential, principal }) => keys.has(credential) || (ofRole && principal === label.credential))
    .map(({ rung }) => rung);
}

/** Upper end of the exact (Clopper-Pearson) 95 % interval of a share, one-sided at 97.5 %, by bisection. */
function upperBound(hits: number, of: number): number {
  if (hits >= of) return 1;
  let [low, high] = [hits / of, 1];
  for (let round = 0; round < 60; round++) {
    const p = (low + high) / 2;
    if (atMost(hits, of, p) > 0.025) low = p;
    else high = p;
  }
  return high;
}

/** P(X ≤ hits) of a binomial, by its terms' logarithms. */
function atMost(hits: number, of: number, p: number): number {
  let term = of * Math.log1p(-p);
  let sum = Math.exp(term);
  for (let k = 1; k <= hits; k++) {
    term += Math.log((of - k + 1) / k) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(term);
  }
  return sum;
}

const kinds = new Map<string, Tally>();
const seeds = values.seed?.map(Number) ?? (values.tune ? TUNE_SEEDS : REPORT_SEEDS);
const [credentials, days] = [Number(values.credentials), Number(values.days)];
for (const seed of seeds) {
  const traffic = createTraffic({ seed, credentials, days });
  const done = judged(traffic);
  for (const label of traffic.labels().credentials) {
    const kind = label.compromised
      ? label.label
      : label.breaches.length > 0
        ? 'benign, owner broke the contract'
        : 'benign';
    const tally = kinds.get(kind) ?? { seen: 0, alerted: 0, suspended: 0 };
    const rungs = rungsOf(label, done);
    tally.seen++;
    if (rungs.length > 0) tally.alerted++;
    if (rungs.some((rung) => ACTS.includes(rung))) tally.suspended++;
    kinds.set(kind, tally);
  }
  console.error(`seed ${seed} done`);
}

console.log(`${seeds.length} worlds, ${seeds.length * credentials * days} credential-days\n`);
console.log('| kind | credentials | alert or more | suspended | share | upper 95 % |');
console.log('|---|---|---|---|---|---|');
for (const [kind, { seen, alerted, suspended }] of [...kinds].sort()) {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const upper = kind.startsWith('benign') ? percent(upperBound(suspended, seen)) : '';
  console.log(`| ${kind} | ${seen} | ${alerted} | ${suspended} | ${percent(suspended / seen)} | ${upper} |`);
}

for (const [name, traffic] of [
  ['whole fleet’s egress changed', fleetEgressChanged(seeds[0] ?? 1, 200, 10)],
  ['hostile noise', hostileNoise(seeds[0] ?? 1)],
] as const) {
  const { breaker, judged: all } = judged(traffic);
  const attacked = new Set(
    traffic
      .labels()
      .credentials.filter(({ compromised }) => compromised)
      .flatMap(({ credential, accessKeyIds }) => [credential, ...accessKeyIds]),
  );
  const lost = [...attacked].filter(
    (credential) => !all.verdicts.some((verdict) => verdict.credential === credential),
  );
  console.log(
    `\n${name}: ${breaker.acted.length} acted on, ${breaker.held.length} held, of ${all.credentials} credentials; ${attacked.size} credentials or keys of attacks, ${lost.length} of them without a verdict`,
  );
}
