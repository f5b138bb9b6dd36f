import { create } from '#core/change.ts';
import { PortError } from '#core/ports.ts';
import type { FeedRecord, VersionRecord } from '#core/records.ts';
import { Secret } from '#core/secret.ts';
import { IssueError } from '#functions/issue/ports.ts';
import { readTokenValue } from '#issuers/api-token.ts';
import { ANN, NOW, version } from '../core/builders.ts';
import { createSystem, ORDERS, type System } from '../loop/system.ts';
import { createWorld } from '../ports/world.ts';
import { type Answered, createContainer } from './container.ts';
import { type Acknowledged, judge, type Lift, type Violation } from './judge.ts';
import type { Plan, Step } from './plan.ts';
import type { Judging } from './planted.ts';
import { count, nothingSeen, type Seen } from './seen.ts';
import { createTruth, type Truth } from './truth.ts';

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly seen: Seen;
}

const ORDER = { reason: 'seen in a paste', incidentId: 'INC-7' };
const ELSEWHERE = { ...ORDERS, networks: ['192.168.0.0/16'] };
const TORN_LONGEST_MS = 150;
const MOST_AT_ONCE = 90;

/**
 * Lives one history with the real functions, then judges it. Every operation begins at its time and nobody waits
 * for it; every call of a function and every read of a verifier takes a time of its own.
 */
export async function live(plan: Plan, judging: Judging): Promise<Outcome> {
  const system = createSystem(plan.seed);
  const { world, ports } = system;
  const random = createWorld({ seed: plan.seed ^ 0x5bd1e995 }).random;
  const seen = nothingSeen();
  const secretArn = await system.register();
  const truth = createTruth(() => world.clock.monotonic(), await ports.registry.feed());
  for (const item of ports.registry.items.values()) {
    if (item.kind === 'version') truth.tell([item], await ports.registry.feed(), 0, 'feed');
  }
  commitInHalves(system, truth, random, seen);
  world.beforeCall = ({ method }) =>
    method === 'feed' || random.next() < 0.6 ? undefined : world.clock.sleep(Math.floor(random.next() * 25));
  const verifiers = plan.places.map((place, index) => {
    const { random: own } = createWorld({ seed: plan.seed + index + 1 });
    return createContainer(index, place, { ...ports, world, truth, random: own }, judging);
  });

  const answers: Answered[] = [];
  const acknowledged: Acknowledged[] = [];
  const lifts: Lift[] = [];
  const faults: Violation[] = [];
  const under: Promise<unknown>[] = [];
  const begin = (what: string, operation: () => Promise<unknown>): void => {
    under.push(
      operation().catch((fault: unknown) => {
        if (!isExpected(fault)) faults.push(`${what} threw ${fault instanceof Error ? fault.stack : fault}`);
      }),
    );
  };
  /** One that may end a suspension. */
  const beginLift = (what: string, operation: () => Promise<unknown>): void => {
    const lift = { from: world.clock.monotonic(), until: Number.POSITIVE_INFINITY };
    lifts.push(lift);
    begin(what, () =>
      operation().finally(() => {
        lift.until = world.clock.monotonic();
      }),
    );
  };

  async function order(
    action: 'suspend' | 'release' | 'revoke' | 'reissue',
    more: { readonly keyId?: string; readonly noWait?: boolean; readonly until?: string } = {},
  ): Promise<void> {
    const orderedAt = world.clock.monotonic();
    const target = more.keyId === undefined ? { tokenId: 'orders' } : {};
    const result = await system.order({ action, ...target, ...ORDER, ...more });
    if (result.status === 400) throw new Error(result.error.problem);
    const [receipt] = result.answer.receipts;
    if (receipt === undefined || action === 'release') return;
    seen.receipts++;
    const { verifier } = receipt;
    acknowledged.push({
      action: more.keyId === undefined ? action : 'revoke-key',
      keyIds: result.answer.keyIds,
      orderedAt,
      effectiveBy: Date.parse(receipt.effectiveBy) - world.clock.now() + world.clock.monotonic(),
      returnedAt: world.clock.monotonic(),
      waited: more.noWait !== true,
      wouldAllow: 'wouldAllow' in verifier ? verifier.wouldAllow : undefined,
    });
  }

  function ask(at: number, which: number, times: number, withinMs: number): void {
    const token = tokensIn(system, secretArn).at(which);
    const verifier = verifiers[at];
    if (token === undefined || verifier === undefined) return;
    for (let asked = 0; asked < times; asked++) {
      begin('ask', async () => {
        if (withinMs > 0) await world.clock.sleep(Math.floor(random.next() * withinMs));
        answers.push(await verifier.ask(token.text, token.keyId));
      });
    }
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'ask':
        return ask(step.at, step.version, step.times, step.withinMs);
      case 'rush':
        ask(step.at, 0, 4, 30);
        if (step.change === 'release') beginLift('release', () => order('release', { noWait: true }));
        else begin('suspend', () => order('suspend', { noWait: true }));
        return ask(step.at, 0, 5, 700);
      case 'suspend': {
        const until = new Date(world.clock.now() + step.forMs).toISOString();
        return begin('suspend', () => order('suspend', step.forMs === 0 ? {} : { until, noWait: true }));
      }
      case 'release':
      case 'reissue':
        return beginLift(step.do, async () => {
          await order(step.do, { noWait: !step.wait });
          await ports.vault.settle();
        });
      case 'revoke':
        return begin('revoke', () => order('revoke', { noWait: !step.wait }));
      case 'revoke-key': {
        const keyId = tokensIn(system, secretArn).at(step.version)?.keyId;
        return keyId === undefined
          ? undefined
          : begin('revoke', () => order('revoke', { keyId, noWait: !step.wait }));
      }
      case 'rotate':
        return begin('rotate', () => ports.vault.trigger(secretArn));
      case 'sweep':
        return beginLift('sweep', async () => {
          await system.sweep();
          await ports.vault.settle();
        });
      case 'rebind':
        return begin('rebind', () => system.register(step.inside ? ORDERS : ELSEWHERE));
      case 'burst':
        return begin('burst', async () => {
          if (step.suspends) await order('suspend', { noWait: true });
          await othersEnd(system, step.keyIds);
        });
      case 'trouble':
        if (verifiers[step.at]?.trouble(step.ms, random.next() < 0.5)) seen['freezes and steps']++;
        return;
      case 'skip':
        return world.clock.sleep(Math.max(0, nextEnd(system, step.to) + step.past - world.clock.now()));
    }
  }

  for (const step of plan.steps) {
    if (step.after > 0) await world.clock.sleep(step.after);
    await take(step);
  }
  for (let done = 0; done < under.length; done = under.length) await Promise.all(under.slice(done));
  count(seen, answers, truth);
  for (const { met } of verifiers) {
    seen['torn reads'] += met.torn;
    seen['time-outs'] += met.timeouts;
  }
  return { violations: [...faults, ...judge({ truth, answers, acknowledged, lifts })], seen };
}

