import { AsyncLocalStorage } from 'node:async_hooks';
import { PortError } from '#core/ports.ts';
import type { TokenRecord } from '#core/records.ts';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import type { DeclaredToken } from '#core/token/declaration.ts';
import type { Verdict, Verifier } from '#functions/authorize/verifier.ts';
import { ORDERS, secretRead, TIMING, usage } from '#test/loop/system.ts';
import type { PortCall } from '#test/ports/world.ts';
import { after, before, type Fault, faultsAt } from './faults.ts';
import { type Answer, createFunctions, type Delivery, type Functions, textOf } from './functions.ts';
import { createOracle, type Oracle, type Violation } from './oracle.ts';
import { nameOf, POINTS } from './points.ts';
import { currentIsAccepted, settledState, tokenOf } from './promises.ts';
import { createTimeline, type Timeline } from './timeline.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long a history lasts before the faults stop, and how long it is given to come to rest. */
const LIVED_MS = 5 * HOUR;
const REST_MS = 7 * HOUR;

/** What happened in one history. */
export interface Lived {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly seen: Readonly<Record<Seen, number>>;
  /** The last calls before the first violation, for a person to read. */
  readonly story: readonly string[];
}

type Seen =
  | 'turns'
  | 'faults'
  | 'crashes'
  | 'allowed'
  | 'denied'
  | 'refetched'
  | 'rotations'
  | 'orders'
  | 'responses'
  | 'thefts';

interface Invocation {
  readonly name: string;
  dead: boolean;
}

const DECLARED: readonly DeclaredToken[] = [
  { ...ORDERS, rotationHours: 4, rotationWindowHours: 1, hardMaxHours: 24 },
  {
    ...ORDERS,
    id: 'prices',
    criticality: 'production',
    rotationHours: 4,
    rotationWindowHours: 1,
    hardMaxHours: 24,
  },
];

const NEED = { audience: 'prices', scopes: ['prices:read'] };

/**
 * Lives one history: a rotation service, overlapping sweeps, responders with duplicate deliveries, operators, a
 * deployer, consumers that cache, verifiers that cache, and a thief, all at once. Every port call takes its time
 * on the way there and back, so calls of different invocations cross in every order; some meet a fault.
 */
export async function liveThrough(seed: number): Promise<Lived> {
  const functions = createFunctions({ seed, policy: DEFAULT_POLICY });
  const { world } = functions;
  const secrets = new Map<string, string>();
  for (const declared of DECLARED) {
    const arn = functions.prepare(declared.id, declared.principal);
    secrets.set(declared.id, arn);
    await functions.invoke({ fn: 'issue', register: arn, declaration: declared, requestId: 'request-1' });
  }
  const oracle = createOracle(functions, { concurrent: true });
  oracle.observe({ index: 0, port: 'registry', method: 'commit', args: [] });
  for (const arn of secrets.values())
    oracle.observe({ index: 0, port: 'vault', method: 'moveCurrent', args: [arn] });
  const timeline = createTimeline(world);
  const history = new History(functions, oracle, timeline, secrets);
  await history.live();
  return { seed, violations: oracle.violations, seen: history.seen, story: history.story };
}

class History {
  readonly seen: Record<Seen, number> = {
    turns: 0,
    faults: 0,
    crashes: 0,
    allowed: 0,
    denied: 0,
    refetched: 0,
    rotations: 0,
    orders: 0,
    responses: 0,
    thefts: 0,
  };
  readonly #told: { readonly at: number; readonly name: string; readonly what: string }[] = [];
  readonly #inside = new AsyncLocalStorage<Invocation>();
  readonly #faults = new Map<PortCall, Fault>();
  readonly #callers = new Map<PortCall, Invocation | undefined>();
  readonly #queue: unknown[] = [];
  readonly #rate: number;
  readonly #verifiers: Verifier[];
  readonly #functions: Functions;
  readonly #oracle: Oracle;
  readonly #timeline: Timeline;
  readonly #secrets: ReadonlyMap<string, string>;
  #invocations = 0;
  #resting = false;

