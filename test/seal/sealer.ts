import type { AuditEntry } from '#core/audit/entry.ts';
import type { SealPolicy } from '#core/seal/decide.ts';
import type { Finding } from '#core/seal/finding.ts';
import { checkpointName, segmentName } from '#core/seal/names.ts';
import { type NoteKey, noteKey } from '#core/seal/note.ts';
import {
  endOfLog,
  type LogView,
  readCheckpoint,
  readSegment,
  type Trust,
  UNREAD,
} from '#core/seal/verify.ts';
import { run, type SealPorts, type SealReport } from '#functions/seal/run.ts';
import { createMemoryRegistry } from '#test/ports/memory-registry.ts';
import { createMemorySeal, type MemorySeal } from '#test/ports/memory-seal.ts';
import { createMemoryPorts, type MemoryPorts } from '#test/ports/ports.ts';
import { createWorld, type World } from '#test/ports/world.ts';

export const POLICY: SealPolicy = { origin: 'tokenward/111122223333/eu-west-1/dev', heartbeatMs: 5 * 60_000 };
export const MINUTE = 60_000;

/** A registry with few chains, and the sealer over it. */
export interface Sealer {
  readonly world: World;
  readonly ports: MemoryPorts;
  readonly seal: MemorySeal;
  readonly key: NoteKey;
  /** Commits as many changes, each with one audit record. */
  act(count: number): Promise<void>;
  run(more?: Partial<SealPorts>): Promise<SealReport>;
  /** Acts and seals, a minute each time. */
  live(...counts: readonly number[]): Promise<void>;
}

export async function createSealer(options: { seed?: number; shards?: number } = {}): Promise<Sealer> {
  const world = createWorld({ seed: options.seed ?? 1 });
  const shards = options.shards ?? 3;
  const registry = createMemoryRegistry(world, {
    shardOf: () => 10 * Math.floor(world.random.next() * shards),
  });
  const ports = { ...createMemoryPorts(world), registry };
  const seal = createMemorySeal(world);
  const key = noteKey(POLICY.origin, await seal.signer.publicKey());
  let acts = 0;
  const sealer: Sealer = {
    world,
    ports,
    seal,
    key,
    async act(count) {
      for (let done = 0; done < count; done++) {
        acts++;
        await registry.commit({ writes: [], audit: [entry(acts, world.clock.now())], feed: [] });
      }
    },
    run: (more = {}) =>
      run({ ...ports, ...seal, ...more }, POLICY, { reserveMs: 0, remainingMs: () => 60_000 }),
    async live(...counts) {
      for (const count of counts) {
        await sealer.act(count);
        await sealer.run();
        world.clock.advance(MINUTE);
      }
    },
  };
  return sealer;
}

const entry = (number: number, at: number): AuditEntry => ({
  action: 'token.warned',
  at,
  actor: { kind: 'system', id: 'sweep' },
  tokenId: `token-${number}`,
  reason: `act ${number}`,
});

/** What a verifier finds in these objects, read in order, with what it saw on the way. */
export function verifyObjects(
  objects: ReadonlyMap<string, string>,
  trust: Trust,
  asOf: number,
): { readonly findings: readonly Finding[]; readonly view: LogView } {
  const findings: Finding[] = [];
  let view = UNREAD;
  for (const name of [...objects.keys()].filter((each) => each.startsWith('segments/')).sort()) {
    const number = Number(name.slice('segments/'.length, -'.ndjson'.length));
    for (const step of [
      () => readSegment(view, number, objects.get(segmentName(number)) ?? '', trust),
      () => readCheckpoint(view, objects.get(checkpointName(number)), trust),
    ]) {
      const read = step();
      view = read.view;
      findings.push(...read.findings);
    }
  }
  return { findings: [...findings, ...endOfLog(view, asOf, trust)], view };
}
