import { setImmediate as settled } from 'node:timers/promises';
import { create, update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { type MacEngine, PortError, type VerifierStore } from '#core/ports.ts';
import type { VersionRecord } from '#core/records.ts';
import {
  createVerifier,
  type Verdict,
  type Verifier,
  type VerifierConfig,
} from '#functions/authorize/verifier.ts';
import { ANN, NOW, version } from '../core/builders.ts';
import { createMemoryPorts, type MemoryPorts } from '../ports/ports.ts';
import { createWorld, type World } from '../ports/world.ts';
import { type Registered, registered } from './registered.ts';

export const T = 1_000;
export const R = 300;

export type Narrowing = 'revoke' | 'suspend';

/** `asks`: which of the verifiers are asked at once. `torn`: those asked while only the feed tells of the change. */
export type Step =
  | { readonly do: 'wait' | 'trouble'; readonly ms: number }
  | { readonly do: 'verify'; readonly asks: readonly number[] }
  | { readonly do: Narrowing | 'release' }
  | { readonly do: 'torn'; readonly change: Narrowing; readonly asks: readonly number[] }
  | { readonly do: 'burst'; readonly keyIds: number };

export interface Plan {
  readonly seed: number;
  readonly steps: readonly Step[];
  /** A wall clock that steps back, or a container that freezes: both at once can hide time from any container. */
  readonly trouble: 'step' | 'freeze';
  /** MACs of KMS, which take their time beyond R. */
  readonly slowMac: boolean;
}

/** What happened, to be judged. */
export interface Outcome {
  /** Acceptances at a time when the credential had been ended for longer than T + R. */
  readonly late: readonly { readonly at: number; readonly endedAt: number }[];
  readonly seen: Record<'allowed' | 'allowedAfterEnd' | 'denied' | 'overflows' | 'timeouts' | 'torn', number>;
}

interface Ended {
  readonly from: number;
  until: number;
}

const NEED = { audience: 'prices', scopes: ['prices:read'], source: { ip: '10.1.2.3' } };
const VERIFIERS = 3;

/**
 * Lives one history: reads that take up to R and meanwhile meet changes, freezes and steps; verifiers each with
 * caches of its own. Time moves only when every promise has settled, so that each verdict has one true time.
 */
export async function live(plan: Plan): Promise<Outcome> {
  const world = createWorld({ seed: plan.seed });
  const ports = createMemoryPorts(world);
  const target = await registered('target', ports);
  let frozen = 0;
  let burst = 0;
  let committing = false;
  let stale: VersionRecord | undefined;
  const ended: Ended[] = [];
  const late: { at: number; endedAt: number }[] = [];
  const seen = { allowed: 0, allowedAfterEnd: 0, denied: 0, overflows: 0, timeouts: 0, torn: 0 };
  /** True time, which no container can read. */
  const trueNow = (): number => world.clock.monotonic() + frozen;
  const chance = (part: number): boolean => world.random.next() < part;

  const freeze = (ms: number): void => {
    frozen += ms;
    world.clock.freeze(ms);
  };
  const trouble = (ms: number): void => {
    if (plan.trouble === 'step') world.clock.step(chance(0.5) ? ms : -ms);
    else freeze(ms);
  };

  async function change(what: Narrowing | 'release'): Promise<boolean> {
    const record = await ports.registry.get(keys.version(target.keyId));
    if (committing || record === undefined || record.state === 'revoked') return false;
    if (what !== 'revoke' && record.suspended === (what === 'suspend')) return false;
    committing = true;
    const next: VersionRecord =
      what === 'revoke' ? { ...record, state: 'revoked' } : { ...record, suspended: what === 'suspend' };
    const done = await ports.registry.commit({
      writes: [update(record, next)],
      audit: [{ action: 'version.revoked', at: NOW, actor: ANN, keyId: target.keyId }],
      feed: [target.keyId],
    });
    committing = false;
    return done.ok;
  }
  const note = (what: Narrowing | 'release'): void => {
    const open = ended.find(({ until }) => until === Number.POSITIVE_INFINITY);
    if (what === 'release' && open !== undefined) open.until = trueNow();
    if (what !== 'release' && open === undefined) {
      ended.push({ from: trueNow(), until: Number.POSITIVE_INFINITY });
    }
  };
  const changeAndNote = async (what: Narrowing | 'release'): Promise<void> => {
    if (await change(what)) note(what);
  };

  /** Other credentials end, many at once: the feed drops what is oldest. */
  async function others(count: number): Promise<void> {
    const keyIds = Array.from({ length: count }, () => `other${String(burst++).padStart(11, '0')}`);
    const before = (await ports.registry.feed()).oldestGen;
    await ports.registry.commit({
      writes: keyIds.map((keyId) => create(version({ keyId, state: 'revoked' }))),
      audit: [{ action: 'version.revoked', at: NOW, actor: ANN }],
      feed: keyIds,
    });
    if ((await ports.registry.feed()).oldestGen > before) seen.overflows++;
  }

  /** Half a read's way: some time, and what may happen meanwhile. */
  async function travel(): Promise<void> {
    await settled();
    if (chance(0.4)) world.clock.advance(chance(0.2) ? R / 2 : Math.floor((world.random.next() * R) / 2));
    if (chance(0.05)) trouble(Math.floor(world.random.next() * 3_000));
    if (chance(0.05)) await changeAndNote(chance(0.3) ? 'revoke' : chance(0.6) ? 'suspend' : 'release');
    await settled();
  }
  async function read<V>(perform: () => Promise<V>): Promise<V> {
    const sent = world.clock.monotonic();
    await travel();
    const value = await perform();
    await travel();
    if (world.clock.monotonic() - sent <= R && !chance(0.02)) return value;
    seen.timeouts++;
    throw new PortError('timeout', { outcome: 'not-applied', retryable: true });
  }
  const store: VerifierStore = {
    feed: () => read(() => ports.registry.feed()),
    get: (key) =>
      read(async () => {
        const record = await ports.registry.get(key);
        if (stale === undefined || key.pk !== keys.version(target.keyId).pk) return record;
        seen.torn++;
        return stale as typeof record;
      }),
  };
  const mac: MacEngine = plan.slowMac
    ? {
        ...ports.mac,
        remake: async (message, pepper) => {
          await settled();
          if (chance(0.3)) world.clock.advance(Math.floor(world.random.next() * 900));
          await settled();
          return ports.mac.remake(message, pepper);
        },
      }
    : ports.mac;
  const verifiers = Array.from({ length: VERIFIERS }, () => verifierOf({ ...ports, store, mac }));

  async function ask(which: number): Promise<void> {
    const verdict = await verifiers[which % VERIFIERS]?.verify(target.text, NEED);
    if (verdict !== undefined) judge(verdict);
  }
  function judge(verdict: Verdict): void {
    const at = trueNow();
    if (!verdict.allow) {
      seen.denied++;
      return;
    }
    seen.allowed++;
    const now = ended.find(({ from, until }) => from <= at && at < until);
    if (now !== undefined) seen.allowedAfterEnd++;
    if (now !== undefined && at > now.from + T + R) late.push({ at, endedAt: now.from });
    const voidAt = at + verdict.leftMs;
    if (now !== undefined && voidAt > now.from + T + R) late.push({ at: voidAt, endedAt: now.from });
  }

  for (const step of plan.steps) {
    await settled();
    switch (step.do) {
      case 'wait':
        world.clock.advance(step.ms);
        break;
      case 'trouble':
        trouble(step.ms);
        break;
      case 'verify':
        await Promise.all(step.asks.map(ask));
        break;
      case 'torn': {
        const before = await ports.registry.get(keys.version(target.keyId));
        if (!(await change(step.change))) break;
        stale = before;
        committing = true;
        await Promise.all(step.asks.map(ask));
        committing = false;
        stale = undefined;
        note(step.change);
        break;
      }
      case 'burst':
        await others(step.keyIds);
        break;
      default:
        await changeAndNote(step.do);
    }
  }
  return { late, seen };
}

/** A verifier with T, R and caches as deployed. */
export const verifierOf = (
  ports: Pick<MemoryPorts, 'clock' | 'metrics'> & { readonly store: VerifierStore; readonly mac: MacEngine },
  config: Partial<VerifierConfig> = {},
): Verifier =>
  createVerifier(ports, {
    environment: 'dev',
    feedMaxAgeMs: T,
    readTimeoutMs: R,
    recordCacheMaxMs: 60_000,
    recordCacheMaxEntries: 1_000,
    ...config,
  });

/** One credential, one verifier, nothing in the way. */
export async function calm(seed = 1): Promise<{
  readonly world: World;
  readonly ports: MemoryPorts;
  readonly target: Registered;
  readonly verifier: Verifier;
  verify(text?: string): Promise<Verdict>;
}> {
  const world = createWorld({ seed });
  const ports = createMemoryPorts(world);
  const target = await registered('target', ports);
  const verifier = verifierOf({ ...ports, store: ports.registry });
  return { world, ports, target, verifier, verify: (text = target.text) => verifier.verify(text, NEED) };
}