/** From here on a transaction may be seen in halves, and is acknowledged only when it is whole. */
function commitInHalves(
  { world, ports }: System,
  truth: Truth,
  random: System['ports']['random'],
  seen: Seen,
): void {
  const { registry } = ports;
  const commit = registry.commit;
  registry.commit = async (change) => {
    const oldest = (await registry.feed()).oldestGen;
    const done = await commit(change);
    if (!done.ok) return done;
    const records = change.writes.flatMap((write) => {
      const stored =
        write.kind === 'put' && write.record.kind === 'version'
          ? registry.items.get(`KEY#${write.record.keyId}|KEY`)
          : undefined;
      return stored?.kind === 'version' && stored.fields.tokenId === 'orders' ? [stored] : [];
    });
    const feed: FeedRecord = await registry.feed();
    if (feed.oldestGen > oldest) seen.overflows++;
    if (change.audit.some(({ action }) => action === 'version.promoted')) seen.promotions++;
    const tornMs =
      change.feed.length > 0 && random.next() < 0.4 ? Math.floor(random.next() * TORN_LONGEST_MS) : 0;
    const hidden = random.next() < 0.6 ? 'records' : 'feed';
    truth.tell(records, feed, world.clock.monotonic() + tornMs, hidden);
    if (tornMs > 0) await world.clock.sleep(tornMs);
    return { ok: true, value: { ...done.value, committedAt: world.clock.now() } };
  };
}

/** What the vault holds, newest first: consumers may have any of it, a thief the pending one too. */
function tokensIn(system: System, secretArn: string): readonly { text: string; keyId: string }[] {
  return Object.values(system.ports.vault.secretOf(secretArn).versions)
    .toReversed()
    .flatMap(({ value }) => {
      const token = value === undefined ? undefined : readTokenValue(Secret.of(value));
      return token === undefined ? [] : [{ text: token.token.reveal(), keyId: token.keyId }];
    });
}

function nextEnd(system: System, to: 'retirement' | 'end'): number {
  const ends = [...system.ports.registry.items.values()].flatMap((item) => {
    if (item.kind !== 'version' || item.fields.tokenId !== 'orders') return [];
    const { state, expiresAt } = item as VersionRecord;
    return state === 'retiring' || (to === 'end' && (state === 'current' || state === 'pending'))
      ? [expiresAt]
      : [];
  });
  return ends.length === 0 ? 0 : Math.min(...ends);
}

/** Other credentials end, many at once: the feed drops what is oldest. */
async function othersEnd({ ports }: System, many: number): Promise<void> {
  const first = ports.registry.items.size * 1_000;
  const fields = { ...version().fields, tokenId: 'others' };
  for (let done = 0; done < many; done += MOST_AT_ONCE) {
    const keyIds = Array.from(
      { length: Math.min(MOST_AT_ONCE, many - done) },
      (_, index) => `other${String(first + done + index).padStart(11, '0')}`,
    );
    await ports.registry.commit({
      writes: keyIds.map((keyId) => create(version({ keyId, state: 'revoked', fields }))),
      audit: [{ action: 'version.revoked', at: NOW, actor: ANN }],
      feed: keyIds,
    });
  }
}

/** A registry that would not hold still, and a declaration of an id that was revoked meanwhile. */
const isExpected = (fault: unknown): boolean =>
  fault instanceof IssueError ||
  (fault instanceof PortError && ['conflict', 'registry-busy'].includes(fault.code));
