import { createFileScratch } from '#adapters/files/scratch.ts';
import { NO_CONTRACTS } from '#core/detection/contract.ts';
import type { Fact } from '#core/detection/fact.ts';
import { emptyGroup, groupOf, judgeObservation, type World } from '#core/detection/judge-group.ts';
import { observationOf } from '#core/detection/observation.ts';
import { NO_ATLAS } from '#core/detection/place.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { createRecordStream } from '#events/trail/stream.ts';
import { createFold } from '#functions/replay/fold.ts';
import { createReplay } from '#functions/replay/replay.ts';
import { createTraffic } from '#test/traffic/traffic.ts';

/**
 * The speed of a replay against JSON.parse alone on the same lines, the speed of judging a parsed event, and whether
 * memory stays flat. CPU seconds of this process, which other work on the machine does not lengthen much.
 *
 *   node test/bench/replay.ts [records, default 300000] [events for memory, default 10000000]
 */
const [records = 300_000, flood = 10_000_000] = process.argv.slice(2).map(Number);
const WORLD: World = { policy: REPLAY_LADDER, contracts: NO_CONTRACTS, atlas: NO_ATLAS };
const CHUNK = 1 << 20;

function cpuSeconds(run: () => void): number {
  const began = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

function told(name: string, count: number, seconds: number): number {
  const rate = count / seconds;
  console.log(`${name.padEnd(44)} ${Math.round(rate).toLocaleString('en-GB').padStart(12)} /s`);
  return rate;
}

const lines: string[] = [];
for (const record of createTraffic({ seed: 101, credentials: 600, days: 60 }).records()) {
  lines.push(JSON.stringify(record));
  if (lines.length >= records) break;
}
const bytes = Buffer.from(`${lines.join('\n')}\n`);
console.log(`${lines.length} records, ${Math.round(bytes.length / 1e6)} MB`);

const parse = (): void => {
  for (const line of bytes.toString('utf8').split('\n')) if (line !== '') JSON.parse(line);
};
const replay = (): void => {
  const scratch = createFileScratch();
  const judging = createReplay(WORLD, scratch);
  const stream = createRecordStream(judging.take);
  for (let at = 0; at < bytes.length; at += CHUNK) stream.push(bytes.subarray(at, at + CHUNK));
  stream.end();
  judging.finish();
  scratch.clear();
};
parse();
const alone = told('JSON.parse alone', lines.length, cpuSeconds(parse));
const whole = told('replay: parse, fold, judge', lines.length, cpuSeconds(replay));
console.log(`replay is ${(whole / alone).toFixed(2)} × JSON.parse (wanted: 0.80)`);

const facts: Fact[] = [];
const stream = createRecordStream((reading) => {
  if (reading.ok) facts.push(...reading.value.facts);
});
stream.push(bytes);
stream.end();
const scratch = createFileScratch();
const fold = createFold(scratch, NO_CONTRACTS);
for (const fact of facts.slice(0, 1_000)) fold.add(fact);
const usual = facts.slice(0, 1_000);
told(
  'fold an event that brings nothing new',
  1_000_000,
  cpuSeconds(() => {
    for (let round = 0; round < 1_000; round++) for (const fact of usual) fold.add(fact);
  }),
);
const groups = new Map<string, ReturnType<typeof emptyGroup>>();
told(
  'judge an event of interest, one by one',
  facts.length,
  cpuSeconds(() => {
    for (const fact of facts) {
      const name = groupOf(fact, NO_CONTRACTS);
      const state = groups.get(name) ?? emptyGroup();
      groups.set(name, state);
      judgeObservation(state, observationOf(fact), WORLD);
    }
  }),
);
scratch.clear();
groups.clear();

const heap = createFileScratch();
const many = createReplay(WORLD, heap);
const [sample] = usual as [Fact];
let most = 0;
for (let index = 0; index < flood; index++) {
  const user = index % 10_000;
  const fact: Fact = {
    ...sample,
    eventId: `event-${index}`,
    at: sample.at + Math.floor(index / 10_000) * 60_000,
    credential: `AKIA${user}`,
    principal: `arn:aws:iam::111122223333:user/${user}`,
    network: `10.${user % 250}.${Math.floor(index / 1e6)}.1`,
  };
  many.take({ ok: true, value: { eventId: fact.eventId, facts: [fact], notices: [], update: false } });
  if (index % 500_000 !== 0) continue;
  most = Math.max(most, process.memoryUsage().rss);
  console.log(
    `${index.toLocaleString('en-GB').padStart(12)} events: ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
  );
}
many.finish();
heap.clear();
console.log(
  `after judging: ${Math.round(process.memoryUsage().rss / 1e6)} MB, at most ${Math.round(most / 1e6)} MB before`,
);
