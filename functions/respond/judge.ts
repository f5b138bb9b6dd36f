import { isTierZero } from '#core/detection/catalogue.ts';
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
  /** Every token that the facts are about. */
  readonly tokens: Tokens;
  /** Remembers what was too urgent to be remembered first. */
  readonly remember: () => Promise<void>;
  /** What kept it from being remembered: the response goes on, and the event comes again. */
  readonly faults: readonly unknown[];
}

/**
 * Judges an event's facts by the very functions of a replay, each group of them on top of what is remembered of it,
 * and remembers them: first, unless a contract is broken, which the response must not wait behind. What our own
 * functions do is no evidence of anything (S10).
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
  const left: (() => Promise<unknown>)[] = [];
  for (const [subject, some] of groups) {
    const judge = (first: 'respond' | 'remember'): ReturnType<typeof judgeSubject> =>
      judgeSubject(subject, some, ports, config, { first, faults });
    const judged = await judge('respond');
    judgements.push(...judged.judgements);
    tokens.push(...judged.tokens);
    if (judged.left) left.push(() => judge('remember'));
  }
  await rememberMints(facts, ports, faults);
  const named = contractsOf(tokens, []);
  return {
    judgements,
    ruleSet: ruleSetOf(policy),
    ownerOf: (fact) => tokenOf(fact, tokens, named),
    tokens,
    remember: async () => {
      for (const remember of left) await remember();
    },
    faults,
  };
}

interface JudgedSubject {
  readonly judgements: readonly Judgement[];
  readonly tokens: Tokens;
  /** Nothing is remembered of it yet. */
  readonly left: boolean;
}

const isUrgent = ({ told }: Judgement): boolean =>
  told.some(({ signal, weak }) => isTierZero(signal) && !weak);

async function judgeSubject(
  subject: string,
  facts: readonly Fact[],
  ports: RespondPorts,
  { policy, own }: RespondConfig,
  { first, faults }: { readonly first: 'respond' | 'remember'; readonly faults: unknown[] },
): Promise<JudgedSubject> {
  const inherited = await inheritanceOf(facts, ports, { policy, own });
  for (let attempt = 1; ; attempt++) {
    const read = await ports.registry.get(keys.habits(subject));
    const memory = remembered(read, ports);
    const tokens = await tokensOf([...memory.recent, ...facts], ports);
    // A token that is not stored (class `ephemeral`) is gone in minutes, and has no habits.
    if (tokens.length === 0 && facts.every(({ kind }) => kind === 'api-token'))
      return { judgements: [], tokens, left: false };
    const world = { policy, contracts: contractsOf(tokens, own), atlas: NO_ATLAS };
    const judged = judgeFacts(memory, facts, world, ports.clock.now(), (credential) =>
      inherited.get(credential),
    );
    const { judgements } = judged;
    if (first === 'respond' && judgements.some(isUrgent)) return { judgements, tokens, left: true };
    const done = { judgements, tokens, left: false };
    const next = habitsRecord(subject, judged.memory, read?.rev ?? 0);
    if (read !== undefined && JSON.stringify(next) === JSON.stringify(read)) return done;
    if (await stored(next, ports, faults)) return done;
    if (attempt === ATTEMPTS) {
      ports.metrics.count('HabitsContended');
      return done;
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
