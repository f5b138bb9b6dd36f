import { setImmediate as settled } from 'node:timers/promises';
import {
  type Clock,
  type MacEngine,
  type Metrics,
  PortError,
  type Random,
  type VerifierStore,
} from '#core/ports.ts';
import type { RecordKey } from '#core/records.ts';
import type { Verdict } from '#functions/authorize/verifier.ts';
import type { World } from '../ports/world.ts';
import { type Place, R } from './plan.ts';
import type { Judging } from './planted.ts';
import type { Truth } from './truth.ts';

/** What a request came to. All times true; `wall`: what the container's own clock said at the verdict. */
export interface Answered {
  readonly place: number;
  readonly keyId: string;
  readonly askedAt: number;
  readonly at: number;
  readonly repliedAt: number;
  readonly wall: number;
  readonly verdict: Verdict;
  /** Something between question and verdict was slow or failed, or took time from the container. */
  readonly disturbed: boolean;
  readonly bound: number;
  /** Its cache has room for every version there is. */
  readonly remembers: boolean;
}

export interface Container {
  ask(text: string, keyId: string): Promise<Answered>;
  /** Its wall clock steps, or it freezes: as the plan has it. False: it is a Lambda at work, which cannot freeze. */
  trouble(ms: number, back: boolean): boolean;
  readonly met: { timeouts: number; torn: number };
}

const ENVIRONMENT = 'dev';
const NEED = { audience: 'prices', scopes: ['prices:read'], source: { ip: '10.1.2.3' } };

