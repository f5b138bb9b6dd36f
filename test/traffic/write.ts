import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ATTACK_KINDS, type AttackKind } from './attacks/kinds.ts';
import { deliver } from './delivery.ts';
import { envelopeOf } from './envelope.ts';
import { createRandom } from './random.ts';
import type { CloudTrailRecord } from './record.ts';
import { fleetEgressChanged, hostileNoise } from './scenarios.ts';
import { createTraffic, type Traffic } from './traffic.ts';

const HELP = `Writes labelled CloudTrail traffic: records, bindings.json, labels.json, geo.ndjson.

  node test/traffic/write.ts --seed N --out DIR [--days D] [--credentials C] [--attacks N] [--kind KIND]…
                             [--scenario egress|noise] [--format ndjson|envelopes|files] [--gz]

--kind      only these kinds of attack; none: benign traffic alone
--format    ndjson: records.ndjson; envelopes: the same as EventBridge sends it; files: CloudTrail's own log files by
            region and five minutes, with late and doubled deliveries
Kinds: ${ATTACK_KINDS.join(', ')}`;

interface Order {
  readonly out: string;
  readonly format: string;
  readonly gz: boolean;
  readonly traffic: Traffic;
  readonly seed: number;
}

const CHUNK = 1 << 20;

/** A text file written in large chunks; with `gz` each chunk is a gzip member of its own, as RFC 1952 allows. */
function createText(path: string, gz: boolean): { add(line: string): void; close(): void } {
  const file = openSync(gz ? `${path}.gz` : path, 'w');
  let held: string[] = [];
  let size = 0;
  const flush = (): void => {
    const text = held.join('');
    writeSync(file, gz ? gzipSync(text, { level: 1 }) : Buffer.from(text));
    held = [];
    size = 0;
  };
  return {
    add(line) {
      held.push(line);
      size += line.length;
      if (size >= CHUNK) flush();
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}

function writeLines({ out, gz, traffic, seed, format }: Order): number {
  const random = createRandom(`envelopes/${seed}`);
  const file = createText(join(out, 'records.ndjson'), gz);
  let count = 0;
  for (const record of traffic.records()) {
    const line = format === 'envelopes' ? envelopeOf(record, random.uuid()) : record;
    file.add(`${JSON.stringify(line)}\n`);
    count++;
  }
  file.close();
  return count;
}

function writeFiles({ out, gz, traffic, seed }: Order): number {
  let count = 0;
  function* counted(): Generator<CloudTrailRecord> {
    for (const record of traffic.records()) {
      count++;
      yield record;
    }
  }
  const made = new Set<string>();
  for (const { key, records } of deliver(counted(), createRandom(`delivery/${seed}`))) {
    const path = join(out, gz ? `${key}.gz` : key);
    const folder = dirname(path);
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    const text = JSON.stringify({ Records: records });
    writeFileSync(path, gz ? gzipSync(text, { level: 1 }) : text);
  }
  return count;
}

function readOrder(): Order | undefined {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      days: { type: 'string', default: '7' },
      credentials: { type: 'string', default: '200' },
      attacks: { type: 'string' },
      out: { type: 'string' },
      kind: { type: 'string', multiple: true },
      scenario: { type: 'string' },
      format: { type: 'string', default: 'ndjson' },
      gz: { type: 'boolean', default: false },
    },
  });
  const [seed, days, credentials] = [values.seed, values.days, values.credentials].map(Number);
  const wrong = (values.kind ?? []).filter((kind) => kind !== 'none' && !isKind(kind));
  if (!seed || !days || !credentials || !values.out || wrong.length > 0) return undefined;
  if (!['ndjson', 'envelopes', 'files'].includes(values.format)) return undefined;
  const rest = { out: values.out, format: values.format, gz: values.gz, seed };
  if (values.scenario === 'egress') return { ...rest, traffic: fleetEgressChanged(seed, credentials, days) };
  if (values.scenario === 'noise') return { ...rest, traffic: hostileNoise(seed) };
  if (values.scenario !== undefined) return undefined;
  const traffic = createTraffic({
    seed,
    days,
    credentials,
    ...(values.attacks === undefined ? {} : { attacksPerKind: Number(values.attacks) }),
    ...(values.kind === undefined ? {} : { kinds: values.kind.filter(isKind) }),
  });
  return { ...rest, traffic };
}

const isKind = (text: string): text is AttackKind => (ATTACK_KINDS as readonly string[]).includes(text);

const order = readOrder();
if (order === undefined) {
  console.error(HELP);
  process.exitCode = 2;
} else {
  const { out, traffic } = order;
  const began = performance.now();
  mkdirSync(out, { recursive: true });
  const count = order.format === 'files' ? writeFiles(order) : writeLines(order);
  const labels = traffic.labels();
  writeFileSync(join(out, 'bindings.json'), `${JSON.stringify(traffic.bindings, null, 1)}\n`);
  writeFileSync(join(out, 'labels.json'), `${JSON.stringify(labels, null, 1)}\n`);
  writeFileSync(join(out, 'geo.ndjson'), traffic.geo.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const seconds = (performance.now() - began) / 1000;
  const attacked = labels.credentials.filter(({ label }) => label !== 'benign').length;
  const perSecond = Math.round(count / seconds).toLocaleString('en-GB');
  console.log(
    `${count} records in ${seconds.toFixed(1)} s (${perSecond}/s), ${attacked} credentials attacked`,
  );
}
