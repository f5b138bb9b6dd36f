import { PortError } from '#core/ports.ts';
import type { PortCall } from '#test/ports/world.ts';
import type { Memory } from './functions.ts';
import { pointOf } from './points.ts';

/**
 * What may befall one call. `crash-…`: the container dies, and nothing after the call happens, no catch and no
 * finally. `lost-reply`: it took effect, the caller sees a time-out. `stale`: an answer from a moment ago.
 */
export const FAULTS = [
  'crash-before',
  'crash-after',
  'throttle',
  'timeout-before',
  'lost-reply',
  'denied',
  'stale',
  'refused',
] as const;

export type Fault = (typeof FAULTS)[number];

/** Secrets Manager, IAM and the indexes are behind by seconds, not by minutes. */
const STALE_MS = 5_000;

/** The faults that differ at this call: a read has no effect to lose, and what is consistent is never stale. */
export function faultsAt(call: PortCall, ports: Memory): readonly Fault[] {
  const { effect, stale } = pointOf(call);
  return FAULTS.filter((fault) => {
    if (fault === 'stale') return stale !== undefined && lagOf(call, ports) > 0;
    return effect === 'write' || (fault !== 'crash-after' && fault !== 'lost-reply');
  });
}

const never = (): Promise<never> => new Promise(() => {});

/** What a fault does before the call; a promise that never settles is a container that is gone. */
export function before(fault: Fault, call: PortCall, ports: Memory): undefined | Promise<never> {
  switch (fault) {
    case 'crash-before':
      return never();
    case 'throttle':
      throw thrown('ThrottlingException', 'not-applied', true);
    case 'timeout-before':
      throw thrown('TimeoutError', 'maybe-applied', true);
    case 'denied':
      throw thrown('AccessDeniedException', 'not-applied', false);
    case 'refused':
      throw thrown('ValidationException', 'not-applied', false);
    case 'stale':
      setLag(call, ports, lagOf(call, ports));
      return undefined;
    case 'crash-after':
    case 'lost-reply':
      return undefined;
  }
}

/** What a fault does once the call has taken effect. */
export function after(fault: Fault, call: PortCall, ports: Memory): undefined | Promise<never> {
  if (fault === 'stale') setLag(call, ports, 0);
  if (fault === 'crash-after') return never();
  if (fault === 'lost-reply') throw thrown('TimeoutError', 'maybe-applied', true);
  return undefined;
}

const thrown = (code: string, outcome: PortError['outcome'], retryable: boolean): PortError =>
  new PortError(code, { outcome, retryable });

/** How far behind a read must be to miss the latest write that it can miss; 0: there is none. */
function lagOf(call: PortCall, ports: Memory): number {
  const { stale } = pointOf(call);
  const now = ports.clock.now();
  if (stale === 'index') return now - lastCommit(ports) <= STALE_MS ? now - lastCommit(ports) + 1 : 0;
  const written =
    stale === 'iam'
      ? ports.keyControl.lastWriteAt(String(call.args[0]))
      : ports.vault.lastWriteAt(String(call.args[0]));
  return written !== undefined && now - written <= STALE_MS ? now - written + 1 : 0;
}

const lastCommit = (ports: Memory): number => Date.parse(ports.registry.log.at(-1)?.at ?? '1970-01-01');

function setLag(call: PortCall, ports: Memory, ms: number): void {
  const { stale } = pointOf(call);
  if (stale === 'index') ports.registry.indexLagMs = ms;
  else if (stale === 'iam') ports.keyControl.lagMs = ms;
  else ports.vault.lagMs = ms;
}
