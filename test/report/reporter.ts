import type { EvidenceReaders, EvidenceStore } from '#core/evidence/ports.ts';
import { PortError } from '#core/ports.ts';
import { type NoteKey, noteKey } from '#core/seal/note.ts';
import type { ReportEvent } from '#events/report.ts';
import { type ReportConfig, type Reported, type ReportPorts, run } from '#functions/report/run.ts';
import { createSystem, type System } from '#test/loop/system.ts';
import { createMemoryLog } from '#test/ports/memory-log.ts';
import { createMemoryMetrics } from '#test/ports/memory-metrics.ts';
import { createMemorySeal } from '#test/ports/memory-seal.ts';
import { goodFacts, SETTINGS, TEMPLATE } from './facts.ts';

/** The report over a registry in memory, and what it wrote. */
export interface Reporter {
  readonly system: System;
  readonly ports: ReportPorts;
  readonly config: ReportConfig;
  readonly objects: Map<string, string>;
  readonly key: NoteKey;
  readonly readers: { -readonly [K in keyof EvidenceReaders]: EvidenceReaders[K] };
  run(request?: ReportEvent): Promise<Reported>;
  /** Files of a bundle, by name. */
  bundle(reported: Reported): Map<string, string>;
}

export async function createReporter(emulated = false): Promise<Reporter> {
  const system = createSystem();
  const { world } = system;
  const seal = createMemorySeal(world);
  const objects = new Map<string, string>();
  const store: EvidenceStore = {
    put: async (name, body) => {
      objects.set(name, body);
    },
    get: async (name) => objects.get(name),
  };
  const good = goodFacts();
  const given = <K extends keyof typeof good>(name: K): never => {
    const fact = good[name] as unknown as { seen: boolean; value: never };
    if (!fact.seen) throw new PortError('AccessDenied', { outcome: 'not-applied', retryable: false });
    return fact.value;
  };
  const readers: Reporter['readers'] = {
    keys: async () => given('keys'),
    table: async () => given('table'),
    lock: async () => given('lock'),
    queues: async (names) =>
      names.map((name) => ({ name, messages: 0, encrypted: true, deadLetters: name.endsWith('-failed') })),
    template: async () => TEMPLATE,
  };
  const ports: ReportPorts = {
    registry: system.ports.registry,
    seal: seal.store,
    readers,
    store,
    signer: seal.signer,
    clock: world.clock,
    log: createMemoryLog(),
    metrics: createMemoryMetrics(),
  };
  const config: ReportConfig = {
    environment: { account: '123456789012', region: 'eu-central-1', env: 'prod', emulated },
    settings: SETTINGS,
    keyName: 'tokenward/123456789012/eu-central-1/prod/evidence',
    tool: 'tokenward 0.1.0',
  };
  return {
    system,
    ports,
    config,
    objects,
    readers,
    key: noteKey(config.keyName, await seal.signer.publicKey()),
    run: (request) => {
      world.clock.advance(1_000);
      return run(ports, config, request);
    },
    bundle: ({ prefix }) =>
      new Map(
        [...objects].flatMap(([name, body]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), body]] : [],
        ),
      ),
  };
}
