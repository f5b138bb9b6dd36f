import type { Random } from '#core/ports.ts';
import { createMemoryBus, type MemoryBus } from './memory-bus.ts';
import { createMemoryDirectory, type MemoryDirectory } from './memory-directory.ts';
import { createMemoryKeyControl, type MemoryKeyControl } from './memory-key-control.ts';
import { createMemoryKeys, type MemoryKeys } from './memory-keys.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { createMemoryMac, type MemoryMac } from './memory-mac.ts';
import { createMemoryMetrics, type MemoryMetrics } from './memory-metrics.ts';
import { createMemoryPager, type MemoryPager } from './memory-pager.ts';
import { createMemoryRegistry, type MemoryRegistry } from './memory-registry.ts';
import { createMemoryUsage, type MemoryUsage } from './memory-usage.ts';
import { createMemoryVault, type MemoryVault } from './memory-vault.ts';
import { createMemoryVerifier, type MemoryVerifier } from './memory-verifier.ts';
import type { World } from './world.ts';

/** Every port in memory, on one world: its clock, its seed, its hooks before and after each call. */
export interface MemoryPorts {
  readonly clock: World['clock'];
  readonly random: Random;
  readonly registry: MemoryRegistry;
  readonly vault: MemoryVault;
  readonly keys: MemoryKeys;
  readonly mac: MemoryMac;
  readonly directory: MemoryDirectory;
  readonly keyControl: MemoryKeyControl;
  readonly bus: MemoryBus;
  readonly pager: MemoryPager;
  /** The deployed verifier that `revoke` asks; a test gives it its answer. */
  readonly verifier: MemoryVerifier;
  readonly usage: MemoryUsage;
  readonly log: MemoryLog;
  readonly metrics: MemoryMetrics;
}

/** @example const ports = createMemoryPorts(createWorld({ seed: 1 })); */
export function createMemoryPorts(world: World): MemoryPorts {
  return {
    clock: world.clock,
    random: world.random,
    registry: createMemoryRegistry(world),
    vault: createMemoryVault(world),
    keys: createMemoryKeys(world),
    mac: createMemoryMac(world),
    directory: createMemoryDirectory(world),
    keyControl: createMemoryKeyControl(world),
    bus: createMemoryBus(world),
    pager: createMemoryPager(world),
    verifier: createMemoryVerifier(world),
    usage: createMemoryUsage(world),
    log: createMemoryLog(),
    metrics: createMemoryMetrics(),
  };
}