/** A verifier in a container with time of its own, whose reads take theirs. */
export function createContainer(
  index: number,
  place: Place,
  there: {
    readonly world: World;
    readonly truth: Truth;
    readonly mac: MacEngine;
    readonly metrics: Metrics;
    readonly random: Random;
  },
  { createVerifier, createAuthorizeRun }: Judging,
): Container {
  const { world, truth, random } = there;
  const met = { timeouts: 0, torn: 0 };
  const trueNow = (): number => world.clock.monotonic();
  let stepped = 0;
  let hidden = 0;
  let frozen: { readonly from: number; until: number } | undefined;
  let disturbedAt = Number.NEGATIVE_INFINITY;
  let atWork = 0;

  const disturb = (): void => {
    disturbedAt = trueNow();
  };
  const thaw = (): void => {
    if (frozen === undefined || trueNow() < frozen.until) return;
    hidden += frozen.until - frozen.from;
    frozen = undefined;
  };
  /** Nothing of a frozen container runs. */
  async function awake(): Promise<void> {
    for (thaw(); frozen !== undefined; thaw()) await world.clock.sleep(frozen.until - trueNow());
  }
  const clock: Clock = {
    now: () => world.clock.now() + stepped,
    monotonic: () => {
      thaw();
      return (frozen?.from ?? trueNow()) - hidden;
    },
    sleep: async (ms) => {
      await world.clock.sleep(ms);
      await awake();
    },
  };

  /** There and back, each with its own delay; what takes longer than R is a time-out at R. */
  async function read<V>(perform: () => V): Promise<V> {
    const [there, back] = [delay(random), delay(random)];
    const lost = random.next() < 0.01;
    if (there > 0) await world.clock.sleep(Math.min(there, R));
    const value = perform();
    const rest = Math.min(back, R - there);
    if (rest > 0) await world.clock.sleep(rest);
    if (there + back <= R && !lost) {
      await awake();
      return value;
    }
    await awake();
    met.timeouts++;
    // Only now: whoever has joined this read by now is disturbed by it too.
    disturb();
    throw new PortError('timeout', { outcome: 'not-applied', retryable: true });
  }
  const store: VerifierStore = {
    feed: () => read(() => truth.readFeed()),
    get: (key) =>
      read(() => {
        const { record, torn } = truth.readRecord(keyIdOf(key));
        if (torn) {
          met.torn++;
          disturb();
        }
        return record as never;
      }),
  };
  const mac: MacEngine = place.slowMac
    ? {
        ...there.mac,
        remake: async (message, pepper) => {
          if (random.next() < 0.5) {
            disturb();
            await world.clock.sleep(random.next() * 900);
            await awake();
          }
          return there.mac.remake(message, pepper);
        },
      }
    : there.mac;
  const verifier = createVerifier(
    { store, mac, clock, metrics: there.metrics },
    {
      environment: ENVIRONMENT,
      feedMaxAgeMs: place.feedMaxAgeMs,
      readTimeoutMs: R,
      recordCacheMaxMs: place.recordCacheMaxMs,
      recordCacheMaxEntries: place.recordCacheMaxEntries,
    },
  );
  const bound = place.feedMaxAgeMs + R;

  async function asked(text: string, keyId: string): Promise<Answered> {
    await awake();
    const askedAt = trueNow();
    const verdict = await verifier.verify(text, NEED);
    const at = trueNow();
    // Two reads of R each may together outlast a T shorter than R.
    const disturbed = disturbedAt >= askedAt || place.feedMaxAgeMs < R;
    const remembers = place.recordCacheMaxEntries > 1;
    const [wall, repliedAt] = [clock.now(), at];
    return { place: index, keyId, askedAt, at, repliedAt, wall, verdict, disturbed, bound, remembers };
  }

  let verdictOfRun: Omit<Answered, 'repliedAt'> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const authorize = createAuthorizeRun(
    {
      verifier: {
        ...verifier,
        verify: async (text) => {
          verdictOfRun = await asked(text, '');
          return verdictOfRun.verdict;
        },
      },
      usage: {
        send: async () => {
          if (random.next() < 0.7) await clock.sleep(random.next() * 600);
          if (random.next() < 0.2) throw new Error('the queue is away');
        },
      },
      clock,
      log: { info() {}, warn() {}, error() {} },
      metrics: there.metrics,
    },
    { audience: NEED.audience, routes: { 'GET /prices': NEED.scopes } },
  );
  async function invoked(text: string, keyId: string): Promise<Answered> {
    await awake();
    const answer = await authorize({
      version: '2.0',
      type: 'REQUEST',
      routeKey: 'GET /prices',
      headers: { authorization: `Bearer ${text}` },
      requestContext: {
        http: { method: 'GET', sourceIp: NEED.source.ip, userAgent: `client ${random.next()}` },
      },
    });
    if (verdictOfRun === undefined) throw new Error('authorize gave no verdict');
    const done = { ...verdictOfRun, keyId, repliedAt: trueNow() };
    if ((answer as { isAuthorized: boolean }).isAuthorized !== done.verdict.allow) {
      throw new Error('authorize answered other than its verifier');
    }
    return done;
  }

  return {
    met,
    async ask(text, keyId) {
      if (place.runs === 'service') return asked(text, keyId);
      const mine = turn.then(async () => {
        atWork++;
        try {
          return await invoked(text, keyId);
        } finally {
          atWork--;
        }
      });
      turn = mine.then(settled);
      return mine;
    },
    trouble(ms, back) {
      if (place.trouble === 'step') {
        stepped += back ? -ms : ms;
        disturb();
        return true;
      }
      thaw();
      if (place.runs === 'lambda' && atWork > 0) return false;
      disturb();
      if (frozen === undefined) frozen = { from: trueNow(), until: trueNow() + ms };
      else frozen.until += ms;
      return true;
    },
  };
}

const keyIdOf = (key: RecordKey): string => key.pk.slice('KEY#'.length);

/** Mostly quick, sometimes slow, sometimes as long as can be. */
function delay(random: Random): number {
  const kind = random.next();
  if (kind < 0.45) return 0;
  if (kind < 0.75) return Math.floor(random.next() * 20);
  if (kind < 0.97) return Math.floor((random.next() * R) / 2);
  return random.next() < 0.5 ? R / 2 : R;
}
