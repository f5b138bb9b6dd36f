import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBundle } from '#cli/bundle.ts';
import { verifyBundle } from '#cli/verify-bundle.ts';
import { append, emptyHead } from '#core/audit/chain.ts';
import type { AuditEntry, ShardHead } from '#core/audit/entry.ts';
import { checkpointOf, compose, sealed } from '#core/seal/decide.ts';
import { checkpointName, segmentName } from '#core/seal/names.ts';
import { checkpointText, noteKey, signedNote } from '#core/seal/note.ts';
import { UNSEALED } from '#core/seal/state.ts';
import { AUDIT_SHARDS } from '#core/storage.ts';
import { createMemorySeal } from '#test/ports/memory-seal.ts';
import { createWorld } from '#test/ports/world.ts';

/**
 * Seals a million records and verifies them as `audit verify --bundle` does: how long, and whether memory stays flat.
 * `npm run bench:audit [-- <records>]`; a million are 500 MB below the temporary directory, removed at the end.
 */
const TOTAL = Number(process.argv[2] ?? 1_000_000);
const PER_SEGMENT = 1_000;
const POLICY = { origin: 'tokenward/111122223333/eu-west-1/bench', heartbeatMs: 300_000 };
const START = Date.UTC(2026, 10, 24);

const megabytes = (): number => Math.round(process.memoryUsage.rss() / 1e6);
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);

const entry = (number: number): AuditEntry => ({
  action: 'version.promoted',
  at: START + number,
  actor: { kind: 'system', id: 'rotate' },
  tokenId: `orders-service-${number % 5_000}`,
  keyId: String(number).padStart(16, '0'),
  cause: `9f1c3f0e-1111-4222-8333-${String(number).padStart(12, '0')}`,
  details: { state: 'current', versions: number % 7 },
});

async function build(dir: string): Promise<Uint8Array> {
  for (const folder of ['segments', 'checkpoints']) mkdirSync(join(dir, folder));
  const { signer } = createMemorySeal(createWorld());
  const spki = await signer.publicKey();
  const key = noteKey(POLICY.origin, spki);
  const heads = Array.from({ length: AUDIT_SHARDS }, (_, shard): ShardHead => emptyHead(shard));
  let state = UNSEALED;
  for (let made = 0; made < TOTAL; made += PER_SEGMENT) {
    const byShard = new Map<number, AuditEntry[]>();
    for (let number = made; number < Math.min(made + PER_SEGMENT, TOTAL); number++) {
      const shard = (number * 7_919) % AUDIT_SHARDS;
      byShard.set(shard, [...(byShard.get(shard) ?? []), entry(number)]);
    }
    const read = [...byShard]
      .sort(([a], [b]) => a - b)
      .map(([shard, entries]) => {
        const { records, head } = append(entries, heads[shard] as ShardHead);
        const from = (heads[shard] as ShardHead).seq + 1;
        heads[shard] = head;
        return { wanted: { shard, from, count: records.length, head: head.hash }, records };
      });
    const { segment } = compose(state, read, START + made, POLICY);
    if (segment === undefined) throw new Error('nothing to seal');
    const text = checkpointText(checkpointOf(segment));
    writeFileSync(join(dir, segmentName(state.segment)), segment.body);
    writeFileSync(
      join(dir, checkpointName(state.segment)),
      signedNote(text, key, await signer.sign(Buffer.from(text))),
    );
    state = sealed(state, segment);
  }
  return spki;
}

const dir = mkdtempSync(join(tmpdir(), 'tokenward-bench-'));
try {
  const building = performance.now();
  const key = noteKey(POLICY.origin, await build(dir));
  console.log(`sealed    ${TOTAL} records in ${seconds(building)} s`);
  const verifying = performance.now();
  let early = 0;
  let peak = 0;
  const { view, found, findings } = await verifyBundle(
    await openBundle(dir),
    { key },
    START,
    ({ records }) => {
      early ||= megabytes();
      peak = Math.max(peak, megabytes());
      console.log(`          ${records} records after ${seconds(verifying)} s, ${megabytes()} MB resident`);
    },
  );
  const took = (performance.now() - verifying) / 1000;
  console.log(
    `verified  ${view.records} records, ${view.tree.size} leaves in ${took.toFixed(1)} s; ${found} findings`,
  );
  console.log(`resident  ${early} MB early, ${peak} MB at most`);
  if (found > 0 || view.records !== TOTAL) throw new Error(JSON.stringify(findings.slice(0, 3)));
} finally {
  rmSync(dir, { recursive: true });
}
