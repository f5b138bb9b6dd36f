import type { Fact } from '#core/detection/fact.ts';
import { groupOf, type Inheritance } from '#core/detection/judge-group.ts';
import { isMint, legacyOf, withMint } from '#core/detection/lineage.ts';
import { emptyMemory, reachedBy } from '#core/detection/memory.ts';
import { habitsRecord, memoryOf } from '#core/detection/memory-text.ts';
import { type Observation, observationOf } from '#core/detection/observation.ts';
import { NO_ATLAS } from '#core/detection/place.ts';
import { contractsOf } from '#core/detection/registry-contracts.ts';
import { keys } from '#core/keys.ts';
import type { RespondConfig, RespondPorts } from './run.ts';
import { birthOf, GENERATIONS_MOST, mintOf, mintsOf } from './sessions.ts';
import { tokensOf } from './tokens.ts';

/** A session lasts 36 hours at the most (STS GetSessionToken); a key until somebody ends it. */
const SESSION_SECONDS = 2 * 24 * 3_600;
const KEY_SECONDS = 400 * 24 * 3_600;

const ATTEMPTS = 8;
const WAIT_MS = 20;

/**
 * Keeps of each credential that was minted who minted it, and of that one what it minted: the parent may become a
 * suspect later (T0-5).
 */
export async function rememberMints(
  facts: readonly Fact[],
  ports: RespondPorts,
  faults: unknown[],
): Promise<void> {
  for (const fact of facts) {
    if (fact.act.kind !== 'mint' || !isMint(fact)) continue;
    const memory = { ...emptyMemory(), recent: [observationOf(fact)] };
    const seconds = fact.act.how === 'access-key' ? KEY_SECONDS : SESSION_SECONDS;
    try {
      await ports.registry.remember(habitsRecord(birthOf(fact.act.minted), memory, 0, seconds));
      await rememberChild(observationOf(fact), ports);
    } catch (fault) {
      faults.push(fault);
    }
  }
}

async function rememberChild(mint: Observation, ports: RespondPorts): Promise<void> {
  const subject = mintsOf(mint.credential);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const read = await ports.registry.get(keys.habits(subject));
    const before = (read && memoryOf(read)?.recent) ?? [];
    const recent = withMint(before, mint);
    if (recent === before) return;
    const next = habitsRecord(subject, { ...emptyMemory(), recent }, read?.rev ?? 0, SESSION_SECONDS);
    if (await ports.registry.remember(next)) return;
    await ports.clock.sleep(WAIT_MS * 2 ** attempt * ports.random.next());
  }
  ports.metrics.count('HabitsContended');
}

/** What the credentials of some facts inherit from suspects that minted them. */
export async function inheritanceOf(
  facts: readonly Fact[],
  ports: RespondPorts,
  config: RespondConfig,
): Promise<ReadonlyMap<string, Inheritance>> {
  const all = new Map<string, Inheritance>();
  for (const { credential, kind, principal } of facts) {
    if (credential === principal || (kind !== 'iam-access-key' && kind !== 'role-session')) continue;
    const one = all.get(credential) ?? (await inherit(credential, ports, config, GENERATIONS_MOST));
    if (one !== undefined) all.set(credential, one);
  }
  return all;
}

async function inherit(
  credential: string,
  ports: RespondPorts,
  { policy, own }: RespondConfig,
  generations: number,
): Promise<Inheritance | undefined> {
  const mint = await mintOf(credential, ports);
  if (mint === undefined) return undefined;
  const read = await ports.registry.get(keys.habits(groupOf(mint, contractsOf([], []))));
  const memory = read && memoryOf(read);
  if (memory !== undefined) {
    const world = {
      policy,
      contracts: contractsOf(await tokensOf(memory.recent, ports), own),
      atlas: NO_ATLAS,
    };
    const legacy = legacyOf(mint, reachedBy(memory, mint, world), world);
    if (legacy !== undefined) return legacy;
  }
  return generations > 1 ? inherit(mint.credential, ports, { policy, own }, generations - 1) : undefined;
}
