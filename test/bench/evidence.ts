import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toItem } from '#adapters/dynamodb/items.ts';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import type { AuditRecord } from '#core/audit/entry.ts';
import type { EvidenceReaders } from '#core/evidence/ports.ts';
import type { TokenRecord } from '#core/records.ts';
import { AUDIT_SHARDS } from '#core/storage.ts';
import { run } from '#functions/report/run.ts';
import { createTable } from '#test/contract/table.ts';
import { DAY, HOUR, NOW, ref, token } from '#test/core/builders.ts';
import { type Emulator, startEmulator } from '#test/emulator/start.ts';
import { createMemoryLog } from '#test/ports/memory-log.ts';
import { createMemoryMetrics } from '#test/ports/memory-metrics.ts';
import { createMemorySeal } from '#test/ports/memory-seal.ts';
import { createWorld } from '#test/ports/world.ts';
import { goodFacts, SETTINGS, TEMPLATE } from '#test/report/facts.ts';
import { itemBytes } from './dynamo/size.ts';

/**
 * A whole report over a registry in memory: how long, whether memory stays flat, and what reading it would cost.
 * `npm run bench:evidence [-- <tokens> [--emulator]]`. Tokens and records are made as they are asked for, a page at a
 * time, so that what grows is the report's own; with `--emulator` they lie in a table of the local AWS and are read by
 * the adapter.
 */
const TOKENS = Number(process.argv[2] ?? 1_000_000);
const RECORDS = TOKENS;
const ON_EMULATOR = process.argv.includes('--emulator');
const LIMIT_SECONDS = 180;
/** What the resident set may grow by between the tenth and the last part of the run, in megabytes. */
const GROWTH_LIMIT_MB = 150;
const PAGE = 100;
const BATCH = 25;

const digits = String(TOKENS).length;
const idOf = (member: number): string => `service-${String(member).padStart(digits, '0')}`;

function tokenOf(member: number): TokenRecord {
  const tokenId = idOf(member);
  const made = NOW - (member % 72) * HOUR;
  return token({
    tokenId,
    owner: `team-${member % 500}`,
    fields: { ...token().fields, tokenId },
    versions: [
      ref({ keyId: String(member).padStart(16, '0'), createdAt: made, expiresAt: made + 4 * DAY }),
      ref({
        keyId: String(member).padStart(16, 'r'),
        state: 'expired',
        createdAt: made - DAY - (member % 7) * HOUR,
        expiresAt: made + HOUR,
      }),
    ],
  });
}

const recordOf = (shard: number, seq: number): AuditRecord => ({
  schema: 1,
  shard,
  seq,
  prevHash: 'a'.repeat(64),
  hash: 'b'.repeat(64),
  at: new Date(NOW - 60 * DAY + Math.floor((seq / perShard) * 60 * DAY)).toISOString(),
  action: seq % 2 === 0 ? 'rotation.begun' : 'version.promoted',
  actor: { kind: 'system', id: 'rotate' },
  tokenId: idOf((shard * perShard + seq) % TOKENS),
  cause: `version-${seq}`,
});

const perShard = Math.ceil(RECORDS / AUDIT_SHARDS);
const megabytes = (): number => Math.round(process.memoryUsage.rss() / 1e6);
const reads = { pages: 0, queries: 0, records: 0 };
const seen = { early: 0, peak: 0 };

function watch(share: number): void {
  const now = megabytes();
  if (share < 0.1) seen.early = Math.max(seen.early, now);
  else seen.peak = Math.max(seen.peak, now);
}

const made: Parameters<typeof run>[0]['registry'] = {
  async tokens(_filter, cursor) {
    const start = Number(cursor ?? 0);
    const end = Math.min(start + PAGE, TOKENS);
    reads.pages++;
    if (reads.pages % 100 === 0) watch(start / TOKENS);
    const items = Array.from({ length: end - start }, (_, at) => tokenOf(start + at));
    return { items, ...(end < TOKENS ? { cursor: String(end) } : {}) };
  },
  async auditShard(shard, fromSeq, limit) {
    const count = Math.max(0, Math.min(limit, perShard - fromSeq + 1));
    reads.queries++;
    reads.records += count;
    if (reads.queries % 100 === 0) watch(1);
    return Array.from({ length: count }, (_, at) => recordOf(shard, fromSeq + at));
  },
  shardHeads: async () =>
    Array.from({ length: AUDIT_SHARDS }, (_, shard) => ({ shard, seq: perShard, hash: 'b'.repeat(64) })),
};