  constructor(
    functions: Functions,
    oracle: Oracle,
    timeline: Timeline,
    secrets: ReadonlyMap<string, string>,
  ) {
    this.#functions = functions;
    this.#oracle = oracle;
    this.#timeline = timeline;
    this.#secrets = secrets;
    // Some histories are calm, so that what only concurrency breaks is not hidden behind faults.
    this.#rate = this.#chance(0.3) ? 0 : 0.03 * this.#random();
    this.#verifiers = Array.from({ length: 3 }, () => this.#verifier());
    functions.world.beforeCall = (call) => this.#before(call);
    functions.world.afterCall = (call) => this.#after(call);
  }

  async live(): Promise<void> {
    const ids = [...this.#secrets.keys()];
    const actors = [
      ...ids.flatMap((id) => [this.#rotations(id), this.#consumer(id), this.#consumer(id), this.#thief(id)]),
      this.#sweeps(),
      this.#sweeps(),
      this.#operator(),
      this.#responder(),
      this.#deployer(),
    ];
    const start = this.#functions.world.clock.monotonic();
    await this.#timeline.runUntil(start + LIVED_MS);
    this.#resting = true;
    await this.#timeline.runUntil(start + LIVED_MS + REST_MS);
    await Promise.race([Promise.all(actors), this.#timeline.runUntil(Number.POSITIVE_INFINITY)]);
    this.#end();
    this.seen.turns = this.#timeline.turns;
  }

  #random(): number {
    return this.#functions.world.random.next();
  }
  #chance(part: number): boolean {
    return this.#random() < part;
  }
  #between(least: number, most: number): number {
    return least + this.#random() * (most - least);
  }
  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
  #alive(): boolean {
    return !this.#resting && this.#oracle.violations.length === 0;
  }
  #now(): number {
    return this.#functions.ports.clock.now();
  }
  #tell(name: string, what: string): void {
    if (this.#oracle.violations.length > 0) return;
    this.#told.push({ at: this.#now(), name, what });
  }

  get story(): readonly string[] {
    const line = (at: number): string => new Date(at).toISOString().slice(11, 23);
    return this.#told.slice(-400).map(({ at, name, what }) => `${line(at)} ${name} ${what}`);
  }

  /** A call's way there, and what befalls it. */
  async #before(call: PortCall): Promise<void> {
    const mine = this.#inside.getStore();
    if (mine?.dead) return new Promise<never>(() => {});
    await this.#timeline.wait(this.#latency());
    if (mine?.dead) return new Promise<never>(() => {});
    this.#callers.set(call, mine);
    const possible = POINTS[nameOf(call)] === undefined ? [] : faultsAt(call, this.#functions.ports);
    // A stale answer is set up around one call at a time: here others may come between.
    const faults = possible.filter((fault) => fault !== 'stale');
    const struck = mine !== undefined && !this.#resting && faults.length > 0 && this.#chance(this.#rate);
    if (call.method !== 'due') this.#tell(mine?.name ?? 'verifier', nameOf(call));
    if (!struck) return;
    const fault = this.#pick(faults);
    this.#faults.set(call, fault);
    this.seen.faults++;
    this.#tell(mine.name, `${nameOf(call)}  <-- ${fault}`);
    if (fault === 'crash-before') this.#die(mine);
    return before(fault, call, this.#functions.ports);
  }

  async #after(call: PortCall): Promise<void> {
    const mine = this.#callers.get(call);
    this.#callers.delete(call);
    this.#oracle.acting(mine?.name.split(' ')[0] as Delivery['fn'] | undefined);
    this.#oracle.observe(call);
    const fault = this.#faults.get(call);
    this.#faults.delete(call);
    if (fault === 'crash-after' && mine !== undefined) this.#die(mine);
    if (fault !== undefined) await after(fault, call, this.#functions.ports);
    await this.#timeline.wait(this.#latency());
    if (mine?.dead) return new Promise<never>(() => {});
  }

  #die(invocation: Invocation): void {
    invocation.dead = true;
    this.seen.crashes++;
  }

