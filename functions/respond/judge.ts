import type { Fact } from '#core/detection/fact.ts';
import { groupOf } from '#core/detection/judge-group.ts';
import { emptyMemory, type Judgement, judgeFacts, type Memory } from '#core/detection/memory.ts';
import { habitsRecord, memoryOf } from '#core/detection/memory-text.ts';
import { NO_ATLAS } from '#core/detection/place.ts';
import { contractsOf } from '#core/detection/registry-contracts.ts';
import { ruleSetOf } from '#core/detection/verdict.ts';
import { keys } from '#core/keys.ts';
import type { HabitsRecord, TokenRecord } from '#core/records.ts';
import { inheritanceOf, rememberMints } from './lineage.ts';
import type { RespondConfig, RespondPorts } from './run.ts';
import { type Tokens, tokenOf, tokensOf } from './tokens.ts';

const ATTEMPTS = 8;
const WAIT_MS = 20;

/** What one event came to. */
export interface JudgedEvent {
  readonly judgements: readonly Judgement[];
  readonly ruleSet: string;
  /** The token that a fact is about: its own, or the one whose secret it touched. */
  readonly ownerOf: (fact: Fact) => string | undefined;
  /** What kept it from being remembered: the response goes on, and the event comes again. */
  readonly faults: readonly unknown[];
}

/**
 * Judges an event's facts by the very functions of a replay, each group of them on top of what is remembered of it,
 * and remembers them. What our own functions do is no evidence of anything (S10).
 */
export async function judgeEvent(
  facts: readonly Fact[],
  ports: RespondPorts,
  config: RespondConfig,
): Promise<JudgedEvent> {
  const { policy, own } = config;
  const ours = contractsOf([], own);
  const groups = new Map<string, Fact[]>();
  for (const fact of facts) {
    if (ours.isExempt(fact.principal, fact.session)) continue;
    const group = groupOf(fact, ours);
    groups.set(group, [...(groups.get(group) ?? []), fact]);
  }
  const judgements: Judgement[] = [];
  const tokens: TokenRecord[] = [];
  const faults: unknown[] = [];
  for (const [subject, some] of groups) {
    const judged = await judgeSubject(subject, some, ports, config, faults);
    judgements.push(...judged.judgements);
    tokens.push(...judged.tokens);
  }
  await rememberMints(facts, ports, faults);
  const named = contractsOf(tokens, []);
  return { judgements, ruleSet: ruleSetOf(policy), ownerOf: (fact) => tokenOf(fact, tokens, named), faults };
}

async function judgeSubject(
  subject: string,
  facts: readonly Fact[],
  ports: RespondPorts,
  { policy, own }: RespondConfig,
  faults: unknown[],
): Promise<{ readonly judgements: readonly Judgement[]; readonly tokens: Tokens }> {
  const inherited = await inheritanceOf(facts, ports, { policy, own });
  for (let attempt = 1; ; attempt++) {
    const read = await ports.registry.get(keys.habits(subject));
    const memory = remembered(read, ports);
    const tokens = await tokensOf([...memory.recent, ...facts], ports);
    const world = { policy, contracts: contractsOf(tokens, own), atlas: NO_ATLAS };
    const judged = judgeFacts(memory, facts, world, ports.clock.now(), (credential) =>
      inherited.get(credential),
    );
    const next = habitsRecord(subject, judged.memory, read?.rev ?? 0);
    if (read !== undefined && JSON.stringify(next) === JSON.stringify(read)) return { ...judged, tokens };
    if (await stored(next, ports, faults)) return { ...judged, tokens };
    if (attempt === ATTEMPTS) {
      ports.metrics.count('HabitsContended');
      return { ...judged, tokens };
    }
    await ports.clock.sleep(WAIT_MS * 2 ** attempt * ports.random.next());
  }
}

/** Whether there is nothing more to store: a fault of the store must not hold a response up. */
async function stored(next: HabitsRecord, ports: RespondPorts, faults: unknown[]): Promise<boolean> {
  try {
    return await ports.registry.remember(next);
  } catch (fault) {
    faults.push(fault);
    return true;
  }
}

/** What a record remembers; one that cannot be read begins anew. */
function remembered(read: HabitsRecord | undefined, ports: RespondPorts): Memory {
  if (read === undefined) return emptyMemory();
  const memory = memoryOf(read);
  if (memory !== undefined) return memory;
  ports.metrics.count('HabitsUnreadable');
  ports.log.warn('what was remembered cannot be read and begins anew', { subject: read.subject });
  return emptyMemory();
}