/** The same tokens in a table of the local AWS, read by the adapter; the chains of a new table are empty. */
async function stored(emulator: Emulator): Promise<typeof made> {
  const client = new DynamoDBClient(emulator.clientConfig);
  const tableName = 'evidence-bench';
  await createTable(client, tableName);
  for (let start = 0; start < TOKENS; start += BATCH) {
    const members = Array.from({ length: Math.min(BATCH, TOKENS - start) }, (_, at) => start + at);
    const puts = members.map((member) => ({ PutRequest: { Item: toItem(tokenOf(member), 1) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }));
  }
  const deps = { client, tableName, feedCopies: 1, clock: createClock(), random: createRandom() };
  const registry = createRegistry(deps);
  return {
    tokens: (filter, cursor) => {
      reads.pages++;
      watch((reads.pages * PAGE) / TOKENS);
      return registry.tokens(filter, cursor);
    },
    auditShard: (...asked) => registry.auditShard(...asked),
    shardHeads: () => registry.shardHeads(),
  };
}

const emulator = ON_EMULATOR ? await startEmulator() : undefined;
const registry = emulator === undefined ? made : await stored(emulator);
const good = goodFacts();
const given = <K extends 'keys' | 'table' | 'lock'>(name: K): never => {
  const fact = good[name];
  if (!fact.seen) throw new Error(`the good facts do not see ${name}`);
  return fact.value as never;
};
const readers: EvidenceReaders = {
  keys: async () => given('keys'),
  table: async () => given('table'),
  lock: async () => given('lock'),
  queues: async (names) =>
    names.map((name) => ({ name, messages: 0, encrypted: true, deadLetters: name.endsWith('-failed') })),
  template: async () => TEMPLATE,
};

const world = createWorld({ now: NOW });
const { signer } = createMemorySeal(world);
const objects = new Map<string, string>();
const began = performance.now();
const reported = await run(
  {
    registry,
    readers,
    signer,
    seal: { read: async () => undefined },
    store: {
      put: async (name, body) => void objects.set(name, body),
      get: async (name) => objects.get(name),
    },
    clock: world.clock,
    log: createMemoryLog(),
    metrics: createMemoryMetrics(),
  },
  {
    environment: { account: '123456789012', region: 'eu-central-1', env: 'prod', emulated: false },
    settings: SETTINGS,
    keyName: 'tokenward/bench/evidence',
    tool: 'bench',
  },
);
const seconds = (performance.now() - began) / 1_000;
await emulator?.stop();
const bytes = [...objects.values()].reduce((sum, body) => sum + Buffer.byteLength(body), 0);
// A scan of the index, eventually consistent: half a unit for every 4 KB that a page of items takes together.
const itemSize = itemBytes(toItem(tokenOf(1), 1));
const units = TOKENS * (itemSize / 4_096) * 0.5;
const inventory = JSON.parse(objects.get(`${reported.prefix}evidence/inventory.json`) ?? '{}') as {
  value?: { tokens: number };
};
console.log(
  `reported  ${inventory.value?.tokens} tokens and ${reads.records} audit records in ${seconds.toFixed(1)} s`,
);
console.log(`reads     ${reads.pages} pages of ${PAGE} tokens, ${reads.queries} queries of the chains`);
console.log(
  `units     about ${Math.round(units)} for the tokens (${itemSize} bytes each, eventually consistent)`,
);
console.log(
  `resident  ${seen.early} MB early, ${seen.peak} MB at most; the bundle has ${Math.round(bytes / 1_000)} kB`,
);
const flat = seen.peak - seen.early <= GROWTH_LIMIT_MB;
const held = inventory.value?.tokens === TOKENS && seconds <= LIMIT_SECONDS && flat;
console.log(held ? 'every limit is held' : `a limit is not held: ${LIMIT_SECONDS} s, ${GROWTH_LIMIT_MB} MB`);
process.exitCode = held ? 0 : 1;