  #latency(): number {
    return this.#chance(0.02) ? this.#between(50, 2_000) : this.#between(1, 20);
  }

  /** One invocation of a function: undefined where it crashed or threw. A crash is noticed by a time-out. */
  async #invoke(delivery: Delivery): Promise<Answer | undefined> {
    const { step } = delivery as { step?: string };
    const invocation: Invocation = {
      name: `${delivery.fn} #${this.#invocations++}${step === undefined ? '' : ` ${step}`}`,
      dead: false,
    };
    let thrown: unknown;
    let answer: Answer | undefined;
    const running = this.#inside.run(invocation, async () => {
      try {
        answer = await this.#functions.invoke(delivery);
      } catch (fault) {
        thrown = fault;
      }
    });
    const watch = async (): Promise<void> => {
      while (!invocation.dead && answer === undefined && thrown === undefined) await this.#timeline.wait(500);
    };
    await Promise.race([running, watch()]);
    this.#oracle.end(
      delivery,
      { ...(answer === undefined ? {} : { answer }), ...(thrown === undefined ? {} : { fault: thrown }) },
      0,
    );
    return answer;
  }

  /** Secrets Manager: the schedule, RotateSecret, and its retries. */
  async #rotations(id: string): Promise<void> {
    const arn = this.#secrets.get(id) ?? '';
    const { vault } = this.#functions.ports;
    let next = this.#now() + this.#between(10 * MINUTE, 2 * HOUR);
    for (;;) {
      if (this.#oracle.violations.length > 0) return;
      const asked = vault.asked().find(({ secretArn }) => secretArn === arn);
      if (asked !== undefined) {
        vault.taken(asked.versionId);
        await this.#rotateToEnd(arn, asked.versionId);
        continue;
      }
      if (this.#now() < next) {
        await this.#timeline.wait(this.#resting ? 5 * MINUTE : this.#between(1_000, 20_000));
        if (this.#over()) return;
        continue;
      }
      next = this.#now() + (this.#resting ? 4 * HOUR : this.#between(HOUR, 4 * HOUR));
      const secret = vault.secretOf(arn);
      if (!secret.rotationEnabled) continue;
      await this.#rotateToEnd(arn, vault.begin(arn));
    }
  }

  /** What is under way ends; nothing new begins. */
  #over(): boolean {
    return this.#functions.world.clock.monotonic() > LIVED_MS + REST_MS - HOUR;
  }

  async #rotateToEnd(arn: string, versionId: string): Promise<void> {
    const { vault } = this.#functions.ports;
    this.seen.rotations++;
    for (let attempt = 1; attempt <= 3; attempt++) {
      if (attempt > 1) await this.#timeline.wait(this.#between(10_000, 90_000));
      let failed = false;
      for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
        const secret = vault.secretOf(arn);
        const labels = secret.versions[versionId]?.stages ?? [];
        if (!secret.rotationEnabled || (!labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT')))
          return;
        const delivery = { fn: 'rotate', step, secretArn: arn, versionId } as const;
        // A late repeat of a step that seemed lost runs beside the rest.
        if (!this.#resting && this.#chance(0.03)) void this.#later(delivery);
        if ((await this.#invoke(delivery)) === undefined) {
          failed = true;
          break;
        }
        await this.#timeline.wait(this.#between(50, 2_000));
      }
      if (!failed && vault.complete(arn, versionId)) return;
    }
  }

  async #later(delivery: Delivery): Promise<void> {
    // Lambda's own queue may hold an event for hours.
    await this.#timeline.wait(this.#between(0, this.#chance(0.5) ? MINUTE : 3 * HOUR));
    if (!this.#resting) await this.#invoke(delivery);
  }

  async #sweeps(): Promise<void> {
    for (;;) {
      await this.#timeline.wait(this.#between(8 * MINUTE, 12 * MINUTE) * (this.#resting ? 2 : 1));
      if (this.#oracle.violations.length > 0) return;
      if (this.#functions.world.clock.monotonic() > LIVED_MS + REST_MS) return;
      await this.#invoke({ fn: 'sweep' });
    }
  }

  /** Somebody on call, who asks again until there is an answer. */
  async #operator(): Promise<void> {
    while (this.#alive()) {
      await this.#timeline.wait(this.#between(10 * MINUTE, 90 * MINUTE));
      if (!this.#alive()) return;
      const tokenId = this.#pick([...this.#secrets.keys()]);
      const standing = tokenOf(this.#functions, tokenId)?.standing;
      const usual =
        standing === 'suspended' ? ['release', 'release', 'reissue'] : ['suspend', 'reissue', 'rotate'];
      const action = this.#chance(0.03) ? 'revoke' : this.#pick(usual);
      const key = tokenOf(this.#functions, tokenId)?.versions[0]?.keyId;
      const target =
        this.#chance(0.1) && key !== undefined ? { action: 'revoke', keyId: key } : { action, tokenId };
      const body = {
        ...target,
        reason: 'looks odd',
        incidentId: `INC-${this.seen.orders}`,
        noWait: this.#chance(0.5),
      };
      this.seen.orders++;
      for (let tries = 0; tries < 3; tries++)
        if ((await this.#invoke({ fn: 'revoke', body })) !== undefined) break;
    }
    await this.#release();
  }

  /** Nobody leaves a token suspended for ever. */
  async #release(): Promise<void> {
    if (this.#oracle.violations.length > 0) return;
    for (const tokenId of this.#secrets.keys())
      if (tokenOf(this.#functions, tokenId)?.standing === 'suspended') {
        const body = { action: 'release', tokenId, reason: 'over', incidentId: 'INC-END', noWait: true };
        await this.#invoke({ fn: 'revoke', body });
      }
  }

  /** A queue that delivers at least once, sometimes to two at a time. */
  async #responder(): Promise<void> {
    for (;;) {
      await this.#timeline.wait(this.#between(1_000, 20_000));
      if (this.#oracle.violations.length > 0) return;
      // Lambda takes what is there, up to ten.
      const bodies = this.#queue.splice(0, 1 + Math.floor(this.#random() * 10));
      if (bodies.length === 0) {
        if (this.#resting) return this.#release();
        continue;
      }
      this.seen.responses += bodies.length;
      const copies = this.#chance(0.3) ? 2 + Math.floor(this.#random() * 3) : 1;
      await Promise.all(Array.from({ length: copies }, () => this.#deliver(bodies)));
    }
  }

  async #deliver(bodies: readonly unknown[]): Promise<void> {
    let left = bodies;
    for (let tries = 0; tries < 4; tries++) {
      await this.#timeline.wait(this.#between(0, 500));
      const answer = await this.#invoke({ fn: 'respond', bodies: left });
      if (answer?.fn !== 'respond') continue;
      const failed = new Set(answer.batch.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      left = left.filter((_, at) => failed.has(`m${at}`));
      if (left.length === 0) return;
    }
  }

  async #deployer(): Promise<void> {
    for (let deploys = 0; this.#alive(); deploys++) {
      await this.#timeline.wait(this.#between(HOUR, 4 * HOUR));
      if (!this.#alive()) return;
      const declared = this.#pick(DECLARED);
      const register = this.#secrets.get(declared.id) ?? '';
      if (tokenOf(this.#functions, declared.id)?.standing !== 'active') continue;
      const declaration = { ...declared, purpose: `release ${deploys}` };
      for (let tries = 0; tries < 3; tries++) {
        const requestId = `deploy-${deploys}-${declared.id}`;
        if ((await this.#invoke({ fn: 'issue', register, declaration, requestId })) !== undefined) break;
      }
      this.#verifiers[deploys % 3] = this.#verifier();
    }
  }

  /** A container of `authorize`: its reads end within R, by a throw if need be. */
  #verifier(): Verifier {
    const { clock } = this.#functions.ports;
    return this.#functions.verifier((store) => {
      const bounded = async <T>(read: () => Promise<T>): Promise<T> => {
        const sent = clock.monotonic();
        const value = await read();
        if (clock.monotonic() - sent <= TIMING.readTimeoutMs) return value;
        throw new PortError('TimeoutError', { outcome: 'maybe-applied', retryable: true });
      };
      return { get: (key) => bounded(() => store.get(key)), feed: () => bounded(() => store.feed()) };
    });
  }

  async #ask(text: string, ip: string): Promise<Verdict> {
    const verdict = await this.#pick(this.#verifiers).verify(text, { ...NEED, source: { ip } });
    if (verdict.allow) {
      this.seen.allowed++;
      this.#oracle.accepted(verdict.version.keyId, TIMING.feedMaxAgeMs + TIMING.readTimeoutMs);
      if (!ip.startsWith('10.'))
        this.#oracle.report('S11', `${verdict.version.keyId} was accepted from ${ip}`);
    } else this.seen.denied++;
    return verdict;
  }

  /** A service that keeps its token for its cache time, and reads again, once, on a refusal. */
  async #consumer(id: string): Promise<void> {
    const arn = this.#secrets.get(id) ?? '';
    let text = '';
    let readAt = Number.NEGATIVE_INFINITY;
    /** Where every version was ended, AWSCURRENT may be one that is on its way into the registry. */
    let good = false;
    const readNow = (): void => {
      text = textOf(this.#functions, arn) ?? '';
      good = this.#oracle.accepts(text);
      readAt = this.#now();
    };
    while (this.#alive()) {
      await this.#timeline.wait(this.#between(5_000, 3 * MINUTE));
      const cacheMs = tokenOf(this.#functions, id)?.policy.consumerCacheMs ?? 0;
      if (this.#now() - readAt >= cacheMs) {
        readNow();
      }
      const asked = this.#now();
      const verdict = await this.#ask(text, '10.1.2.3');
      if (verdict.allow) continue;
      if (good) this.#refused(id, verdict, asked);
      if (textOf(this.#functions, arn) === text) continue;
      this.seen.refetched++;
      readNow();
      const second = await this.#ask(text, '10.1.2.3');
      if (!second.allow && good) this.#refused(id, second, asked);
    }
  }

  /** What a consumer held was valid unless somebody ended it (S1). */
  #refused(id: string, verdict: Extract<Verdict, { allow: false }>, asked: number): void {
    const token: TokenRecord | undefined = tokenOf(this.#functions, id);
    if (verdict.reason === 'unavailable' || token === undefined) return;
    const keyId = verdict.version?.keyId;
    const ordered =
      (verdict.reason === 'revoked' && keyId !== undefined && this.#oracle.ordered(keyId)) ||
      (verdict.reason === 'suspended' && this.#oracle.wasSuspended(id, asked));
    if (ordered || (verdict.reason === 'expired' && token.versions.every(({ state }) => state !== 'current')))
      return;
    const hard = verdict.version?.fields.hardMaxAt;
    if (hard !== undefined && this.#now() >= hard) return;
    this.#oracle.report('S1', `a consumer of ${id} was refused ${keyId ?? 'its token'}: ${verdict.reason}`);
  }

  async #thief(id: string): Promise<void> {
    const arn = this.#secrets.get(id) ?? '';
    for (let theft = 0; this.#alive(); theft++) {
      await this.#timeline.wait(this.#between(30 * MINUTE, 4 * HOUR));
      if (!this.#alive()) return;
      this.seen.thefts++;
      const text = textOf(this.#functions, arn) ?? '';
      if (this.#chance(0.4)) {
        this.#queue.push(secretRead({ secretId: arn, eventId: `read-${id}-${theft}` }));
        continue;
      }
      for (let uses = 0; uses < 4; uses++) {
        const verdict = await this.#ask(text, uses < 2 ? '203.0.113.66' : '10.66.6.6');
        const keyId = verdict.version?.keyId;
        if (!verdict.allow && verdict.reason === 'network' && keyId !== undefined)
          this.#queue.push(
            usage({ keyId, tokenId: id, at: this.#now(), usageId: `use-${id}-${theft}-${uses}` }),
          );
        await this.#timeline.wait(this.#between(1_000, 5 * MINUTE));
      }
    }
  }

  #end(): void {
    if (this.#oracle.violations.length > 0) return;
    for (const { invariant, seen } of settledState(this.#functions)) this.#oracle.report(invariant, seen);
    for (const [id, arn] of this.#secrets) {
      if (tokenOf(this.#functions, id)?.standing !== 'active') continue;
      for (const { invariant, seen } of currentIsAccepted(this.#functions, arn, 'L1'))
        this.#oracle.report(invariant, seen);
    }
  }
}
